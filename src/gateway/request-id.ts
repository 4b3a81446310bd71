import type { MiddlewareHandler } from 'hono'

export type RequestEnv = { Variables: { requestId: string } }

/** Echoes `X-Request-Id` when it is harmless, makes one otherwise; the same id stands in the audit. */
export const requestId =
  (newId: () => string): MiddlewareHandler<RequestEnv> =>
  async (c, next) => {
    const given = c.req.header('x-request-id') ?? ''
    const id = /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : newId()
    c.set('requestId', id)
    // Before the answer is made: afterwards it would have to be made again, which costs a millisecond.
    c.header('X-Request-Id', id)
    c.header('Cache-Control', 'no-store')
    c.header('X-Content-Type-Options', 'nosniff')
    await next()
  }
