import type { Identity } from '../domain/identity.ts'

/**
 * A consent as the engine sees it: FHIR R4 Consent after parsing, with everything that could not be understood
 * kept as *unknown*, never dropped. Readers make these (`fhir/read/consent.ts`); the engine never sees FHIR.
 */
export type ConsentRecord = {
  /** `Consent/7`. */
  readonly id: string
  readonly version: string
  readonly status: string
  readonly scopes: readonly Code[]
  readonly categories: readonly Code[]
  /** All names of the client this consent is about; empty when it names nobody. */
  readonly patients: readonly Identity[]
  readonly performers: readonly Performer[]
  readonly hasDateTime: boolean
  readonly policyUris: readonly string[]
  readonly policyRules: readonly Code[]
  readonly evidence: Evidence
  readonly verifications: readonly Verification[]
  /** Elements that could not be understood where not understanding matters (modifier extensions, broken shapes). */
  readonly unreadable: readonly string[]
  readonly provision: Provision | undefined
  /** Ids of Consents this one was written to replace (rule 19); only as good as this Consent's own evidence. */
  readonly replaces?: readonly string[]
  /** SHA-256 of this version, computed once when it was read; lets the digest of a decision's inputs be cheap. */
  readonly digest?: string
}

export type Code = { readonly system: string | undefined; readonly code: string }

/** Who gave the consent. `guardian` counts only when the recorded order covers the matter. */
export type Performer = {
  readonly kind: 'client' | 'guardian' | 'other'
  readonly names: readonly Identity[]
  /** Categories a guardian's recorded order covers; `all` when the order is general. */
  readonly covers: readonly string[] | 'all' | undefined
  /** How long a guardian's order lasts; an order that does not say lasts until it is changed. */
  readonly orderPeriod?: PeriodOf
}

/** The signed form: hashed by the caller of the engine, because the engine computes nothing but the decision. */
export type Evidence = 'verified' | 'hash-differs' | 'hash-missing' | 'document-missing' | 'source-missing'

export type Verification = {
  readonly verified: boolean
  readonly by: readonly Identity[]
  readonly strongSignature: boolean
  /**
   * True when whoever verified may vouch for what it gives away itself and for nothing else, such as an IPS team that
   * took the client's paper: its word counts only where it is the sender.
   */
  readonly onlyAsSender?: boolean
}

export type Effect = 'permit' | 'deny'

export type Provision = {
  readonly type: Effect | undefined
  readonly period: PeriodOf
  readonly actors: readonly Actor[]
  readonly actions: readonly Code[]
  readonly purposes: readonly Code[]
  readonly classes: readonly Code[]
  readonly codes: readonly Code[]
  readonly securityLabels: readonly Code[]
  readonly dataPeriod: PeriodOf
  readonly data: readonly DataReference[]
  /** Elements of this provision nobody here understands. */
  readonly unreadable: readonly string[]
  readonly provisions: readonly Provision[]
}

/** A FHIR Period as half-open epoch milliseconds, already expanded to the stated precision in the policy zone. */
export type Interval = { readonly from: number; readonly until: number }
export type PeriodOf = Interval | 'unstated' | 'invalid'

export type Actor = {
  readonly role: string | undefined
  /** All names of the actor after resolution; empty when the reference could not be resolved. */
  readonly names: readonly Identity[]
}

export type DataReference = { readonly meaning: string; readonly reference: Identity | undefined }
