import type { MessageHeader } from '@medplum/fhirtypes'
import { type Context, Hono } from 'hono'
import type { Exchange } from '../../exchange/exchange.ts'
import { behindHeader, processMessage } from '../../exchange/process-message.ts'
import type { OutcomeIssue } from '../../fhir/outcome.ts'
import { parseResource } from '../../fhir/parse-resource.ts'
import { asTransaction, readMessage } from '../../fhir/read/message.ts'
import { type ResponseCode, writeMessageResponse } from '../../fhir/write/message-response.ts'
import { actionFor } from '../interactions.ts'
import { type Fault, faultOf, methodNotAllowed } from '../on-error.ts'
import { readJson } from '../read-body.ts'
import { readTransaction } from '../read-entries.ts'
import { fhir, forbidden, outcome } from '../respond.ts'
import { requireScope } from '../scopes.ts'
import type { Env } from './fhir.ts'

export type MessageDeps = {
  readonly exchange: Exchange
  readonly baseUrl: string
  report(what: string, fault: Fault & { readonly requestId: string }): void
}

/**
 * `POST /fhir/$process-message` (R4 messageheader-operation-process-message): always answered at once, and with a message
 * wherever there was one to answer; what is none, or asks for more than the token allows, is refused as anywhere else.
 */
export const messageRoutes = (deps: MessageDeps): Hono<Env> => {
  const routes = new Hono<Env>()
  routes.post('/$process-message', async (c) => answer(c, deps))
  routes.all('/$process-message', (c) => methodNotAllowed(c, ['POST']))
  return routes
}

const answer = async (c: Context<Env>, { exchange, baseUrl, report }: MessageDeps): Promise<Response> => {
  const endpoint = `${baseUrl}/fhir/$process-message`
  const respond = (header: MessageHeader, code: ResponseCode, issues: readonly OutcomeIssue[]): Response => {
    const ids = { bundle: exchange.newId(), header: exchange.newId(), outcome: exchange.newId() }
    return fhir(c, writeMessageResponse(header, { code, issues, focus: [] }, { ids, at: exchange.now(), endpoint }))
  }
  if (c.req.query('async') === 'true' || c.req.query('response-url') !== undefined) return outcome(c, 400, [atOnceOnly])
  const body = await readJson(c)
  if (body.outcome === 'refused') return outcome(c, body.status, [body.issue])
  const parsed = parseResource(body.value)
  if (parsed.outcome === 'invalid') {
    return outcome(
      c,
      400,
      parsed.issues.map((issue) => ({ ...issue, error: 'sender-invalid-resource' as const })),
    )
  }
  if (parsed.resource.resourceType !== 'Bundle') return outcome(c, 400, [bundleWanted])
  const read = readMessage(parsed.resource)
  if (read.outcome === 'none') return outcome(c, 400, [read.issue])
  const { header } = read
  if (read.outcome === 'invalid') return respond(header, 'fatal-error', read.issues)
  const transaction = readTransaction(asTransaction(read.message.entries), `${baseUrl}/fhir`)
  if (transaction.outcome === 'invalid') return respond(header, 'fatal-error', transaction.issues.map(behindHeader))
  const { entries } = transaction
  for (const { resource, method } of entries) {
    const [type, action] = [resource.resourceType, actionFor[method]]
    if (!requireScope(c.var.caller, type, action)) return forbidden(c, `system/${type}.${action}`)
  }
  const { requestId } = c.var
  try {
    const { message } = read
    return fhir(
      c,
      await processMessage(exchange, c.var.caller.party, { header, message, entries, endpoint, requestId }),
    )
  } catch (error) {
    report('message failed', { ...faultOf(error), requestId })
    return respond(header, 'transient-error', [tryAgain])
  }
}

const atOnceOnly: OutcomeIssue = {
  severity: 'error',
  code: 'not-supported',
  diagnostics: 'messages are answered at once: leave out `async` and `response-url`',
  error: 'sender-query-invalid',
}

const bundleWanted: OutcomeIssue = {
  severity: 'error',
  code: 'invalid',
  diagnostics: 'this address takes a Bundle of type `message`',
  error: 'sender-message-invalid',
}

const tryAgain: OutcomeIssue = {
  severity: 'error',
  code: 'transient',
  diagnostics: 'the gateway failed: send the same message again, it is done once',
  error: 'gateway-fault',
}
