import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { informationCategories, isInformationCategory, parseInformationCode } from '../../domain/information.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import { previewConsent } from '../../exchange/preview-consent.ts'
import { uuidPattern } from '../../exchange/uuid.ts'
import { withdrawConsent } from '../../exchange/withdraw-consent.ts'
import { methodNotAllowed } from '../on-error.ts'
import { readJson } from '../read-body.ts'
import { readSingle, readTransaction } from '../read-entries.ts'
import { forbidden, notFound, outcome, refuse } from '../respond.ts'
import { requireScope } from '../scopes.ts'
import type { Env } from './fhir.ts'

/** What people do with consents besides writing them down as FHIR. */
export const consentRoutes = (exchange: Exchange, baseUrl: string): Hono<Env> => {
  const routes = new Hono<Env>()
  routes.post('/withdraw', (c) => withdrawRoute(c, exchange))
  routes.all('/withdraw', (c) => methodNotAllowed(c, ['POST']))
  routes.post('/preview', (c) => previewRoute(c, exchange, `${baseUrl}/fhir`))
  routes.all('/preview', (c) => methodNotAllowed(c, ['POST']))
  return routes
}

const idOf = (type: string) =>
  z
    .string()
    .transform((text) => text.replace(new RegExp(`^${type}/`), ''))
    .pipe(z.string().regex(uuidPattern))

const withdrawBody = z
  .strictObject({
    client: idOf('Patient'),
    consent: idOf('Consent').optional(),
    category: z.string().refine(isInformationCategory).optional(),
    keep: z.string().max(30).optional(),
    guardian: z.strictObject({ system: z.string().min(1).max(300), value: z.string().min(1).max(300) }).optional(),
  })
  .refine(
    ({ category, keep }) =>
      keep === undefined || (category !== undefined && parseInformationCode(`${category}.${keep}`) !== undefined),
  )

/** `{ "client": "Patient/…", "consent"?, "category"?, "keep"?, "guardian"? }`; without a category everything is withdrawn. */
const withdrawRoute = async (c: Context<Env>, exchange: Exchange): Promise<Response> => {
  const { party } = c.var.caller
  if (!requireScope(c.var.caller, 'Consent', 'u')) return forbidden(c, 'system/Consent.u')
  const body = await readJson(c)
  if (body.outcome === 'refused') return outcome(c, body.status, [body.issue])
  const asked = withdrawBody.safeParse(body.value)
  if (!asked.success) {
    const diagnostics =
      'send `client` (`Patient/` and the id of one of yours) and, as needed, `consent`, `category` ' +
      `(${Object.keys(informationCategories).join(', ')}), \`keep\` (the level of it that stays) and ` +
      '`guardian` (`system` and `value`)'
    return refuse(c, 400, { code: 'structure', diagnostics, error: 'sender-invalid-request' })
  }
  const { client, consent, category, keep, guardian } = asked.data
  const what = category === undefined ? 'everything' : { category, ...(keep !== undefined && { keep }) }
  const withdrawal = { patientId: client, consentId: consent, what, guardian } as const
  const done = await withdrawConsent(exchange, party, withdrawal, c.var.requestId)
  if (done === undefined) return notFound(c)
  if (done.outcome === 'rejected') return outcome(c, done.status, done.issues)
  return c.json({ consents: done.consents })
}

/** A Consent in any status, alone or in a transaction Bundle with news that it would be about. */
const previewRoute = async (c: Context<Env>, exchange: Exchange, base: string): Promise<Response> => {
  const { party } = c.var.caller
  if (!requireScope(c.var.caller, 'Consent', 'c')) return forbidden(c, 'system/Consent.c')
  const body = await readJson(c)
  if (body.outcome === 'refused') return outcome(c, body.status, [body.issue])
  const isBundle =
    typeof body.value === 'object' && body.value !== null && Reflect.get(body.value, 'resourceType') === 'Bundle'
  const read = isBundle ? readTransaction(body.value, base) : readSingle(body.value, draft, base)
  if (read.outcome === 'invalid') return outcome(c, read.status, read.issues)
  const previewed = await previewConsent(exchange, party, read.entries)
  if (previewed.outcome === 'rejected') return outcome(c, previewed.status, previewed.issues)
  return c.json({ previews: previewed.previews })
}

const draft = { method: 'create', type: 'Consent', id: undefined, ifNoneExist: undefined, ifMatch: undefined } as const
