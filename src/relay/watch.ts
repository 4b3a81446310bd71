import type { Backlog } from '../store/queries/operations.ts'
import type { Relay } from './relay.ts'

export type StuckEndpoint = Pick<Backlog, 'endpoint' | 'stuckLanes'>

/** A watch over lanes that have not moved on for 15 minutes. `look` tells of an endpoint when more of its lanes are stuck than before. */
export const createWatch = (
  relay: Pick<Relay, 'store' | 'now'>,
  alarm: (stuck: StuckEndpoint) => void,
): { look(): Promise<void> } => {
  let known: ReadonlyMap<string, number> = new Map()
  return {
    look: async () => {
      const backlog = await relay.store.transaction((tx) => tx.operations.backlog(relay.now()))
      for (const { endpoint, stuckLanes } of backlog) {
        if (stuckLanes > (known.get(endpoint) ?? 0)) alarm({ endpoint, stuckLanes })
      }
      known = new Map(backlog.map(({ endpoint, stuckLanes }) => [endpoint, stuckLanes]))
    },
  }
}
