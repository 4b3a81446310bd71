import type { Consent } from '@medplum/fhirtypes'
import type { ConsentRecord, Evidence, Provision } from '../consent/consent-record.ts'
import { clientIdentity } from '../domain/identity.ts'
import type { ConsentEventKind } from '../domain/log-entry.ts'
import type { Party } from '../domain/party.ts'
import { partyIdentities } from '../consent/decide-disclosure.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { readConsent } from '../fhir/read/consent.ts'
import { type EvidenceClaim, findEvidence } from '../fhir/read/evidence.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
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
  const claim = findEvidence(resource, path, (reference) => directory.find(reference))
  const evidence = judge(work, claim)
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
  if (record.status === 'active') entry.notes.push(...unnamedNotes(record.provision, `${path}.provision`))
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

const judge = ({ exchange }: Work, claim: EvidenceClaim): Evidence => {
  if (claim.kind === 'none') return 'source-missing'
  if (claim.kind === 'missing' || claim.base64 === undefined) return 'document-missing'
  if (claim.sha256 === undefined) return 'hash-missing'
  return exchange.sha256(Buffer.from(claim.base64, 'base64')) === claim.sha256 ? 'verified' : 'hash-differs'
}

/**
 * INVARIANT (nobody vouches for another): a verification counts only when the party that posts it is the one that says
 * it checked, and a strong electronic signature only from the care side or the client's own portal.
 */
const vouched = (record: ConsentRecord, caller: Party): ConsentRecord => {
  const own = partyIdentities(caller)
  const mayAttestSignature = caller.kind === 'care-organisation' || caller.kind === 'client-portal'
  return {
    ...record,
    verifications: record.verifications
      .map((one) => ({
        verified: one.verified,
        by: caller.kind === 'care-organisation' ? one.by.filter((name) => own.includes(name)) : [],
        strongSignature: one.strongSignature && mayAttestSignature,
      }))
      .filter(({ verified, by, strongSignature }) => verified && (by.length > 0 || strongSignature)),
  }
}

const permitsAnything = (provision: Provision | undefined): boolean =>
  provision !== undefined && (provision.type === 'permit' || provision.provisions.some(permitsAnything))

const evidenceIssues = (record: ConsentRecord, claim: EvidenceClaim, path: string): readonly OutcomeIssue[] => {
  const place = claim.kind === 'attachment' ? claim.expression : `${path}.source`
  switch (record.evidence) {
    case 'source-missing':
    case 'document-missing':
      return [
        ruleIssue(
          place,
          'a permission needs its signed form: send the document, or refer to one you sent',
          'sender-evidence-missing',
        ),
      ]
    case 'hash-missing':
      return [
        ruleIssue(
          place,
          'give the SHA-256 of the signed form in the attachment-sha256 extension',
          'sender-evidence-without-hash',
        ),
      ]
    case 'hash-differs':
      return [
        ruleIssue(
          place,
          'the signed form is not the one that was hashed: send the form that the client signed',
          'sender-evidence-differs',
        ),
      ]
    case 'verified':
      return paperIssues(record, path)
  }
}

const paperIssues = (record: ConsentRecord, path: string): readonly OutcomeIssue[] => {
  const issues: OutcomeIssue[] = []
  const miss = (element: string, text: string): void => {
    issues.push(ruleIssue(`${path}.${element}`, text, 'sender-consent-incomplete'))
  }
  if (!record.performers.some(({ kind }) => kind === 'client'))
    miss('performer', 'say that the client gave the consent: the same reference as `patient`')
  if (!record.hasDateTime) miss('dateTime', 'say when the consent was given')
  if (record.policyUris.length === 0) miss('policy', 'name the form: `policy.uri`')
  if (record.verifications.length === 0) {
    const text =
      'nobody independent vouches for it: the care side that posts it says in `verification` that it checked identity and form'
    issues.push(ruleIssue(`${path}.verification`, text, 'sender-consent-unverified'))
  }
  return issues
}

/** Nothing may be added under an old signature: every permit of the new version stood in the old one, and every deny stays. */
const widens = (previous: ConsentRecord, next: ConsentRecord): boolean => {
  if (next.status !== 'active') return false
  if (previous.status !== 'active') return true
  if (frameOf(previous) !== frameOf(next)) return true
  if (previous.unreadable.some((element) => !next.unreadable.includes(element))) return true
  const before = flat(previous.provision)
  const after = flat(next.provision)
  return (
    after.permits.some((word) => !before.permits.includes(word)) ||
    before.denies.some((word) => !after.denies.includes(word))
  )
}

/** Which rules a consent is read by; under others the same provisions could permit more. */
const frameOf = ({ scopes, categories, policyUris, policyRules, patients }: ConsentRecord): string =>
  JSON.stringify([scopes, categories, policyUris, policyRules, patients])

const flat = (root: Provision | undefined) => {
  const permits: string[] = []
  const denies: string[] = []
  const walk = (node: Provision, outer: string): void => {
    const { provisions, ...own } = node
    const word = `${outer}${JSON.stringify(own)}`
    if (node.type === 'permit') permits.push(word)
    else if (node.type === 'deny') denies.push(word)
    for (const child of provisions) walk(child, word)
  }
  if (root !== undefined) walk(root, '')
  return { permits, denies }
}

const widenedIssue = (path: string): OutcomeIssue =>
  ruleIssue(
    `${path}.provision`,
    'this version permits more than the signed one: record a new Consent with a newly signed form',
    'sender-consent-widened',
  )

const unnamedNotes = (provision: Provision | undefined, path: string, outer?: Provision): readonly OutcomeIssue[] => {
  if (provision === undefined) return []
  const actors = provision.actors.length > 0 ? provision.actors : (outer?.actors ?? [])
  const purposes = provision.purposes.length > 0 ? provision.purposes : (outer?.purposes ?? [])
  const here: OutcomeIssue[] = []
  if (provision.type === 'permit' && (actors.length === 0 || purposes.length === 0)) {
    here.push({
      severity: 'warning',
      code: 'business-rule',
      expression: path,
      diagnostics: 'this permit names no recipient or no purpose and therefore permits nothing',
      error: 'sender-permit-unnamed',
    })
  }
  return [
    ...here,
    ...provision.provisions.flatMap((child, index) =>
      unnamedNotes(child, `${path}.provision[${index}]`, { ...provision, actors, purposes }),
    ),
  ]
}
