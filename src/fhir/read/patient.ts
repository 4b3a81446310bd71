import type { Patient } from '@medplum/fhirtypes'
import { FINNISH_LABEL_SYSTEM, HETU_SYSTEM, NON_DISCLOSURE_CODE } from '../../domain/codes.ts'
import type { Identifier } from '../../domain/identity.ts'
import { readPersonalIdentityCode } from '../../domain/personal-identity-code.ts'
import { phonePattern, type Update } from '../../domain/update.ts'
import type { OutcomeIssue } from '../outcome.ts'
import { invalid, read, type Reading, ruleIssue } from './issues.ts'

/** What the gateway needs to know of a client: names to link by, dates and flags that decide. */
export type PatientFacts = {
  readonly identifiers: readonly Identifier[]
  readonly birthDate: string | undefined
  readonly family: string | undefined
  readonly given: string | undefined
  readonly deceased: boolean
  readonly nonDisclosure: boolean
}

/**
 * Reads a Patient. Refuses a personal identity code with a wrong check character or one that contradicts the birth
 * date, and a Patient without any identifier: such a record could never be linked to the right person.
 */
export const readPatient = (patient: Patient, path: string): Reading<PatientFacts> => {
  const issues: OutcomeIssue[] = []
  const identifiers: Identifier[] = []
  let birthDate = patient.birthDate
  for (const [index, { system, value }] of (patient.identifier ?? []).entries()) {
    if (system === undefined || value === undefined) continue
    identifiers.push({ system, value })
    if (system !== HETU_SYSTEM) continue
    const code = readPersonalIdentityCode(value)
    if (code.outcome === 'invalid') issues.push(codeIssue(`${path}.identifier[${index}].value`, code.why))
    else if (birthDate === undefined) birthDate = code.birthDate
    else if (!code.birthDate.startsWith(birthDate)) issues.push(contradiction(`${path}.birthDate`))
  }
  if (identifiers.length === 0) {
    issues.push(
      ruleIssue(
        `${path}.identifier`,
        'a Patient needs an identifier with system and value, so that it is never taken for somebody else',
        'sender-patient-without-identifier',
      ),
    )
  }
  if (issues.length > 0) return invalid(issues)
  const name = officialName(patient)
  return read({
    identifiers,
    birthDate,
    family: name?.family,
    given: name?.given?.[0],
    deceased: patient.deceasedBoolean === true || patient.deceasedDateTime !== undefined,
    nonDisclosure: isProtected(patient),
  })
}

/** What the identity category tells. Contact details of a protected person are left out here already. */
export const identityUpdate = (patient: Patient): Update => {
  const full = fullName(patient)
  const code = patient.identifier?.find(({ system }) => system === HETU_SYSTEM)?.value
  const phone = patient.telecom?.find(
    ({ system, value }) => system === 'phone' && phonePattern.test(value ?? ''),
  )?.value
  const municipality = patient.address?.[0]?.city
  const open = !isProtected(patient)
  return {
    category: 'identity',
    fields: {
      ...(full !== '' && { 'client-name': full }),
      ...(patient.birthDate !== undefined && { 'birth-date': patient.birthDate }),
      ...(code !== undefined && { 'personal-identity-code': code }),
      ...(open && phone !== undefined && { phone }),
      ...(open && municipality !== undefined && { municipality }),
    },
  }
}

const officialName = (patient: Patient) => patient.name?.find(({ use }) => use === 'official') ?? patient.name?.[0]

const fullName = (patient: Patient): string => {
  const name = officialName(patient)
  return name?.text ?? [...(name?.given ?? []), name?.family].filter((part) => part !== undefined).join(' ')
}

/** Whether this record says that the client's whereabouts are protected (turvakielto). */
export const isProtected = (patient: Patient): boolean =>
  patient.meta?.security?.some(({ system, code }) => system === FINNISH_LABEL_SYSTEM && code === NON_DISCLOSURE_CODE) ??
  false

const codeIssue = (expression: string, why: 'shape' | 'date' | 'check-character'): OutcomeIssue => {
  const reasons = {
    shape: 'a personal identity code is DDMMYY, a century sign, three digits and a check character',
    date: 'the personal identity code starts with a day that does not exist',
    'check-character': 'the check character of the personal identity code is wrong: check the number at its source',
  }
  return {
    severity: 'error',
    code: 'value',
    expression,
    diagnostics: reasons[why],
    error: 'sender-identity-code-invalid',
  }
}

const contradiction = (expression: string): OutcomeIssue =>
  ruleIssue(
    expression,
    'the birth date contradicts the personal identity code: correct one of them at its source',
    'sender-identity-contradiction',
  )
