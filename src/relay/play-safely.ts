import type { Relay } from './relay.ts'
import { openTo, playRound, type Round, type Turn } from './round.ts'
import type { Finished } from './settle-delivery.ts'
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

const oneByOne = async (relay: Relay, targets: Targets, { finished, most, closing, full }: Turn): Promise<Round> => {
  const claim = { endpoints: openTo(targets, full), now: relay.now(), most }
  const due = await relay.store.transaction((tx) => tx.leases.due(claim))
  const rounds: Round[] = []
  const alone = async (turn: Turn, lane: Finished['lease'] | (typeof due)[number]): Promise<void> => {
    try {
      rounds.push(await playRound(relay, targets, turn))
    } catch (error) {
      relay.report(`a lane could not be worked off: ${lane.endpoint}`, error)
      await relay.store.transaction((tx) => tx.leases.postpone(lane, relay.now() + relay.leaseMs))
    }
  }
  // What was delivered is settled even when the item behind it cannot be started, or it would be delivered again.
  for (const one of finished) await alone({ finished: [one], most: 0, closing: true }, one.lease)
  for (const lane of due) await alone({ finished: [], most: 1, only: [lane], closing }, lane)
  return {
    sendings: rounds.flatMap(({ sendings }) => sendings),
    busy: rounds.flatMap(({ busy }) => busy),
    withheld: rounds.flatMap(({ withheld }) => withheld),
    settled: rounds.reduce((sum, { settled }) => sum + settled, 0),
    claimed: rounds.reduce((sum, { claimed }) => sum + claimed, 0),
  }
}
