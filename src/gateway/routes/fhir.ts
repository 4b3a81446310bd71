import { Hono } from 'hono'
import { answerReferral } from '../../exchange/answer-referral.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import { readResource } from '../../exchange/read-resource.ts'
import { readVersion, readVersions } from '../../exchange/read-versions.ts'
import { type Entry, writableTypes } from '../../exchange/submission.ts'
import { submit } from '../../exchange/submit.ts'
import { writeHistory } from '../../fhir/write/history.ts'
import type { CallerEnv } from '../authenticate.ts'
import { FORM_LIMIT, readBytes, readJson, tooLarge } from '../read-body.ts'
import { answerBatch, type Ask, isBatch } from '../batch.ts'
import { readCondition } from '../conditions.ts'
import { returnPreference } from '../prefer.ts'
import { readSingle, readTransaction, type Single } from '../read-entries.ts'
import { represent, responseEntry, written } from '../represent.ts'
import { requireScope } from '../scopes.ts'
import { fhir, forbidden, notFound, outcome, refuse } from '../respond.ts'
import { actionFor, type Address, allowedMethods, servedType } from '../interactions.ts'
import { methodNotAllowed } from '../on-error.ts'
import type { Context } from 'hono'
import type { RequestEnv } from '../request-id.ts'

export type Env = { Variables: CallerEnv['Variables'] & RequestEnv['Variables'] }

/**
 * `POST /fhir`, `POST /fhir/{type}`, `PUT` and `GET /fhir/{type}/{id}` and its versions, for the types parties may write.
 *
 * @param ask the whole gateway, for the requests that a batch is made of
 */
export const fhirRoutes = (exchange: Exchange, baseUrl: string, ask: Ask): Hono<Env> => {
  const routes = new Hono<Env>()
  const base = `${baseUrl}/fhir`
  routes.post('/', async (c) => {
    const body = await readJson(c)
    if (body.outcome === 'refused') return outcome(c, body.status, [body.issue])
    if (isBatch(body.value)) return answerBatch(c, body.value, { ask, base, requestId: c.var.requestId })
    const read = readTransaction(body.value, base)
    if (read.outcome === 'invalid') return outcome(c, read.status, read.issues)
    const missing = missingScope(c, read.entries)
    if (missing !== undefined) return forbidden(c, missing)
    const done = await submit(exchange, c.var.caller.party, read.entries, c.var.requestId)
    if (done.outcome === 'rejected') return outcome(c, done.status, done.issues)
    const returned = returnPreference(c.req.header('prefer'))
    const entry = done.results.map((result) => responseEntry(result, returned))
    return fhir(c, { resourceType: 'Bundle', type: 'transaction-response', entry })
  })
  routes.all('/', (c) => methodNotAllowed(c, ['POST']))

  routes.post('/:type', async (c) => write(c, exchange, baseUrl, { method: 'create', id: undefined }))
  routes.all('/:type', (c) => elsewhere(c, ''))
  routes.all('/:type/_search', (c) => elsewhere(c, '/_search'))

  routes.get('/:type/:id', async (c) => {
    const { type, id } = c.req.param()
    const refusal = unreadable(c, type)
    if (refusal !== undefined) return refusal
    const found = await readResource(exchange, c.var.caller.party, type, id)
    return found === undefined ? notFound(c) : represent(c, found)
  })
  routes.put('/:type/:id', async (c) => write(c, exchange, baseUrl, { method: 'update', id: c.req.param('id') }))
  routes.get('/:type/:id/_history', async (c) => {
    const { type, id } = c.req.param()
    const refusal = unreadable(c, type)
    if (refusal !== undefined) return refusal
    const versions = await readVersions(exchange, c.var.caller.party, type, id)
    if (versions.length === 0) return notFound(c)
    return fhir(c, writeHistory(versions, { type, id, url: `${baseUrl}/fhir/${type}/${id}` }))
  })
  routes.get('/:type/:id/_history/:version', async (c) => {
    const place = c.req.param()
    const refusal = unreadable(c, place.type)
    if (refusal !== undefined) return refusal
    const found = await readVersion(exchange, c.var.caller.party, place)
    return found === undefined ? notFound(c) : represent(c, found)
  })
  routes.all('/:type/:id/_history', (c) => elsewhere(c, '/{id}/_history'))
  routes.all('/:type/:id/_history/:version', (c) => elsewhere(c, '/{id}/_history/{version}'))
  routes.all('/:type/:id', (c) => elsewhere(c, '/{id}'))
  return routes
}

