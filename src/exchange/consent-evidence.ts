import type { ConsentRecord, Performer, Provision, Verification } from '../consent/consent-record.ts'
import { partyIdentities } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import type { EvidenceClaim } from '../fhir/read/evidence.ts'
import { isRecord } from '../fhir/r4/json-kind.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import type { Directory } from './work.ts'
import { isRecipient } from '../consent/match-actor.ts'
import { beyondOrders } from './guardian.ts'

/**
 * INVARIANT (nobody vouches for another): a verification counts only when the party that posts it is the one that says
 * it checked, and a strong electronic signature only from the care side or the client's own portal. The word of an IPS
 * team counts for what it tells itself and for nothing it would hear.
 */
export const vouched = (record: ConsentRecord, caller: Party): ConsentRecord => {
  const own = partyIdentities(caller)
  const mayCheck = caller.kind === 'care-organisation' || caller.kind === 'ips-team'
  const mayAttestSignature = caller.kind === 'care-organisation' || caller.kind === 'client-portal'
  return {
    ...record,
    verifications: record.verifications
      .map((one) => ({
        verified: one.verified,
        by: mayCheck ? one.by.filter((name) => own.includes(name)) : [],
        strongSignature: one.strongSignature && mayAttestSignature,
        ...(caller.kind === 'ips-team' && { onlyAsSender: true }),
      }))
      .filter(({ verified, by, strongSignature }) => verified && (by.length > 0 || strongSignature)),
  }
}

/**
 * Finds what the caller can find, other clients' documents apart: whoever picked the wrong form has none of this client's.
 * A document that names nobody is the caller's word for it.
 */
export const evidenceFor =
  (directory: Directory, clientId: string) =>
  (reference: string): ReturnType<Directory['find']> => {
    const found = directory.find(reference)
    const resource = found?.resource
    const subject =
      isRecord(resource) && resource['resourceType'] === 'DocumentReference' ? resource['subject'] : undefined
    if (!isRecord(subject)) return found
    const patient = directory.patientId(subject)
    return patient === undefined || directory.clientOfPatient(patient) === clientId ? found : undefined
  }

export const permitsAnything = (provision: Provision | undefined): boolean =>
  provision !== undefined && (provision.type === 'permit' || provision.provisions.some(permitsAnything))

/** @param at epoch milliseconds at which a guardian's order must be in force. */
export const evidenceIssues = (
  record: ConsentRecord,
  claim: EvidenceClaim,
  path: string,
  at: number,
): readonly OutcomeIssue[] => {
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
      return paperIssues(record, path, at)
  }
}

const paperIssues = (record: ConsentRecord, path: string, at: number): readonly OutcomeIssue[] => {
  const issues: OutcomeIssue[] = []
  const miss = (element: string, text: string): void => {
    issues.push(ruleIssue(`${path}.${element}`, text, 'sender-consent-incomplete'))
  }
  const signs = (kind: Performer['kind']): boolean => record.performers.some((performer) => performer.kind === kind)
  if (!signs('client') && !signs('guardian'))
    miss(
      'performer',
      'say who gave the consent: the same reference as `patient`, or a guardian with the recorded order',
    )
  else if (!signs('client') && beyondOrders(record.performers, record.provision, at).length > 0)
    issues.push(ruleIssue(`${path}.performer`, beyondOrder, 'sender-guardian-not-entitled'))
  if (!record.hasDateTime) miss('dateTime', 'say when the consent was given')
  if (record.policyUris.length === 0) miss('policy', 'name the form: `policy.uri`')
  if (!record.verifications.some((one) => canCount(one, record.provision))) {
    const text =
      'nobody independent vouches for it: the care side that posts it says in `verification` that it checked identity and form'
    issues.push(ruleIssue(`${path}.verification`, text, 'sender-consent-unverified'))
  }
  return issues
}

const beyondOrder =
  'the recorded order does not let this guardian permit all of this now: leave out what it does not cover, or ask the client'

/** Whoever vouches only as sender must be one somewhere, and somebody else the recipient. */
const canCount = ({ onlyAsSender, by }: Verification, node: Provision | undefined): boolean => {
  if (onlyAsSender !== true) return true
  if (node === undefined) return false
  const isOwn = (names: readonly string[]): boolean => by.some((name) => names.includes(name))
  const custodians = node.actors.filter(({ role }) => role === 'CST')
  const isSender = custodians.length === 0 || custodians.some(({ names }) => isOwn(names))
  const tellsAnother = node.actors.some((actor) => isRecipient(actor) && !isOwn(actor.names))
  return (
    (node.type === 'permit' && isSender && tellsAnother) ||
    node.provisions.some((one) => canCount({ onlyAsSender, by, verified: true, strongSignature: false }, one))
  )
}
