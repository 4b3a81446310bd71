import type { LaneKey } from '../store/queries/leases.ts'
import type { Relay } from './relay.ts'
import { openTo, playRound, type Round, type Turn } from './round.ts'
import type { Targets } from './start-heads.ts'

/**
 * A round for many lanes; when it fails, one for each of them, so that one item that cannot be worked on holds up its
 * own lane only, and that one not for ever.
 */
export const playSafely = async (relay: Relay, targets: Targets, turn: Turn): Promise<Round> => {
  try {
    return await playRound(relay, targets, turn)
  } catch (error) {
    relay.report('a round of the relay failed', error)
    return oneByOne(relay, targets, turn)
  }
}

const oneByOne = async (relay: Relay, targets: Targets, turn: Turn): Promise<Round> => {
  const { finished, most, closing, full, probes = [] } = turn
  const claim = { endpoints: openTo(targets, full), now: relay.now(), most }
  const due = await relay.store.transaction((tx) => tx.leases.due(claim))
  const rounds: Round[] = []
  const alone = async (turn: Turn, lane: LaneKey): Promise<boolean> => {
    try {
      rounds.push(await playRound(relay, targets, turn))
      return true
    } catch (error) {
      relay.report(`a lane could not be worked off: ${lane.endpoint}`, error)
      await relay.store.transaction((tx) => tx.leases.postpone(lane, relay.now() + relay.leaseMs))
      return false
    }
  }
  // What was delivered is settled even when the item behind it cannot be started, or it would be delivered again.
  for (const one of finished) await alone({ finished: [one], most: 0, closing: true }, one.lease)
  for (const lane of due) await alone({ finished: [], most: 1, only: [lane], closing }, lane)
  for (const lane of probes) {
    // It says nothing about its endpoint, which must not wait for it: another lane tries instead.
    if (!(await alone({ finished: [], most: 0, probes: [lane], closing }, lane))) await probeAnother(relay, lane)
  }
  return {
    sendings: rounds.flatMap(({ sendings }) => sendings),
    busy: rounds.flatMap(({ busy }) => busy),
    withheld: rounds.flatMap(({ withheld }) => withheld),
    settled: rounds.reduce((sum, { settled }) => sum + settled, 0),
    crowd: new Set(),
    claimed: rounds.reduce((sum, { claimed }) => sum + claimed, 0),
  }
}

const probeAnother = (relay: Relay, { endpoint }: LaneKey): Promise<unknown> =>
  relay.store.transaction((tx) =>
    tx.endpoints.change(endpoint, (state) =>
      state.openedAt === undefined ? state : { ...state, retryAt: relay.now() },
    ),
  )