const unreadable = (c: Context<Env>, type: string): Response | undefined => {
  if (servedType(type) === undefined) return notServed(c)
  const action = actionFor.read
  return requireScope(c.var.caller, type, action) ? undefined : forbidden(c, `system/${type}.${action}`)
}

/** A method that an address does not take. */
const elsewhere = (c: Context<Env>, address: Address): Response => {
  const served = servedType(c.req.param('type') ?? '')
  return served === undefined ? notServed(c) : methodNotAllowed(c, allowedMethods(served, address))
}

/** FHIR: an unsupported resource type is 404, and says what is supported. */
const notServed = (c: Context<Env>): Response =>
  refuse(c, 404, {
    code: 'not-supported',
    diagnostics: `this gateway keeps these resource types: ${writableTypes.join(', ')}`,
    error: 'sender-type-not-supported',
  })

type Target = Pick<Single, 'method' | 'id'>

const write = async (c: Context<Env>, exchange: Exchange, baseUrl: string, target: Target): Promise<Response> => {
  const type = c.req.param('type') ?? ''
  const served = servedType(type)
  if (served === undefined) return notServed(c)
  if (!served.interactions.includes(target.method)) return elsewhere(c, target.method === 'create' ? '' : '/{id}')
  const action = actionFor[target.method]
  if (!requireScope(c.var.caller, type, action)) return forbidden(c, `system/${type}.${action}`)
  const body = type === 'Binary' ? await readForm(c) : await readJson(c)
  if (body.outcome === 'refused') return outcome(c, body.status, [body.issue])
  const ifNoneExist = c.req.header('if-none-exist')
  const ifMatch = readCondition(c.req.header('if-match'))
  const read = readSingle(body.value, { ...target, type, ifNoneExist, ifMatch }, `${baseUrl}/fhir`)
  if (read.outcome === 'invalid') return outcome(c, read.status, read.issues)
  const [entry] = read.entries
  if (entry?.resource.resourceType === 'Task' && entry.method === 'update') {
    const answer = { id: entry.id ?? '', task: entry.resource, ifMatch: entry.ifMatch }
    const answered = await answerReferral(exchange, c.var.caller.party, answer)
    if (answered.outcome === 'rejected') return outcome(c, answered.status, answered.issues)
    if (answered.outcome === 'answered') {
      return written(c, baseUrl, { ...answered, status: 200, type: 'Task', id: answer.id, notes: [] })
    }
  }
  const done = await submit(exchange, c.var.caller.party, read.entries, c.var.requestId)
  if (done.outcome === 'rejected') return outcome(c, done.status, done.issues)
  const [result] = done.results
  return result === undefined ? notFound(c) : written(c, baseUrl, result)
}

/** A signed form as FHIR Binary, or as the file itself (`Content-Type: application/pdf`). */
const readForm = async (c: Context<Env>) => {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (type !== 'application/pdf') return readJson(c, FORM_LIMIT)
  const bytes = await readBytes(c, FORM_LIMIT)
  if (bytes === undefined) return tooLarge(FORM_LIMIT)
  const data = Buffer.from(bytes).toString('base64')
  return { outcome: 'read', value: { resourceType: 'Binary', contentType: type, data } } as const
}

const missingScope = (c: Context<Env>, entries: readonly Entry[]): string | undefined => {
  const lacking = entries.find(
    ({ resource, method }) => !requireScope(c.var.caller, resource.resourceType, actionFor[method]),
  )
  if (lacking === undefined) return undefined
  return `system/${lacking.resource.resourceType}.${actionFor[lacking.method]}`
}
