import type { LaneKey } from '../store/queries/leases.ts'
import type { Transaction } from '../store/store.ts'
import type { Relay } from './relay.ts'
import { lookAhead, type Started, startHeads, type Targets } from './start-heads.ts'

type Place = { readonly relay: Relay; readonly tx: Transaction; readonly targets: Targets }

/**
 * Starts what a transaction has just queued in that very transaction, before it commits: with a lease, under the same
 * locks and by the same second decision as in a round of a worker. It saves the news two transactions on its way; when
 * the process ends before it is delivered, the lease runs out and a worker tries again, as after any other sending.
 */
export const startQueued = async ({ relay, tx, targets }: Place, queued: readonly LaneKey[]): Promise<Started> => {
  const lanes = queued.filter(({ endpoint }) => targets.has(endpoint))
  const now = relay.now()
  // Locks first: what is read after them has seen every withdrawal that has committed.
  const until = now + relay.leaseMs
  const taking = tx.leases.take(lanes, { now, until })
  const ahead = lookAhead(tx, targets, lanes)
  const [taken] = await Promise.all([taking, ahead])
  return startHeads({ relay, tx, targets, until }, taken, ahead)
}
