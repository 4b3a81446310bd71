import type { Consent } from '@medplum/fhirtypes'
import type { ConsentRecord } from '../consent/consent-record.ts'
import { clientIdentity } from '../domain/identity.ts'
import type { ConsentEventKind } from '../domain/log-entry.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { readConsent } from '../fhir/read/consent.ts'
import { findEvidence, judgeEvidence } from '../fhir/read/evidence.ts'
import { evidenceFor, evidenceIssues, permitsAnything, vouched } from './consent-evidence.ts'
import { consentNotes } from './consent-notes.ts'
import { widenedIssue, widens } from './consent-widening.ts'
import { endReplaced, findReplaced } from './replace-consents.ts'
import { type Directory, namesOf, type ResolvedEntry, type Work } from './work.ts'

export type ConsentChange = {
  readonly clientId: string
  readonly kind: ConsentEventKind
  /** Whether something less may be told now than before. */
  readonly narrows: boolean
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
  const isActive = record.status === 'active'
  // What replaces a consent lifts its refusals too, and takes a signature also when it permits nothing itself.
  const needsPaper = isActive && (permitsAnything(record.provision) || record.replaces !== undefined)
  const issues = [
    ...(needsPaper ? evidenceIssues(record, claim, path, at) : []),
    ...(previous !== undefined && widens(previous, record, exchange.policy) ? [widenedIssue(path)] : []),
  ]
  if (issues.length > 0) return issues
  const { replaced, issues: linkIssues } = await findReplaced(work, record, { clientId, directory, path })
  if (linkIssues.length > 0) return linkIssues
  await endReplaced(work, record, replaced)
  if (isActive) entry.notes.push(...(await consentNotes(work, entry, { record, clientId, directory })))
  const kind = kindOf(record, previous)
  const consent = `${record.id}/_history/${version}`
  const event = { id: exchange.newId(), clientId, kind, consent, party: caller.id, at }
  await tx.consents.put({ id, clientId, party: caller.id, version, record }, event)
  work.newClients.get(clientId)?.consents.push(record)
  return { clientId, kind, narrows: replaced.length > 0 || !isActive || kind !== 'consent-recorded' }
}

const kindOf = (record: ConsentRecord, previous: ConsentRecord | undefined): ConsentEventKind => {
  if (record.status === 'rejected') return 'consent-refused'
  if (record.status !== 'active') return previous === undefined ? 'consent-recorded' : 'consent-withdrawn'
  return previous === undefined ? 'consent-recorded' : 'consent-changed'
}
