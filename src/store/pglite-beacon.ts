import { closeSync, openSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'

/** A sign of life that the kernel keeps: it ends with the process, however that ends. */
type Beacon = { readonly close: () => Promise<void> }

/**
 * Listens on a socket file named after `token` in `directory`, for a process in another container that finds our lock
 * file there and cannot look our pid up. Gives `null` where the file system holds no sockets. Linux only.
 */
export const lightBeacon = async (directory: string, token: string): Promise<Beacon | null> => {
  const descriptor = openSync(directory, 'r')
  const server = createServer((socket) => socket.destroy())
  const listening = await listen(server, socketPath(descriptor, token))
  if (!listening) {
    closeSync(descriptor)
    return null
  }
  server.unref()
  const close = async (): Promise<void> => {
    await new Promise((resolve) => server.close(resolve))
    closeSync(descriptor)
    dropBeacon(directory, token)
  }
  return { close }
}

/** Whether anybody listens. Only a refused connection or a missing file says no. */
export const beaconAnswers = async (directory: string, token: string): Promise<boolean> => {
  const descriptor = openSync(directory, 'r')
  try {
    return await new Promise<boolean>((resolve) => {
      const socket = connect(socketPath(descriptor, token))
      const answer = (alive: boolean): void => {
        socket.destroy()
        resolve(alive)
      }
      socket.once('connect', () => answer(true))
      socket.once('error', (error) => answer(!('code' in error && isSilence(error.code))))
    })
  } finally {
    closeSync(descriptor)
  }
}

/** Removes the socket file of a beacon that has gone out. */
export const dropBeacon = (directory: string, token: string): void => {
  rmSync(join(directory, socketName(token)), { force: true })
}

const isSilence = (code: unknown): boolean => code === 'ECONNREFUSED' || code === 'ENOENT'

const socketName = (token: string): string => `gateway.${token}.socket`

// A socket's address holds 107 bytes at most, a directory's path may be longer; by descriptor it is always short.
const socketPath = (descriptor: number, token: string): string => `/proc/self/fd/${descriptor}/${socketName(token)}`

const listen = (server: Server, path: string): Promise<boolean> =>
  new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen({ path, exclusive: true }, () => resolve(true))
  })
