import type { Consent } from '@medplum/fhirtypes'
import type { ConsentRecord } from '../consent/consent-record.ts'
import { lintConsent } from '../consent/lint.ts'
import { endedAt, termOf } from '../consent/term.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { findingText } from '../language/words.ts'
import type { StoredConsent } from '../store/queries/consents.ts'
import { type ConsentEdit, putNextVersion } from './next-consent.ts'
import type { Directory, Work } from './work.ts'

/** What a new Consent was written to replace, of the caller's own; or what forbids it, at its place. */
export const findReplaced = async (
  { tx, caller }: Work,
  record: ConsentRecord,
  { clientId, directory, path }: { readonly clientId: string; readonly directory: Directory; readonly path: string },
): Promise<{ readonly replaced: readonly StoredConsent[]; readonly issues: readonly OutcomeIssue[] }> => {
  const links = record.replaces ?? []
  if (record.status !== 'active' || links.length === 0) return { replaced: [], issues: [] }
  const own = (await tx.consents.storedOf(clientId)).filter(({ party }) => party === caller.id)
  const findings = lintConsent(
    record,
    own.map((one) => one.record),
  ).filter(({ code }) => code === 'replaced-unknown' || code === 'replaced-by-other-signer')
  const issues = findings.map(({ code }) =>
    ruleIssue(`${path}.extension`, findingText(code, 'en'), `sender-consent-${code}`),
  )
  const changed = links.filter((link) => (directory.find(link)?.path ?? link) !== link)
  if (changed.length > 0) issues.push(ruleIssue(`${path}.extension`, bothAtOnce, 'sender-consent-replaced-and-changed'))
  const linked = new Set(links)
  const replaced = own.filter((one) => linked.has(one.record.id) && one.record.status === 'active')
  return { replaced, issues }
}

const bothAtOnce = 'a consent is replaced or changed in one submission, not both: leave its own entry out'

/**
 * Renewal (rule 19): ends what a Consent replaces, in the transaction that records it, by the moment from which the new
 * one permits anything: never both, and no gap for one that starts later.
 */
export const endReplaced = async (
  work: Work,
  record: ConsentRecord,
  replaced: readonly StoredConsent[],
): Promise<void> => {
  const start = termOf(record)?.from ?? work.at
  for (const one of replaced) await putNextVersion(work, one, endingAt(one, start, work.at))
}

const endingAt = ({ record: { provision } }: StoredConsent, start: number, at: number): ConsentEdit => {
  const meta = (before: Consent, version: number) => ({
    ...before.meta,
    versionId: String(version),
    lastUpdated: new Date(at).toISOString(),
  })
  if (start <= at || provision === undefined) {
    const resource = (before: Consent, version: number): Consent => ({
      ...before,
      status: 'inactive',
      meta: meta(before, version),
    })
    return { kind: 'consent-replaced', record: { status: 'inactive' }, resource }
  }
  const ended = endedAt(provision, start)
  const isSooner = ended.period !== 'invalid' && ended.period !== 'unstated' && ended.period.until === start
  return {
    kind: 'consent-replaced',
    record: { provision: ended },
    resource: (before, version) => ({
      ...before,
      meta: meta(before, version),
      // Ends are inclusive at their precision (R4 Period): the last millisecond before the new one starts.
      ...(isSooner && {
        provision: {
          ...before.provision,
          period: { ...before.provision?.period, end: new Date(start - 1).toISOString() },
        },
      }),
    }),
  }
}
