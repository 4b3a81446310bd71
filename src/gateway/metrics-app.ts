import { Hono } from 'hono'
import type { Env } from './routes/fhir.ts'

/** The one page of the metrics port, which is not the port callers come to. */
export const createMetricsApp = (text: () => Promise<string>, report: (error: unknown) => void): Hono<Env> => {
  const app = new Hono<Env>()
  app.onError((error, c) => {
    report(error)
    return c.text('the store cannot be reached\n', 503)
  })
  app.get('/metrics', async (c) =>
    c.body(await text(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
  return app
}
