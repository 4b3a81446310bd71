import { type Context, Hono } from 'hono'
import type { Exchange } from '../../exchange/exchange.ts'
import { validate } from '../../exchange/validate.ts'
import type { OutcomeIssue } from '../../fhir/outcome.ts'
import {
  issuesAgainst,
  readValidation,
  type Validation,
  type ValidationMode,
  validationModes,
} from '../../fhir/read/validation.ts'
import { actionFor, servedType } from '../interactions.ts'
import { methodNotAllowed } from '../on-error.ts'
import { FORM_LIMIT, readJson } from '../read-body.ts'
import { readSingle } from '../read-entries.ts'
import { readCondition } from '../conditions.ts'
import { forbidden, outcome, refuse } from '../respond.ts'
import { requireScope } from '../scopes.ts'
import type { Env } from './fhir.ts'

/**
 * `POST /fhir/{type}/$validate` and `POST /fhir/{type}/{id}/$validate` (R4 resource-operation-validate): 200 with an
 * OperationOutcome of everything found, whether that is nothing or a fault; other statuses only for what is no question.
 */
export const validateRoutes = (exchange: Exchange, base: string): Hono<Env> => {
  const routes = new Hono<Env>()
  for (const path of ['/:type/$validate', '/:type/:id/$validate']) {
    routes.all(path, async (c, next) => {
      if (servedType(c.req.param('type') ?? '') === undefined) return next()
      return c.req.method === 'POST' ? answer(c, exchange, base) : methodNotAllowed(c, ['POST'])
    })
  }
  return routes
}

const answer = async (c: Context<Env>, exchange: Exchange, base: string): Promise<Response> => {
  const { type = '', id } = c.req.param()
  const body = await readJson(c, type === 'Binary' ? FORM_LIMIT : undefined)
  if (body.outcome === 'refused') return outcome(c, body.status, [body.issue])
  const read = readValidation(body.value)
  if (read === undefined) return noQuestion(c, 'send the resource itself, or Parameters with a parameter `resource`')
  const mode = modeOf(c.req.query('mode') ?? read.mode, id)
  if (mode === undefined) return noQuestion(c, `\`mode\` is one of ${validationModes.join(', ')}`)
  const actions = mode === 'profile' ? (['c', 'u'] as const) : ([actionFor[mode]] as const)
  if (!actions.some((action) => requireScope(c.var.caller, type, action))) {
    return forbidden(c, `system/${type}.${actions[0]}`)
  }
  const profile = c.req.query('profile') ?? read.profile
  return outcome(c, 200, await judge(c, exchange, { ...read, mode, profile }, base))
}

const noQuestion = (c: Context<Env>, diagnostics: string): Response =>
  refuse(c, 400, { code: 'invalid', diagnostics, error: 'sender-invalid-request' })

/** Without a word, what stands in the address says what would be done with the resource. */
const modeOf = (word: string | undefined, id: string | undefined): ValidationMode | undefined =>
  word === undefined ? (id === undefined ? 'create' : 'update') : validationModes.find((one) => one === word)

type Question = Omit<Validation, 'mode'> & { readonly mode: ValidationMode }

const judge = async (
  c: Context<Env>,
  exchange: Exchange,
  { resource, mode, profile, ...said }: Question,
  base: string,
): Promise<readonly OutcomeIssue[]> => {
  const type = c.req.param('type') ?? ''
  const method = mode === 'update' ? 'update' : 'create'
  const id = method === 'update' ? (c.req.param('id') ?? said.id) : undefined
  const ifNoneExist = c.req.header('if-none-exist')
  const ifMatch = readCondition(c.req.header('if-match')) ?? readCondition(`"${said.version}"`)
  const read = readSingle(resource, { method, type, id, ifNoneExist, ifMatch }, base)
  if (read.outcome === 'invalid') return read.issues
  const [entry] = read.entries
  if (entry === undefined) return []
  const found = profile === undefined ? [] : issuesAgainst(profile, entry.resource)
  return mode === 'profile' ? found : [...found, ...(await validate(exchange, c.var.caller.party, entry))]
}
