import { isStoppedState } from '../store/queries/endpoints.ts'
import type { LaneKey } from '../store/queries/leases.ts'
import type { Relay } from './relay.ts'
import type { Targets } from './start-heads.ts'

/** Lanes parked or let go at once: a round of its own, so that no lock is held for long. */
const PARKED_AT_ONCE = 1000

/**
 * Keeps the lanes of stopped endpoints out of everybody's way.
 *
 * @returns lanes that may try whether their endpoint works again, one an endpoint.
 */
export const tendEndpoints = (relay: Relay, targets: Targets): Promise<readonly LaneKey[]> =>
  relay.store.transaction(async (tx) => {
    const now = relay.now()
    const states = await tx.endpoints.states()
    if (states.size === 0) return []
    await tx.endpoints.park(now, PARKED_AT_ONCE)
    const isWaiting = [...states.values()].some((state) => isStoppedState(state) && state.retryAt !== undefined)
    if (!isWaiting) return []
    return tx.endpoints.probes({ endpoints: [...targets.keys()], now, until: now + relay.leaseMs })
  })
