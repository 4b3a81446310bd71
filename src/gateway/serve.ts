import { type ServerType, serve } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Env } from './routes/fhir.ts'

export type Listening = { readonly port: number; close(): Promise<void> }

/** Listens on one address; resolves when the socket is open. @throws when the port is taken. */
export const listen = async (app: Hono<Env>, host: string, port: number): Promise<Listening> => {
  const server = await new Promise<ServerType>((resolve, reject) => {
    const made = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(made))
    made.once('error', reject)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        if ('closeIdleConnections' in server) server.closeIdleConnections()
      }),
  }
}
