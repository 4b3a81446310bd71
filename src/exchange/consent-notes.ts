import type { Consent, Patient } from '@medplum/fhirtypes'
import type { ConsentRecord } from '../consent/consent-record.ts'
import { isMinor } from '../consent/decide-disclosure.ts'
import { lintConsent } from '../consent/lint.ts'
import type { RefusalReason } from '../domain/refusal.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { readPatient } from '../fhir/read/patient.ts'
import { findingText, reasonText } from '../language/words.ts'
import type { Directory, ResolvedEntry, Work } from './work.ts'

type ConsentEntry = ResolvedEntry & { readonly resource: Consent }

/** What whoever records a consent should hear while the client is still there to be asked. */
export const consentNotes = async (
  work: Work,
  entry: ConsentEntry,
  about: { readonly record: ConsentRecord; readonly clientId: string; readonly directory: Directory },
): Promise<readonly OutcomeIssue[]> => [
  ...(await findingNotes(work, about.record, about.clientId, entry.path)),
  ...ownPatientNotes(work, entry, about.directory),
]

/** Rule 5, as far as the caller's own record tells: a consent that permits nothing now, however well it is signed. */
const ownPatientNotes = (
  { at, exchange }: Work,
  { resource, path }: ConsentEntry,
  directory: Directory,
): readonly OutcomeIssue[] => {
  const id = resource.patient === undefined ? undefined : directory.patientId(resource.patient)
  const own = id === undefined ? undefined : directory.find(`Patient/${id}`)?.resource
  if (own === undefined) return []
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the directory finds a Patient under this name
  const facts = readPatient(own as Patient, path)
  if (facts.outcome === 'invalid') return []
  const reasons: readonly RefusalReason[] = [
    ...(facts.value.deceased ? (['client-deceased'] as const) : []),
    ...(isMinor(facts.value.birthDate, at, exchange.policy.zone) ? (['client-minor'] as const) : []),
  ]
  return reasons.map((reason) => ({
    severity: 'warning',
    code: 'business-rule',
    expression: `${path}.patient`,
    diagnostics: `kept, and permits nothing: ${reasonText(reason, 'en')}`,
    error: `sender-consent-${reason}`,
  }))
}

/**
 * What a person should hear of while she can still ask the client (rule 25). Only the caller's own other consents are
 * looked at: a word about somebody else's would tell who knows her.
 */
const findingNotes = async (
  work: Work,
  record: ConsentRecord,
  clientId: string,
  path: string,
): Promise<readonly OutcomeIssue[]> => {
  const { tx, caller, newClients } = work
  const made = newClients.get(clientId)
  const own = made === undefined ? new Set(await tx.consents.recordedBy(caller.id, clientId)) : undefined
  const others = made?.consents ?? (await tx.consents.ofClient(clientId)).filter(({ id }) => own?.has(id))
  const findings = lintConsent(
    record,
    others.filter(({ id }) => id !== record.id),
  )
  return findings.map(({ code, path: place }): OutcomeIssue => ({
    severity: 'warning',
    code: 'business-rule',
    expression: place === '' ? path : `${path}.${place}`,
    diagnostics: findingText(code, 'en'),
    error: `sender-consent-${code}`,
  }))
}
