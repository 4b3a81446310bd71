import { isStoppedState } from '../store/queries/endpoints.ts'
import type { EndpointState } from '../store/queries/endpoints.ts'
import type { Transaction } from '../store/store.ts'
import { afterDeliveries, isSignOfLife } from './breaker.ts'
import type { Relay } from './relay.ts'
import type { Finished } from './settle-delivery.ts'

/**
 * Writes what deliveries say about their endpoints, which every process then goes by. An endpoint that works and was
 * known to work costs nothing.
 *
 * Call last in a round: an endpoint's row is held until the round is over.
 *
 * @param states as read in this round.
 */
export const learn = async (
  relay: Pick<Relay, 'now'>,
  tx: Transaction,
  states: ReadonlyMap<string, EndpointState>,
  finished: readonly Finished[],
): Promise<void> => {
  const byEndpoint = Map.groupBy(finished, ({ target }) => target.endpoint.id)
  // In one order, so that no two rounds wait for each other.
  for (const [endpoint, all] of [...byEndpoint].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    const deliveries = all.map(({ delivery }) => delivery)
    const before = states.get(endpoint)
    const wasQuiet = before === undefined || (before.failures === 0 && before.openedAt === undefined)
    if (wasQuiet && deliveries.every(isSignOfLife)) continue
    await tx.endpoints.change(endpoint, (state) => afterDeliveries(state, deliveries, relay.now()))
  }
}

/** Endpoints to which nothing more is started in this round: stopped in rows, or by what has just come back. */
export const stoppedOf = (
  states: ReadonlyMap<string, EndpointState>,
  finished: readonly Finished[],
): ReadonlySet<string> =>
  new Set([
    ...[...states].flatMap(([endpoint, state]) => (isStoppedState(state) ? [endpoint] : [])),
    ...finished.flatMap(({ target, delivery }) => (delivery.outcome === 'gone' ? [target.endpoint.id] : [])),
  ])
