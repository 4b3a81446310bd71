/** OperationOutcome, the one form in which the gateway answers what it refuses. */
import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes'

/** Code system of `details.coding` in every OperationOutcome of the gateway. */
export const ERROR_SYSTEM = 'https://ips-gateway.example/fhir/CodeSystem/ips-error'

/** A stable code; its prefix tells whose turn it is to act. */
export type ErrorCode = `${'sender' | 'gateway' | 'receiver'}-${string}`

export type OutcomeIssue = {
  readonly severity: OperationOutcomeIssue['severity']
  /** From http://hl7.org/fhir/ValueSet/issue-type. */
  readonly code: OperationOutcomeIssue['code']
  /** FHIRPath of the element concerned, such as `ServiceRequest.status`. */
  readonly expression?: string
  /** What is wrong and what to do, without any client data. */
  readonly diagnostics: string
  readonly error: ErrorCode
}

/**
 * Builds an OperationOutcome.
 *
 * @example
 * operationOutcome([
 *   { severity: 'error', code: 'required', expression: 'ServiceRequest.status', diagnostics: '…', error: 'sender-invalid-resource' },
 * ])
 */
export const operationOutcome = (issues: readonly OutcomeIssue[]): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  // R4 demands at least one issue.
  issue: issues.length === 0 ? [ALL_OK] : issues.map(toIssue),
})

const toIssue = ({ severity, code, expression, diagnostics, error }: OutcomeIssue): OperationOutcomeIssue => ({
  severity,
  code,
  details: { coding: [{ system: ERROR_SYSTEM, code: error }] },
  diagnostics,
  ...(expression !== undefined && { expression: [expression] }),
})

const ALL_OK: OperationOutcomeIssue = {
  severity: 'information',
  code: 'informational',
  diagnostics: 'nothing to report',
}
