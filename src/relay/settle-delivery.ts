import { disclosureEntry } from '../audit/audit-entry.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { Lease } from '../store/queries/lanes.ts'
import type { Transaction } from '../store/store.ts'
import { auditSubject } from './audit-subject.ts'
import type { Delivery } from './channel.ts'
import type { PushEndpoint, Relay } from './relay.ts'
import { nextAttempt } from './schedule.ts'

/** An item that was handed to a channel, and what came of it. */
export type Finished = { readonly disclosure: Disclosure; readonly delivery: Delivery }

/**
 * Writes down what came of a sending, with its audit. Only under the same lease: a worker that was away too long settles
 * nothing. @returns true when the lane goes on with its next item; false when it waits (and is released) or was lost.
 */
export const settleDelivery = async (
  relay: Relay,
  tx: Transaction,
  { target, lease, finished }: { readonly target: PushEndpoint; readonly lease: Lease; readonly finished: Finished },
): Promise<boolean> => {
  const { disclosure, delivery } = finished
  const at = relay.now()
  if (!(await tx.lanes.holds(lease))) return false
  const sender = relay.parties.byId(disclosure.sender)
  if (sender !== undefined) {
    const result = delivery.outcome === 'delivered' ? 'delivered' : 'failed'
    const subject = auditSubject({ relay, head: disclosure, sender, target })
    await tx.audit([disclosureEntry(relay.newId(), result, at, subject)])
  }
  if (delivery.outcome === 'delivered') {
    await tx.lanes.settle(disclosure.id, 'delivered', { at })
    return true
  }
  const retryAfter = delivery.outcome === 'failed' ? delivery.retryAfterMs : undefined
  const again =
    delivery.outcome === 'gone' ? undefined : nextAttempt(disclosure.attempts, at, relay.random(), retryAfter)
  const received = delivery.outcome === 'not-sent' ? 'no' : 'maybe'
  const waiting = delivery.outcome === 'unknown' ? 'possibly-received' : 'queued'
  await tx.lanes.settle(disclosure.id, again === undefined ? 'dead' : waiting, { at, notBefore: again, received })
  // The head waits, and the lane with it: order is kept, and a dead letter blocks until a person decides.
  await tx.lanes.release(lease)
  return false
}
