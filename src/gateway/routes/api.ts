import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type Language, languages } from '../../domain/party.ts'
import { clientLog } from '../../exchange/client-log.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import { explain } from '../../exchange/explain.ts'
import { markRead, readInbox } from '../../exchange/read-inbox.ts'
import { senderReport } from '../../exchange/sender-report.ts'
import { isUuid, uuidPattern } from '../../exchange/uuid.ts'
import { methodNotAllowed } from '../on-error.ts'
import { readJson } from '../read-body.ts'
import { readSingle, readTransaction } from '../read-entries.ts'
import { forbidden, notFound, outcome, refuse } from '../respond.ts'
import { requireScope } from '../scopes.ts'
import type { Env } from './fhir.ts'

/** What is not FHIR: the inbox, the sender's report, the client's log and the dry run. */
export const apiRoutes = (exchange: Exchange, baseUrl: string): Hono<Env> => {
  const routes = new Hono<Env>()
  routes.get('/inbox', async (c) => {
    if (!requireScope(c.var.caller, 'Communication', 'r')) return forbidden(c, 'system/Communication.r')
    const query = inboxQuery.safeParse(c.req.query())
    if (!query.success) return badQuery(c, query.error)
    const { after, limit, reader } = query.data
    const page = await readInbox(exchange, c.var.caller.party, { after, limit, reader, language: languageOf(c) })
    if (page === 'not-a-member') return notAMember(c)
    return page === undefined ? notFound(c) : c.json(page)
  })
  routes.all('/inbox', (c) => methodNotAllowed(c, ['GET']))
  routes.post('/inbox/:id/read', async (c) => {
    if (!requireScope(c.var.caller, 'Communication', 'r')) return forbidden(c, 'system/Communication.r')
    const id = c.req.param('id')
    const marked = isUuid(id) && (await markRead(exchange, c.var.caller.party, id))
    return marked ? c.body(null, 204) : notFound(c)
  })
  routes.all('/inbox/:id/read', (c) => methodNotAllowed(c, ['POST']))
  routes.get('/disclosures', async (c) => {
    if (!requireScope(c.var.caller, 'AuditEvent', 's')) return forbidden(c, 'system/AuditEvent.s')
    const query = reportQuery.safeParse(c.req.query())
    if (!query.success) return badQuery(c, query.error)
    const { after, limit, client } = query.data
    const report = { after, limit, patientId: client, language: languageOf(c) }
    const page = await senderReport(exchange, c.var.caller.party, report)
    return page === undefined ? notFound(c) : c.json(page)
  })
  routes.all('/disclosures', (c) => methodNotAllowed(c, ['GET']))
  routes.get('/log', async (c) => {
    if (!requireScope(c.var.caller, 'AuditEvent', 's')) return forbidden(c, 'system/AuditEvent.s')
    const query = logQuery.safeParse(c.req.query())
    if (!query.success) return badQuery(c, query.error)
    const lines = await clientLog(exchange, c.var.caller.party, query.data.client, languageOf(c))
    return lines === undefined ? notFound(c) : c.json({ entries: lines })
  })
  routes.all('/log', (c) => methodNotAllowed(c, ['GET']))
  routes.post('/explain', (c) => explainRoute(c, exchange, `${baseUrl}/fhir`))
  routes.all('/explain', (c) => methodNotAllowed(c, ['POST']))
  return routes
}

export const notAMember = (c: Context<Env>): Response =>
  refuse(c, 403, {
    code: 'forbidden',
    diagnostics: '`reader` is no member of your team today: ask the operator to add her',
    error: 'sender-reader-not-member',
  })

const language = z.enum(languages).optional()
const patient = z
  .string()
  .transform((text) => text.replace(/^Patient\//, ''))
  .pipe(z.string().regex(uuidPattern, 'expected `Patient/` and the id of one of your Patients'))

export const inboxQuery = z.strictObject({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  language,
  reader: z
    .string()
    .max(300)
    .regex(/^[^|\s]+\|\S+$/, 'expected `system|value` of the person who reads')
    .transform((text) => ({ system: text.slice(0, text.indexOf('|')), value: text.slice(text.indexOf('|') + 1) }))
    .optional(),
})
const reportQuery = z.strictObject({
  after: z.string().max(60).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
  client: patient.optional(),
  language,
})
const logQuery = z.strictObject({ client: patient, language })

/** `?language=`, else the first of `Accept-Language` that is spoken here, else Finnish. */
export const languageOf = (c: Context<Env>): Language => {
  const asked = [c.req.query('language') ?? '', ...(c.req.header('accept-language') ?? '').split(',')]
  for (const word of asked) {
    const known = languages.find((one) => word.trim().toLowerCase().startsWith(one))
    if (known !== undefined) return known
  }
  return 'fi'
}

export const badQuery = (c: Context<Env>, error: z.ZodError): Response =>
  outcome(
    c,
    400,
    error.issues.map((issue) => ({
      severity: 'error',
      code: 'invalid',
      diagnostics:
        issue.code === 'unrecognized_keys'
          ? // Its name could be anything, a personal identity code too.
            'a query parameter is not known at this address: remove it'
          : `query parameter ${issue.path.map((part) => `\`${String(part)}\``).join('.')}: ${issue.message}`,
      error: 'sender-query-invalid',
    })),
  )

const explainBody = z.strictObject({
  recipient: z.string().min(1).max(300),
  input: z.unknown(),
})

/** `{ "recipient": "<party id or system|value>", "input": <what would be posted> }`. */
const explainRoute = async (c: Context<Env>, exchange: Exchange, base: string): Promise<Response> => {
  const body = await readJson(c)
  if (body.outcome === 'refused') return outcome(c, body.status, [body.issue])
  const asked = explainBody.safeParse(body.value)
  if (!asked.success || typeof asked.data.input !== 'object' || asked.data.input === null) {
    const diagnostics = 'send `recipient` (a party) and `input` (the resource or transaction Bundle you would post)'
    return refuse(c, 400, { code: 'structure', diagnostics, error: 'sender-invalid-request' })
  }
  const { recipient, input } = asked.data
  const [system = '', ...value] = recipient.split('|')
  const party = exchange.parties.byId(recipient) ?? exchange.parties.byIdentifier({ system, value: value.join('|') })
  if (party === undefined) {
    const diagnostics = 'no party of this gateway has this id or identifier (`system|value`)'
    return refuse(c, 422, {
      code: 'not-found',
      expression: 'recipient',
      diagnostics,
      error: 'sender-unknown-recipient',
    })
  }
  const type = 'resourceType' in input ? String(input.resourceType) : ''
  const single = { method: 'create', type, id: undefined, ifNoneExist: undefined, ifMatch: undefined } as const
  const read = type === 'Bundle' ? readTransaction(input, base) : readSingle(input, single, base)
  if (read.outcome === 'invalid') return outcome(c, read.status, read.issues)
  for (const { resource, method } of read.entries) {
    const action = method === 'create' ? 'c' : 'u'
    if (!requireScope(c.var.caller, resource.resourceType, action))
      return forbidden(c, `system/${resource.resourceType}.${action}`)
  }
  const explained = await explain(exchange, c.var.caller.party, party, read.entries, languageOf(c))
  if (explained.outcome === 'rejected') return outcome(c, explained.status, explained.issues)
  return c.json({ explanations: explained.explanations })
}
