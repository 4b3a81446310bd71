import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { backUp, type WriteBackup } from '../../exchange/back-up.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import { releaseHold, restoreOf } from '../../exchange/hold-after-restore.ts'
import { deadLetters, relayLanes, relayStatus } from '../../exchange/look-at-relay.ts'
import { type Operator, pauseEndpoint, replay, resumeEndpoint, skipItem } from '../../exchange/operate-relay.ts'
import { uuidPattern } from '../../exchange/uuid.ts'
import type { Restore } from '../../store/queries/restores.ts'
import { methodNotAllowed } from '../on-error.ts'
import { readJson } from '../read-body.ts'
import { forbidden, notFound, outcome, refuse } from '../respond.ts'
import { requireScope } from '../scopes.ts'
import type { Env } from './fhir.ts'

/**
 * The operator's side of the relay: `system/Endpoint.r` to look, `system/Endpoint.u` to act, and only for a party of kind
 * `operator`; for everybody else there is nothing at these addresses. Answers hold ids, never content.
 */
export const relayRoutes = (exchange: Exchange, backup: WriteBackup | undefined): Hono<Env> => {
  const routes = new Hono<Env>()
  routes.use('*', async (c, next) => {
    if (c.var.caller.party.kind !== 'operator') return notFound(c)
    const action = c.req.method === 'GET' ? 'r' : 'u'
    if (!requireScope(c.var.caller, 'Endpoint', action)) return forbidden(c, `system/Endpoint.${action}`)
    return next()
  })
  routes.get('/status', async (c) => {
    const held = await restoreOf(exchange.store)
    return c.json({ ...(held && { held: heldLine(held) }), endpoints: await relayStatus(exchange) })
  })
  routes.get('/lanes', async (c) => {
    const query = listQuery.safeParse(c.req.query())
    if (!query.success) return invalid(c, query.error)
    const lanes = await relayLanes(exchange, query.data.endpoint, query.data.limit)
    return lanes === undefined ? nothing(c, NO_ENDPOINT) : c.json({ lanes })
  })
  routes.get('/dead', async (c) => {
    const query = listQuery.safeParse(c.req.query())
    if (!query.success) return invalid(c, query.error)
    const dead = await deadLetters(exchange, query.data.endpoint, query.data.limit)
    return dead === undefined ? nothing(c, NO_ENDPOINT) : c.json({ dead })
  })
  routes.post('/replay', (c) =>
    withBody(c, replayBody, async (body, operator) => {
      const [since, until] = [instantOf(body.since), instantOf(body.until)]
      const { id, endpoint, delivered } = body
      const queued = await replay(exchange, operator, { id, endpoint, since, until, delivered })
      if (queued === undefined) return nothing(c, NO_ENDPOINT)
      return id !== undefined && queued.length === 0 ? nothing(c, NOT_TO_REPLAY) : c.json({ queued })
    }),
  )
  routes.post('/skip', (c) =>
    withBody(c, z.strictObject({ id: uuid }), async ({ id }, operator) =>
      (await skipItem(exchange, operator, id)) ? c.body(null, 204) : nothing(c, NOT_WAITING),
    ),
  )
  if (backup !== undefined) {
    routes.post('/backup', async (c) => {
      const operator = { party: c.var.caller.party, requestId: c.var.requestId }
      return c.json(await backUp(exchange, operator, backup))
    })
  }
  routes.post('/release', async (c) => {
    const operator = { party: c.var.caller.party, requestId: c.var.requestId }
    return (await releaseHold(exchange, operator)) ? c.body(null, 204) : nothing(c, NOT_HELD)
  })
  for (const [path, change] of [
    ['/pause', pauseEndpoint],
    ['/resume', resumeEndpoint],
  ] as const) {
    routes.post(path, (c) =>
      withBody(c, z.strictObject({ endpoint }), async (body, operator) =>
        (await change(exchange, operator, body.endpoint)) ? c.body(null, 204) : nothing(c, NO_ENDPOINT),
      ),
    )
  }
  for (const path of ['/status', '/lanes', '/dead']) routes.all(path, (c) => methodNotAllowed(c, ['GET']))
  for (const path of ['/replay', '/skip', '/pause', '/resume', '/release', '/backup'])
    routes.all(path, (c) => methodNotAllowed(c, ['POST']))
  return routes
}

const nothing = (c: Context<Env>, diagnostics: string): Response =>
  refuse(c, 404, { code: 'not-found', diagnostics, error: 'sender-unknown-resource' })

const NO_ENDPOINT = 'nothing is pushed to an endpoint of this id: `status` lists those there are'
const NOT_WAITING = 'nothing of this id waits: it is over, or being sent right now; see `lanes` and `dead`'
const NOT_TO_REPLAY = 'nothing of this id is dead or waits for its next attempt: see `lanes` and `dead`'
const NOT_HELD = 'nothing is held: there was no restore, or it has been released already'

const DISCLOSURE = 'expected the id of a disclosure, as `lanes` and `dead` list them'
const ENDPOINT = 'expected the id of an endpoint, as `status` lists them'

const heldLine = ({ backupAt, restoredAt }: Restore) => ({
  why: 'restored from a backup: what was withdrawn since it was taken is not known here; enter it, then `release`',
  backupTakenAt: new Date(backupAt).toISOString(),
  restoredAt: new Date(restoredAt).toISOString(),
})

const uuid = z.string(DISCLOSURE).regex(uuidPattern, DISCLOSURE)
const endpoint = z.string(ENDPOINT).regex(/^[a-z0-9][a-z0-9-]{0,63}$/, ENDPOINT)
const instant = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-03-12T02:00:00Z' })
const listQuery = z.strictObject({
  endpoint: endpoint.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
const replayBody = z
  .strictObject({
    id: uuid.optional(),
    endpoint: endpoint.optional(),
    since: instant.optional(),
    until: instant.optional(),
    delivered: z.boolean().default(false),
  })
  .refine(({ id, endpoint }) => (id === undefined) !== (endpoint === undefined), {
    error: 'expected either `id` or `endpoint`',
  })
  .refine(({ id, since, until }) => id === undefined || (since === undefined && until === undefined), {
    error: '`since` and `until` belong to `endpoint`',
  })
  .refine(({ delivered, id, since, until }) => !delivered || (!id && since !== undefined && until === undefined), {
    error: '`delivered` needs `since` and no end: nothing is said again without what was said after it',
  })

const instantOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text))

const withBody = async <Body>(
  c: Context<Env>,
  schema: z.ZodType<Body>,
  act: (body: Body, operator: Operator) => Promise<Response>,
): Promise<Response> => {
  const read = await readJson(c)
  if (read.outcome === 'refused') return outcome(c, read.status, [read.issue])
  const body = schema.safeParse(read.value)
  if (!body.success) return invalid(c, body.error)
  return act(body.data, { party: c.var.caller.party, requestId: c.var.requestId })
}

const invalid = (c: Context<Env>, { issues: [issue] }: z.ZodError): Response => {
  const where = issue === undefined || issue.path.length === 0 ? '' : `\`${issue.path.join('.')}\`: `
  const what = issue?.code === 'unrecognized_keys' ? 'a key is not known here: remove it' : (issue?.message ?? '')
  return refuse(c, 400, { code: 'invalid', diagnostics: `${where}${what}`, error: 'sender-invalid-request' })
}
