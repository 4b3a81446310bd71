import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE } from '../../domain/codes.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import { liftNonDisclosure } from '../../exchange/lift-non-disclosure.ts'
import { isUuid } from '../../exchange/uuid.ts'
import { methodNotAllowed } from '../on-error.ts'
import { readJson } from '../read-body.ts'
import { fhir, forbidden, notFound, outcome, refuse } from '../respond.ts'
import { requireScope } from '../scopes.ts'
import type { Env } from './fhir.ts'

const ADDRESS = '/Patient/:id/$meta-delete'

/** FHIR R4 `$meta-delete` for the one label that an update cannot take away: safety non-disclosure. */
export const patientLabelRoutes = (exchange: Exchange): Hono<Env> => {
  const routes = new Hono<Env>()
  routes.post(ADDRESS, (c) => liftRoute(c, exchange))
  routes.all(ADDRESS, (c) => methodNotAllowed(c, ['POST']))
  return routes
}

const label = z.strictObject({ system: z.literal(FINNISH_LABEL_SYSTEM), code: z.literal(NON_DISCLOSURE_CODE) })
const parameters = z.strictObject({
  resourceType: z.literal('Parameters'),
  parameter: z.tuple([
    z.strictObject({ name: z.literal('meta'), valueMeta: z.strictObject({ security: z.tuple([label]) }) }),
  ]),
})

const liftRoute = async (c: Context<Env>, exchange: Exchange): Promise<Response> => {
  if (!requireScope(c.var.caller, 'Patient', 'u')) return forbidden(c, 'system/Patient.u')
  const body = await readJson(c)
  if (body.outcome === 'refused') return outcome(c, body.status, [body.issue])
  if (!parameters.safeParse(body.value).success) {
    const diagnostics = `send Parameters with one \`meta\` that has the security label ${NON_DISCLOSURE_CODE} and nothing else`
    return refuse(c, 400, { code: 'structure', diagnostics, error: 'sender-invalid-request' })
  }
  const id = c.req.param('id') ?? ''
  const meta = isUuid(id) ? await liftNonDisclosure(exchange, c.var.caller.party, id) : undefined
  if (meta === undefined) return notFound(c)
  return fhir(c, { resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: meta }] })
}
