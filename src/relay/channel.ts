import type { Endpoint } from '../domain/party.ts'
import type { Envelope } from './envelope.ts'

/**
 * The promise of every channel that pushes: deliver these bytes once, now, and say truthfully what is known about
 * whether they arrived. A channel never retries by itself; that is the lane's.
 */
export type Channel = {
  /**
   * @param at epoch milliseconds.
   * @param isInTime asked as the last thing before the first byte leaves; nothing is sent when it says no.
   */
  deliver(endpoint: Endpoint, envelope: Envelope, at: number, isInTime?: () => boolean): Promise<Delivery>
}

export type Delivery =
  | { readonly outcome: 'delivered' }
  /** No connection was made or nothing was sent: surely not received. */
  | { readonly outcome: 'not-sent'; readonly why: string }
  /** The recipient answered and did not take it. */
  | {
      readonly outcome: 'failed'
      readonly why: string
      readonly retryAfterMs: number | undefined
      /** It found fault with this very item, which says nothing against the endpoint. */
      readonly blames?: 'item' | undefined
      /** It says that it never will (SMTP 5yz): the item is dead at once. */
      readonly permanent?: true | undefined
    }
  /** No answer: may have been received. */
  | { readonly outcome: 'unknown'; readonly why: string }
  /** The recipient says the endpoint is gone for good (HTTP 410, SMTP 5yz to the recipient). */
  | { readonly outcome: 'gone' }
