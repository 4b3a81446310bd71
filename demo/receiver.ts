import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'

export type Hook = { readonly id: string; readonly text: string; readonly raw: string; readonly genuine: boolean }

/** The coach's own tool: takes signed webhooks on the address the demo configuration names, or is away. */
export type Receiver = { readonly hooks: readonly Hook[]; open(): Promise<void>; close(): Promise<void> }

export const receiver = (port: number, secret: string): Receiver => {
  const hooks: Hook[] = []
  const server = createServer((request, response) => {
    const take = async (): Promise<void> => {
      hooks.push(toHook(await readAll(request), request, secret))
      response.writeHead(204).end()
    }
    take().catch(() => response.destroy())
  })
  return {
    hooks,
    open: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => resolve())
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const readAll = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

const toHook = (raw: string, request: IncomingMessage, secret: string): Hook => {
  const id = String(request.headers['webhook-id'])
  const signed = `${id}.${String(request.headers['webhook-timestamp'])}.${raw}`
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
  const given = Buffer.from(String(request.headers['webhook-signature']))
  const genuine = expected.length === given.length && timingSafeEqual(expected, given)
  const body = JSON.parse(raw) as { readonly payload?: readonly { readonly contentString?: string }[] }
  return { id, raw, genuine, text: body.payload?.[0]?.contentString ?? '' }
}
