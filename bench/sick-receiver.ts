import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Receiver = { readonly hook: string; close(): void }

/** A webhook receiver on the loopback address, in this process. */
export const openReceiver = async (listener: RequestListener): Promise<Receiver> => {
  const server = createServer(listener)
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    hook: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** What is wrong with a receiver. */
export const illnesses: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'never answers': () => undefined,
  'answers without end': (response) => {
    response.writeHead(200)
    const pour = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    }
    response.on('drain', pour)
    pour()
  },
  'hangs up': (response) => response.destroy(),
}

/** Reads what comes, then answers 204, or as its illness has it. */
export const receiverThat = (answer: (response: ServerResponse) => void): RequestListener => {
  return (request, response) => {
    request.resume().on('end', () => answer(response))
  }
}
