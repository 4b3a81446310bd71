import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type OutcomeIssue, operationOutcome } from '../fhir/outcome.ts'

export const FHIR_JSON = 'application/fhir+json; charset=utf-8'

/** FHIR JSON with the given status, indented for whoever asks with `_pretty=true` (R4 http.html#parameters). */
export const fhir = (c: Context, body: unknown, status: ContentfulStatusCode = 200): Response =>
  c.body(JSON.stringify(body, undefined, c.req.query('_pretty') === 'true' ? 2 : undefined), status, {
    'content-type': FHIR_JSON,
  })

/** Every error of the gateway, whatever the route, is an OperationOutcome. */
export const outcome = (c: Context, status: ContentfulStatusCode, issues: readonly OutcomeIssue[]): Response =>
  fhir(c, operationOutcome(issues), status)

export const refuse = (
  c: Context,
  status: ContentfulStatusCode,
  issue: Pick<OutcomeIssue, 'code' | 'diagnostics' | 'error'> & { readonly expression?: string },
): Response => outcome(c, status, [{ severity: 'error', ...issue }])

/** One answer for everything that is not the caller's, whether it exists or not. */
export const notFound = (c: Context): Response =>
  refuse(c, 404, {
    code: 'not-found',
    diagnostics: 'there is nothing of yours at this address',
    error: 'sender-unknown-resource',
  })

export const forbidden = (c: Context, scope: string): Response =>
  refuse(c, 403, {
    code: 'forbidden',
    diagnostics: `the access token does not carry the scope \`${scope}\``,
    error: 'sender-scope-missing',
  })
