import { Hono } from 'hono'
import type { Exchange } from '../exchange/exchange.ts'
import { writableTypes } from '../exchange/submission.ts'
import { capabilityStatement } from '../fhir/write/capability-statement.ts'
import { authenticate } from './authenticate.ts'
import type { KeysOf } from './jwks.ts'
import { type Fault, faultOf, methodNotAllowed, nothingHere, onFault } from './on-error.ts'
import { requestId } from './request-id.ts'
import { fhir } from './respond.ts'
import { apiRoutes } from './routes/api.ts'
import { inboxEvents } from './routes/inbox-events.ts'
import { relayRoutes } from './routes/relay.ts'
import { type Env, fhirRoutes } from './routes/fhir.ts'
import { smartConfiguration } from './smart-configuration.ts'
import { tokenRoute } from './token.ts'

export type GatewayDeps = {
  readonly exchange: Exchange
  readonly baseUrl: string
  readonly tokenKey: Uint8Array
  readonly keysOf: KeysOf
  readonly version: string
  /** Ends what is open without end: streams of events. */
  readonly closing?: AbortSignal | undefined
  /** Told of faults; never of client data. */
  report(what: string, fault: Fault & { readonly requestId: string }): void
}

/** The whole HTTP face, as one Hono app that tests can call without a socket. */
export const createApp = (deps: GatewayDeps): Hono<Env> => {
  const { exchange, baseUrl, tokenKey } = deps
  const now = () => exchange.now()
  const app = new Hono<Env>()
  const startedAt = now()
  app.use(requestId(() => exchange.newId()))
  app.onError((error, c) => {
    const id = c.var.requestId
    deps.report('request failed', { ...faultOf(error), requestId: id })
    return onFault(c, id)
  })
  app.notFound((c) => nothingHere(c))

  app.get('/livez', (c) => c.json({ status: 'alive' }))
  app.get('/readyz', async (c) => {
    await exchange.store.transaction((tx) => tx.clients.byIdentifierKeys(['ready']))
    return c.json({ status: 'ready' })
  })
  app.get('/.well-known/smart-configuration', (c) => c.json(smartConfiguration(baseUrl, exchange.parties)))
  app.get('/fhir/.well-known/smart-configuration', (c) => c.json(smartConfiguration(baseUrl, exchange.parties)))
  app.get('/fhir/metadata', (c) =>
    fhir(c, capabilityStatement({ baseUrl, types: writableTypes, startedAt, version: deps.version })),
  )
  app.all('/fhir/metadata', (c) => methodNotAllowed(c, ['GET']))
  app.post(
    '/auth/token',
    tokenRoute({
      parties: exchange.parties,
      tokenUrl: `${baseUrl}/auth/token`,
      issuer: baseUrl,
      tokenKey,
      keysOf: deps.keysOf,
      now,
      rememberJti: (clientId, jti, expiresAt) => exchange.store.rememberJti(clientId, jti, expiresAt, now()),
    }),
  )
  app.all('/auth/token', (c) => methodNotAllowed(c, ['POST']))

  const guard = authenticate({ parties: exchange.parties, issuer: baseUrl, tokenKey, now })
  app.use('/fhir/*', guard)
  app.use('/fhir', guard)
  app.use('/api/*', guard)
  app.route('/fhir', fhirRoutes(exchange, baseUrl))
  const reportStream = (error: unknown, id: string): void =>
    deps.report('an inbox could not be followed', { ...faultOf(error), requestId: id })
  app.get('/api/inbox/events', inboxEvents({ exchange, closing: deps.closing ?? neverClosing, report: reportStream }))
  app.all('/api/inbox/events', (c) => methodNotAllowed(c, ['GET']))
  app.route('/api/relay', relayRoutes(exchange))
  app.route('/api', apiRoutes(exchange))
  return app
}

const neverClosing = new AbortController().signal
