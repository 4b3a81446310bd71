import { expect } from 'vitest'
import type { Answer } from './gateway.ts'

/** Words of the clients of these tests; no answer may repeat them. */
const secrets = /Esimerkki|Aino|keitti|Ketiapiini|tabletti|555 0100|Salainen|\d{6}[-A]9\d\d[0-9A-Y]/

export type Expected = { readonly status: number; readonly error: string; readonly at?: string | undefined }

/** Every refusal has the same shape: coded, placed, and without a word of what was sent. */
export const expectRefused = (answer: Answer, { status, error, at }: Expected): void => {
  const text = JSON.stringify(answer.body)
  expect(answer.status, text).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/fhir+json; charset=utf-8')
  expect(answer.body.resourceType).toBe('OperationOutcome')
  for (const issue of answer.body.issue) {
    expect(issue.severity).toBe('error')
    expect(issue.details.coding[0].code).toMatch(/^(sender|gateway|receiver)-[a-z0-9-]+$/)
    expect(issue.diagnostics).toMatch(/^[a-z`]/)
  }
  const [first] = answer.body.issue
  expect(first.details.coding[0].code, text).toBe(error)
  expect(first.expression?.[0], text).toBe(at)
  expectNoSecrets(answer)
}

/** No personal identity code, name, wish or drug of a client in what a caller is told. */
export const expectNoSecrets = (answer: Answer): void => expect(JSON.stringify(answer.body)).not.toMatch(secrets)
