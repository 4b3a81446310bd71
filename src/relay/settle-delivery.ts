import { type AuditEntry, disclosureEntry } from '../audit/audit-entry.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { Lease } from '../store/queries/leases.ts'
import type { Settlement } from '../store/queries/sendings.ts'
import { subjectOf } from './audit-subject.ts'
import type { Delivery } from './channel.ts'
import type { PushEndpoint, Relay } from './relay.ts'
import { nextAttempt } from './schedule.ts'

/** An item that was handed to a channel under a lease, and what came of it. */
export type Finished = {
  readonly target: PushEndpoint
  readonly lease: Lease
  readonly disclosure: Disclosure
  /** Attempts made, this one included. */
  readonly attempts: number
  /** When its lease ends, epoch milliseconds. */
  readonly until: number
  readonly delivery: Delivery
}

/** The recipient has said that no other attempt will arrive. */
export const isFinal = (delivery: Delivery): boolean =>
  delivery.outcome === 'gone' || (delivery.outcome === 'failed' && delivery.permanent === true)

/** For the operator; `gone` speaks for itself. */
export const failureOf = (delivery: Delivery): string | undefined =>
  'why' in delivery ? delivery.why : delivery.outcome === 'gone' ? 'gone' : undefined

/** What is to be written about a sending that has come back, with its audit. Pure but for ids, clock and jitter. */
export const settlementOf = (
  relay: Relay,
  { target, disclosure, attempts, until, delivery }: Finished,
): { readonly settlement: Settlement; readonly audits: readonly AuditEntry[] } => {
  const at = relay.now()
  const sender = relay.parties.byId(disclosure.sender) ?? { id: disclosure.sender }
  const result = delivery.outcome === 'delivered' ? 'delivered' : 'failed'
  const audits = [disclosureEntry(relay.newId(), result, at, subjectOf({ relay, item: disclosure, sender, target }))]
  const { id } = disclosure
  if (delivery.outcome === 'delivered') return { settlement: { id, state: 'delivered', at }, audits }
  const retryAfter = delivery.outcome === 'failed' ? delivery.retryAfterMs : undefined
  const next = (): number | undefined => nextAttempt(attempts, at, relay.random(), retryAfter, relay.retrySeconds)
  const again = isFinal(delivery) ? undefined : next()
  const received = delivery.outcome === 'not-sent' ? 'no' : 'maybe'
  const waiting = delivery.outcome === 'unknown' ? 'possibly-received' : 'queued'
  const state = again === undefined ? 'dead' : waiting
  const mayArriveUntil = delivery.outcome === 'unknown' ? until : undefined
  const lastFailure = failureOf(delivery)
  return { settlement: { id, state, at, notBefore: again, received, mayArriveUntil, lastFailure }, audits }
}
