import type { InformationCode } from './information.ts'
import type { Purpose } from './purpose.ts'
import type { Endpoint } from './party.ts'
import type { DisclosureState, RefusalReason } from './refusal.ts'

/**
 * `consent-changed`: a new version permits less than the signed one did, but not nothing. `consent-replaced`: it ends
 * because a new one was signed in its place.
 */
export type ConsentEventKind =
  | 'consent-recorded'
  | 'consent-refused'
  | 'consent-changed'
  | 'consent-withdrawn'
  | 'consent-replaced'

/** One line of the client's log: what happened to news about her, without the news itself. */
export type LogEntry = {
  /** Epoch milliseconds. */
  readonly at: number
  readonly kind: 'told' | 'not-told' | 'waiting' | ConsentEventKind
  readonly category: InformationCode | undefined
  /** Names of the organisations, as they call themselves. */
  readonly from: string
  readonly to: string
  readonly purpose: Purpose | undefined
  readonly state: DisclosureState | undefined
  readonly reason: RefusalReason | undefined
  readonly channel: Endpoint['channel'] | undefined
  /** The consent it rests on, when there is one. */
  readonly consent: string | undefined
}
