import type { Identity } from '../domain/identity.ts'
import type { InformationCode } from '../domain/information.ts'
import type { PartyKind } from '../domain/party.ts'
import type { Code, Interval } from './consent-record.ts'

/** One question: may this piece of information about this client go to this recipient for this purpose, now? */
export type DecisionRequest = {
  /** All names of the client. */
  readonly client: readonly Identity[]
  /** `disclose` on push, `access` on read. */
  readonly action: 'disclose' | 'access'
  /** Every purpose must be permitted separately; none at all is unknown (rule 13). */
  readonly purposes: readonly Code[]
  /** All names of the receiving party: team, organisation, role. Resolved at decision time by the caller. */
  readonly recipient: readonly Identity[]
  /** What kind of party receives; undefined only outside the gateway (dry runs of foreign suites). */
  readonly recipientKind: PartyKind | undefined
  /** All names of the sender; undefined = not said, so a provision that tests it is unknown. */
  readonly custodian: readonly Identity[] | undefined
  readonly author: readonly Identity[] | undefined
  readonly information: InformationCode | undefined
  readonly data: DataFacts | undefined
  readonly clientState: ClientState
  /** Consent epoch of the client under which the consents were read; changes with each withdrawal. */
  readonly epoch?: number
}

export type ClientState = { readonly deceased: boolean; readonly minor: boolean }

/** What is known of the resource to be told; absent in a plan. */
export type DataFacts = {
  readonly names: readonly Identity[]
  /** Resource type and profile URLs. */
  readonly classes: readonly string[]
  readonly codes: readonly Code[]
  /** True when a code element has words only: a provision that tests codes may or may not mean it. */
  readonly hasUncoded?: boolean
  readonly labels: readonly Code[]
  /** Every patient the resource names (rule 3). */
  readonly patients: readonly Identity[]
  /** What the resource refers to (`dependents`). */
  readonly refersTo: readonly Identity[]
  readonly authors: readonly Identity[]
  readonly clinicalDate: Interval | undefined
}

/**
 * A scope that makes a Consent count. `only`: purposes that this scope alone can permit, and the only ones it speaks of.
 * A Consent of a scope without `only` permits every purpose no other scope claims; its denies hold for all.
 */
export type ScopeRule = { readonly scope: Code; readonly only?: readonly Code[] }

export type Policy = {
  readonly mode: 'production' | 'r4-conformance'
  /** Uris of our own consent form; see rule 6. */
  readonly ownPolicyUris: readonly string[]
  readonly consentScopes: readonly ScopeRule[]
  /** Categories that make a Consent count; in conformance mode every category counts. */
  readonly consentCategories: readonly Code[]
  /** IANA zone in which dates of consents are read. */
  readonly zone: string
  readonly version: string
  /** SHA-256 of a text as hexadecimal digits, for the digest in the record; none without it. */
  readonly sha256?: (text: string) => string
}
