import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Receiver = { readonly hook: string; close(): void }

/** A webhook receiver on the loopback address, in this process. */
export const openReceiver = async (listener: RequestListener): Promise<Receiver> => {
  const server = createServer(listener)
  // Longer than any pause of the benchmark: a connection closed while it is used would be a retry.
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
