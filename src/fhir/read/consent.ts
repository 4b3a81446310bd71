import type { CodeableConcept, Consent, Reference } from '@medplum/fhirtypes'
import type { ConsentRecord, Evidence, Performer, Verification } from '../../consent/consent-record.ts'
import { VERIFIED_BY_EXTENSION, VERIFIED_HOW_EXTENSION } from '../../domain/codes.ts'
import { identifierIdentity, type Identity, referenceIdentity } from '../../domain/identity.ts'
import { concepts, type NameReference, readProvision } from './provision.ts'

/** What a reader must know besides the resource itself. */
export type ConsentContext = {
  readonly id: string
  readonly version: string
  readonly zone: string
  readonly evidence: Evidence
  /** Names of the client the consent is about. */
  readonly patients: readonly Identity[]
  /** Resolves an actor or a verifier to all its names. */
  readonly nameOf: NameReference
}

/** Any R4 Consent, also one our own profile would refuse, as the engine sees it. */
export const readConsent = (consent: Consent, context: ConsentContext): ConsentRecord => ({
  id: context.id,
  version: context.version,
  status: consent.status ?? 'unknown',
  scopes: concepts(consent.scope === undefined ? [] : [consent.scope]),
  categories: concepts(consent.category),
  patients: context.patients,
  performers: (consent.performer ?? []).map((reference) => readPerformer(reference, consent)),
  hasDateTime: consent.dateTime !== undefined,
  policyUris: (consent.policy ?? []).flatMap(({ uri }) => (uri === undefined ? [] : [uri])),
  policyRules: concepts(consent.policyRule === undefined ? [] : [consent.policyRule]),
  evidence: context.evidence,
  verifications: (consent.verification ?? []).map((one) => readVerification(one, context.nameOf)),
  unreadable: unreadableOf(consent),
  provision:
    consent.provision === undefined ? undefined : readProvision(consent.provision, context.zone, context.nameOf),
})

/** What decides whether a Consent counts at all must not be lost because it is only words. */
const unreadableOf = (consent: Consent): readonly string[] => [
  ...(consent.modifierExtension ?? []).map(({ url }) => `modifierExtension ${url ?? ''}`),
  ...(hasCode(consent.scope) ? [] : ['scope without code']),
  ...((consent.category ?? []).some(hasCode) ? [] : ['category without code']),
]

const hasCode = (concept: CodeableConcept | undefined): boolean =>
  concept?.coding?.some(({ code }) => code !== undefined) ?? false

/** The client signs herself when the performer is the consent's own patient; anybody else needs a recorded order. */
const readPerformer = (reference: Reference, consent: Consent): Performer => {
  const names = plainNames(reference)
  const isClient = plainNames(consent.patient ?? {}).some((name) => names.includes(name))
  return isClient ? { kind: 'client', names, covers: 'all' } : { kind: 'other', names, covers: undefined }
}

const readVerification = (
  verification: NonNullable<Consent['verification']>[number],
  nameOf: NameReference,
): Verification => {
  const by = verification.extension?.find(({ url }) => url === VERIFIED_BY_EXTENSION)?.valueReference
  const how = verification.extension?.find(({ url }) => url === VERIFIED_HOW_EXTENSION)?.valueCode
  return {
    verified: verification.verified,
    by: by === undefined ? [] : nameOf(by),
    strongSignature: how === 'strong-e-signature',
  }
}

export const plainNames = ({ reference, identifier }: Reference): readonly Identity[] => [
  ...(reference === undefined ? [] : [referenceIdentity(reference)]),
  ...(identifier?.system === undefined || identifier.value === undefined
    ? []
    : [identifierIdentity({ system: identifier.system, value: identifier.value })]),
]
