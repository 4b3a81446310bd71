import { hash } from 'node:crypto'
import type { ConsentRecord, Evidence } from '../consent/consent-record.ts'
import { decide, type DecisionRecord } from '../consent/decide.ts'
import { isMinor } from '../consent/decide-disclosure.ts'
import type { Opinion } from '../consent/opinion.ts'
import { plan, type Plan } from '../consent/plan.ts'
import { countingConsents } from '../consent/policy.ts'
import type { DecisionRequest, Policy } from '../consent/request.ts'
import { CONSENT_POLICY_URI } from '../domain/codes.ts'
import { identifierIdentity, type Identity, referenceIdentity } from '../domain/identity.ts'
import { type InformationCode, isInformationCategory } from '../domain/information.ts'
import { readConsent } from '../fhir/read/consent.ts'
import { findEvidence, judgeEvidence } from '../fhir/read/evidence.ts'
import { readFacts } from '../fhir/read/facts.ts'
import { referenceOf } from '../fhir/read/provision.ts'
import { isJson, type Json, objectsOf } from '../fhir/read/shape.ts'
import { type CaseDirectory, caseDirectory } from './case-directory.ts'
import { CaseError, type ConsentAnswer, type ConsentCase } from './consent-case.ts'

/** Decides one case with the engine of the running gateway. @throws when the case itself cannot be read. */
export const decideCase = (one: ConsentCase): ConsentAnswer => {
  const asOf = Date.parse(one.asOf)
  const policy = policyOf(one)
  const names = one.request.recipient.map(nameOf)
  const acting = new Set([
    ...names,
    ...(one.request.custodian ?? []).map(nameOf),
    ...(one.request.author ?? []).map(nameOf),
  ])
  const directory = caseDirectory(one.directory ?? [], acting, { asOf, zone: one.zone })
  const consents = one.consents.map((consent) => recordOf(consent, one, directory))
  const request = requestOf(one, directory, asOf)
  const { resource } = one.request
  if (resource === undefined) return answerOf(one.id, plan({ ...request, data: undefined }, consents, asOf, policy))
  const records = within(resource).map(
    (part) => decide({ ...request, data: readFacts(part, one.zone) }, consents, asOf, policy).record,
  )
  // What is in a container is asked for on its own; the container goes only with everything in it.
  const record = records.find(({ outcome }) => outcome === 'deny') ?? records[0]
  if (record === undefined) throw new Error('nothing to decide on')
  return answerOf(one.id, { ...record, residual: [] })
}

const answerOf = (
  id: string,
  decided: Opinion & Pick<DecisionRecord, 'outcome' | 'hardRule'> & Pick<Plan, 'residual'>,
): ConsentAnswer => {
  const { outcome, reason, hardRule, basis, notApplicable, unknowns, residual } = decided
  return {
    id,
    outcome,
    reason,
    ...(hardRule !== undefined && { rule: hardRule }),
    basis: [...basis],
    notApplicable: [...notApplicable],
    unknowns: [...unknowns],
    residual: JSON.parse(JSON.stringify(residual)),
  }
}

const policyOf = ({ mode, zone }: ConsentCase): Policy => ({
  mode,
  ownPolicyUris: [CONSENT_POLICY_URI],
  ...countingConsents,
  zone,
  version: 'dry-run',
})

const nameOf = (name: string | { readonly system: string; readonly value: string }): Identity =>
  typeof name === 'string' ? referenceIdentity(name) : identifierIdentity(name)

const requestOf = ({ request, zone }: ConsentCase, directory: CaseDirectory, asOf: number): DecisionRequest => {
  const patient = directory.find(request.client)?.resource ?? {}
  const birthDate = patient['birthDate']
  return {
    client: [referenceIdentity(request.client)],
    action: request.action,
    purposes: request.purpose.map(({ system, code }) => ({ system, code })),
    recipient: request.recipient.map(nameOf),
    recipientKind: undefined,
    custodian: request.custodian?.map(nameOf),
    author: request.author?.map(nameOf),
    information: request.category === undefined ? undefined : informationOf(request.category),
    data: undefined,
    clientState: {
      deceased: patient['deceasedBoolean'] === true || patient['deceasedDateTime'] !== undefined,
      minor: isMinor(typeof birthDate === 'string' ? birthDate : undefined, asOf, zone),
    },
  }
}

/** A level nobody knows is left to the engine, which takes it as unknown. */
const informationOf = (word: string): InformationCode => {
  const [category = '', level] = word.split('.')
  if (!isInformationCategory(category)) throw new CaseError('request.category: no such information category')
  return { category, level }
}

const recordOf = (consent: unknown, one: ConsentCase, directory: CaseDirectory): ConsentRecord => {
  const json: Json = isJson(consent) ? consent : {}
  const patient = isJson(json['patient']) ? referenceOf(json['patient']) : {}
  const named = [
    ...(patient.reference === undefined ? [] : [referenceIdentity(patient.reference)]),
    ...(patient.identifier?.system === undefined || patient.identifier.value === undefined
      ? []
      : [nameOf({ system: patient.identifier.system, value: patient.identifier.value })]),
  ]
  const meta = isJson(json['meta']) ? json['meta'] : {}
  const record = readConsent(consent, {
    id: typeof json['id'] === 'string' ? `Consent/${json['id']}` : 'Consent/unnamed',
    version: typeof meta['versionId'] === 'string' ? meta['versionId'] : 'unversioned',
    zone: one.zone,
    evidence: evidenceOf(consent, directory),
    patients: named.length > 0 ? named : [referenceIdentity(one.request.client)],
    nameOf: directory.nameOf(json['contained']),
  })
  // INVARIANT (whose consent it is must be known): one that names nobody may be this client's, and is never a permit.
  return named.length > 0 ? record : { ...record, unreadable: [...record.unreadable, 'patient without name'] }
}

const evidenceOf = (consent: unknown, directory: CaseDirectory): Evidence =>
  judgeEvidence(
    findEvidence(consent, 'consent', (reference) => directory.find(reference)),
    (bytes) => hash('sha256', bytes),
  )

/** A resource with everything it contains and, of a Bundle, its entries. */
const within = (resource: Json, depth = 0): readonly Json[] => {
  if (depth > 16) throw new CaseError('request.resource: containers nested too deep')
  const entries = objectsOf(resource['entry'], '', []).flatMap((entry) =>
    isJson(entry['resource']) ? [entry['resource']] : [],
  )
  const contained = objectsOf(resource['contained'], '', [])
  return [resource, ...[...entries, ...contained].flatMap((one) => within(one, depth + 1))]
}
