import type { Code, ConsentRecord, Evidence, Verification } from '../../consent/consent-record.ts'
import { readMoment } from '../../consent/period.ts'
import { CONSENT_REPLACES_EXTENSION, VERIFIED_BY_EXTENSION, VERIFIED_HOW_EXTENSION } from '../../domain/codes.ts'
import type { Identity } from '../../domain/identity.ts'
import { readPerformer } from './performer.ts'
import { codings, type NameReference, readProvision, referenceOf } from './provision.ts'
import { isJson, type Json, objectOf, objectsOf, type Problems, strangeIn } from './shape.ts'

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

/** Any R4 Consent, also one our own profile would refuse and one of a shape R4 does not know, as the engine sees it. */
export const readConsent = (consent: unknown, context: ConsentContext): ConsentRecord => {
  const unreadable: Problems = isJson(consent) ? [] : ['consent is no object']
  const json: Json = isJson(consent) ? consent : {}
  strangeIn(json, elements, unreadable)
  const listed = (name: string): readonly Json[] => objectsOf(json[name], name, [])
  return {
    id: context.id,
    version: context.version,
    status: readStatus(json['status'], unreadable),
    scopes: readCounting([objectOf(json['scope'], 'scope', unreadable) ?? {}], 'scope', unreadable),
    categories: readCounting(objectsOf(json['category'], 'category', unreadable), 'category', unreadable),
    patients: context.patients,
    performers: listed('performer').map((one) => readPerformer(one, json['patient'], context.zone)),
    hasDateTime: readMoment(json['dateTime'], context.zone) !== undefined,
    policyUris: listed('policy').flatMap(({ uri }) => (typeof uri === 'string' ? [uri] : [])),
    policyRules: isJson(json['policyRule']) ? codings(json['policyRule']['coding']) : [],
    evidence: context.evidence,
    verifications: listed('verification').map((one) => readVerification(one, context.nameOf)),
    unreadable,
    provision:
      json['provision'] === undefined ? undefined : readProvision(json['provision'], context.zone, context.nameOf),
    ...replacesOf(json),
  }
}

/** `implicitRules` is not among them: it says that the resource must be read by rules nobody here knows. */
const elements: ReadonlySet<string> = new Set(
  (
    'resourceType id meta language text contained extension identifier status scope category patient dateTime ' +
    'performer organization sourceAttachment sourceReference policy policyRule verification provision'
  ).split(' '),
)

const statuses: readonly unknown[] = ['draft', 'proposed', 'active', 'rejected', 'inactive', 'entered-in-error']

/** INVARIANT (a status nobody can read may be active): it must not take a deny out of the decision. */
const readStatus = (status: unknown, unreadable: Problems): string => {
  if (typeof status === 'string' && statuses.includes(status)) return status
  unreadable.push('status without value')
  return 'active'
}

/** What decides whether a Consent counts at all must not be lost because it is only words. */
const readCounting = (list: readonly Json[], name: string, unreadable: Problems): readonly Code[] => {
  const codes = list.flatMap(({ coding }) => codings(coding))
  if (codes.length === 0) unreadable.push(`${name} without code`)
  return codes
}

const readVerification = (json: Json, nameOf: NameReference): Verification => {
  const value = (url: string): Json | undefined =>
    objectsOf(json['extension'], '', []).find((one) => one['url'] === url)
  const by = value(VERIFIED_BY_EXTENSION)?.['valueReference']
  return {
    verified: json['verified'] === true,
    by: isJson(by) ? nameOf(referenceOf(by)) : [],
    strongSignature: value(VERIFIED_HOW_EXTENSION)?.['valueCode'] === 'strong-e-signature',
  }
}

const replacesOf = (json: Json): Pick<ConsentRecord, 'replaces'> => {
  const links = objectsOf(json['extension'], '', []).filter(({ url }) => url === CONSENT_REPLACES_EXTENSION)
  const replaces = links.flatMap(({ valueReference }) => {
    const reference = isJson(valueReference) ? referenceOf(valueReference).reference : undefined
    return reference === undefined ? [] : [reference.split('/_history/')[0] ?? '']
  })
  return replaces.length === 0 ? {} : { replaces }
}
