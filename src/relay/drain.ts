import type { Lease } from '../store/queries/lanes.ts'
import { type PushEndpoint, pushEndpoints, type Relay } from './relay.ts'
import { type Finished, settleDelivery } from './settle-delivery.ts'
import { startSending } from './start-sending.ts'

/**
 * Works off every lane that is due: claim → decide → deliver → settle, until none is due any more.
 *
 * @returns how many items were settled one way or another.
 */
export const drain = async (relay: Relay): Promise<number> => {
  const targets = pushEndpoints(relay.parties)
  const ids = [...targets.keys()]
  let settled = 0
  for (;;) {
    const leases = await relay.store.claimLanes({
      endpoints: ids,
      now: relay.now(),
      leaseMs: relay.leaseMs,
      most: LANES_AT_ONCE,
    })
    if (leases.length === 0) return settled
    const counts = await Promise.all(leases.map((lease) => workLane(relay, targets, lease)))
    settled += counts.reduce((sum, count) => sum + count, 0)
  }
}

const LANES_AT_ONCE = 16

/** One lane under one lease, in order. A fault leaves the lane to the next lease: nothing is lost, nothing overtakes. */
const workLane = async (relay: Relay, targets: ReadonlyMap<string, PushEndpoint>, lease: Lease): Promise<number> => {
  const target = targets.get(lease.endpoint)
  if (target === undefined) return 0
  const until = relay.now() + relay.leaseMs / 2
  let settled = 0
  let finished: Finished | undefined
  try {
    while (relay.now() < until) {
      const started = await startSending(relay, target, lease, finished)
      finished = undefined
      if (started.outcome === 'idle') return settled
      settled += 1
      if (started.outcome === 'settled') continue
      const { disclosure, envelope } = started
      const delivery = await relay.channels[target.endpoint.channel].deliver(target.endpoint, envelope, relay.now())
      finished = { disclosure, delivery }
    }
    await giveBack(relay, target, lease, finished)
  } catch (error) {
    relay.report('a lane could not be worked off', error)
    // What was delivered is settled even when the item behind it cannot be started, or it would be delivered again.
    if (finished !== undefined) {
      await giveBack(relay, target, lease, finished).catch((fault: unknown) =>
        relay.report('a delivery was not settled', fault),
      )
    }
  }
  return settled
}

const giveBack = (relay: Relay, target: PushEndpoint, lease: Lease, finished: Finished | undefined): Promise<unknown> =>
  relay.store.transaction(async (tx) => {
    if (finished !== undefined && !(await settleDelivery(relay, tx, { target, lease, finished }))) return false
    return tx.lanes.release(lease)
  })
