import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { OutboundPolicy } from '../../src/outbound/outbound.ts'

export const policy: OutboundPolicy = {
  allowHttp: true,
  allowPrivate: [],
  connectTimeoutMs: 1000,
  totalTimeoutMs: 2000,
  maxResponseBytes: 64 * 1024,
  maxConnections: 4,
}

/** A listener on the loopback address, with the connections it has had counted. */
export type Loopback = {
  readonly port: number
  readonly host: string
  readonly connections: () => number
  readonly open: () => number
  readonly close: () => Promise<void>
}

export const httpLoopback = (listener: RequestListener): Promise<Loopback> => listen(createServer(listener))

export const tcpLoopback = (listener: (socket: Socket) => void): Promise<Loopback> => listen(createTcpServer(listener))

export const listen = async (server: Server, address = '127.0.0.1'): Promise<Loopback> => {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    host: `127.0.0.1:${port}`,
    connections: () => connections,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Waits until `condition` holds, at most `ms`; says whether it came to hold. */
export const eventually = async (condition: () => boolean, ms = 2000): Promise<boolean> => {
  const end = performance.now() + ms
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
  return condition()
}
