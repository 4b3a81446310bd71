import type { ErrorCode, OutcomeIssue } from '../outcome.ts'

/** A reading either succeeds or says, element by element, what to change. */
export type Reading<T> =
  | { readonly outcome: 'read'; readonly value: T }
  | { readonly outcome: 'invalid'; readonly issues: readonly OutcomeIssue[] }

export const read = <T>(value: T): Reading<T> => ({ outcome: 'read', value })

export const invalid = <T>(issues: readonly OutcomeIssue[]): Reading<T> => ({ outcome: 'invalid', issues })

/** A business rule the sender has to meet (HTTP 422). */
export const ruleIssue = (expression: string, diagnostics: string, error: ErrorCode): OutcomeIssue => ({
  severity: 'error',
  code: 'business-rule',
  expression,
  diagnostics,
  error,
})
