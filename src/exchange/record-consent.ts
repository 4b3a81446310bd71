import type { Consent } from '@medplum/fhirtypes'
import type { ConsentRecord } from '../consent/consent-record.ts'
import { lintConsent } from '../consent/lint.ts'
import { clientIdentity } from '../domain/identity.ts'
import type { ConsentEventKind } from '../domain/log-entry.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { readConsent } from '../fhir/read/consent.ts'
import { findEvidence, judgeEvidence } from '../fhir/read/evidence.ts'
import { findingText } from '../language/words.ts'
import { evidenceFor, evidenceIssues, permitsAnything, vouched } from './consent-evidence.ts'
import { widenedIssue, widens } from './consent-widening.ts'
import { type Directory, namesOf, type ResolvedEntry, type Work } from './work.ts'

export type ConsentChange = {
  readonly clientId: string
  readonly kind: ConsentEventKind
}

/**
 * Records a written consent or a new version of one. A consent that permits anything needs its signed form with a
 * matching SHA-256 and a verification by whoever posts it; a refusal or a deny needs none of that.
 *
 * @returns issues (HTTP 422) when it could never take effect, so that nobody believes in it.
 */
export const recordConsent = async (
  work: Work,
  entry: ResolvedEntry & { readonly resource: Consent },
  directory: Directory,
  clientId: string,
): Promise<ConsentChange | readonly OutcomeIssue[]> => {
  const { tx, exchange, caller, at } = work
  const { resource, path, id, version } = entry
  const claim = findEvidence(resource, path, evidenceFor(directory, clientId))
  const evidence = judgeEvidence(claim, exchange.sha256)
  const record = vouched(
    readConsent(resource, {
      id: `Consent/${id}`,
      version: String(version),
      zone: exchange.policy.zone,
      evidence,
      patients: [clientIdentity(clientId)],
      nameOf: namesOf(directory),
    }),
    caller,
  )
  const previous =
    version === 1 ? undefined : (await tx.consents.ofClient(clientId)).find((one) => one.id === record.id)
  const issues = [
    ...(record.status === 'active' && permitsAnything(record.provision) ? evidenceIssues(record, claim, path) : []),
    ...(previous !== undefined && widens(previous, record) ? [widenedIssue(path)] : []),
  ]
  if (issues.length > 0) return issues
  if (record.status === 'active') entry.notes.push(...(await findingNotes(work, record, clientId, path)))
  const kind = kindOf(record, previous)
  const consent = `${record.id}/_history/${version}`
  const event = { id: exchange.newId(), clientId, kind, consent, party: caller.id, at }
  await tx.consents.put({ id, clientId, party: caller.id, version, record }, event)
  work.newClients.get(clientId)?.consents.push(record)
  return { clientId, kind }
}

const kindOf = (record: ConsentRecord, previous: ConsentRecord | undefined): ConsentEventKind => {
  if (record.status === 'rejected') return 'consent-refused'
  if (record.status !== 'active') return previous === undefined ? 'consent-recorded' : 'consent-withdrawn'
  return previous === undefined ? 'consent-recorded' : 'consent-changed'
}

/**
 * What a person should hear of while she can still ask the client (rule 25). Only the caller's own other consents are
 * looked at: a word about somebody else's would tell who knows her.
 */
const findingNotes = async (work: Work, record: ConsentRecord, clientId: string, path: string) => {
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
