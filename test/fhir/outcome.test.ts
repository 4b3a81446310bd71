import { describe, expect, it } from 'vitest'
import { ERROR_SYSTEM, operationOutcome } from '../../src/fhir/outcome.ts'
import { parseResource } from '../../src/fhir/parse-resource.ts'

describe('an answer that refuses', () => {
  const outcome = operationOutcome([
    {
      severity: 'error',
      code: 'required',
      expression: 'ServiceRequest.status',
      diagnostics: '`status` is required and missing',
      error: 'sender-invalid-resource',
    },
    { severity: 'fatal', code: 'exception', diagnostics: 'try again later', error: 'gateway-unavailable' },
  ])

  it('says what is wrong, where, and whose turn it is to act', () => {
    expect(outcome).toStrictEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: 'required',
          details: { coding: [{ system: ERROR_SYSTEM, code: 'sender-invalid-resource' }] },
          diagnostics: '`status` is required and missing',
          expression: ['ServiceRequest.status'],
        },
        {
          severity: 'fatal',
          code: 'exception',
          details: { coding: [{ system: ERROR_SYSTEM, code: 'gateway-unavailable' }] },
          diagnostics: 'try again later',
        },
      ],
    })
  })

  it('is itself valid FHIR R4, also when there is nothing to say', () => {
    for (const answer of [outcome, operationOutcome([])]) {
      expect(parseResource(answer)).toStrictEqual({ outcome: 'parsed', resource: answer })
    }
  })
})
