import { Hono } from 'hono'
import type { WriteBackup } from '../exchange/back-up.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { authenticate, whereShown } from './authenticate.ts'
import { capabilityStatement } from './capability-statement.ts'
import { holdBack } from './hold-back.ts'
import type { KeysOf } from './jwks.ts'
import { negotiate } from './negotiate.ts'
import { type Fault, faultOf, methodNotAllowed, nothingHere, onFault } from './on-error.ts'
import { requestId } from './request-id.ts'
import { fhir } from './respond.ts'
import { apiRoutes } from './routes/api.ts'
import { consentRoutes } from './routes/consents.ts'
import { inboxEvents } from './routes/inbox-events.ts'
import { relayRoutes } from './routes/relay.ts'
import { type Env, fhirRoutes } from './routes/fhir.ts'
import { messageRoutes } from './routes/process-message.ts'
import { searchRoutes } from './routes/search.ts'
import { validateRoutes } from './routes/validate.ts'
import { patientLabelRoutes } from './routes/patient-labels.ts'
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
  /** Whether the store was restored and nobody may be told anything yet. */
  readonly isHeld?: (() => boolean) | undefined
  /** Writes a backup on this machine. @returns where, and what is in it. */
  readonly backup?: WriteBackup | undefined
  /** Told of faults; never of client data. */
  report(what: string, fault: Fault & { readonly requestId: string }): void
}

/** The whole HTTP face, as one Hono app that tests can call without a socket. */
export const createApp = (deps: GatewayDeps): Hono<Env> => {
  const { exchange, baseUrl, tokenKey } = deps
  const now = () => exchange.now()
  // Clients post a Bundle to `[base]` or to `[base]/`: an address and the same with a slash behind it are one.
  const app = new Hono<Env>({ strict: false })
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
  app.use('/fhir/*', negotiate())
  app.use('/fhir', negotiate())
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
  app.use('/fhir/metadata', whereShown(guard))
  app.get('/fhir/metadata', (c) =>
    fhir(c, capabilityStatement({ baseUrl, startedAt, version: deps.version }, c.get('caller'))),
  )
  app.all('/fhir/metadata', (c) => methodNotAllowed(c, ['GET']))
  app.use('/fhir/*', guard)
  app.use('/fhir', guard)
  app.use('/api/*', guard)
  if (deps.isHeld !== undefined) {
    for (const path of ['/fhir', '/fhir/*', '/api/*']) app.use(path, holdBack(deps.isHeld))
  }
  app.route('/fhir', searchRoutes({ exchange, baseUrl, linkSecret: tokenKey }))
  app.route('/fhir', validateRoutes(exchange, `${baseUrl}/fhir`))
  app.route('/fhir', messageRoutes({ exchange, baseUrl, report: deps.report }))
  app.route(
    '/fhir',
    fhirRoutes(exchange, baseUrl, (request) => app.fetch(request)),
  )
  app.route('/fhir', patientLabelRoutes(exchange))
  const reportStream = (error: unknown, id: string): void =>
    deps.report('an inbox could not be followed', { ...faultOf(error), requestId: id })
  app.get('/api/inbox/events', inboxEvents({ exchange, closing: deps.closing ?? neverClosing, report: reportStream }))
  app.all('/api/inbox/events', (c) => methodNotAllowed(c, ['GET']))
  app.route('/api/relay', relayRoutes(exchange, deps.backup))
  app.route('/api', apiRoutes(exchange, baseUrl))
  app.route('/api', consentRoutes(exchange, baseUrl))
  return app
}

const neverClosing = new AbortController().signal
