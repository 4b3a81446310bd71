import { pushEndpoints } from '../../src/relay/relay.ts'
import type { Sending } from '../../src/relay/start-heads.ts'
import { startQueued } from '../../src/relay/start-queued.ts'
import type { Deed } from './meetings.ts'
import { startingAtOnce } from './model/start-queued.ts'
import { answer, workSteps } from './stepped-worker.ts'

const ROUNDS = 2

/**
 * The same in a gateway that has little to do: what is queued is started before the commit, sent after it, and settled.
 *
 * @param fails starting fails at its end, and everything is done again without
 */
export const atOnce = ({ name, program, act, ...deed }: Deed, fails: boolean): Deed => ({
  ...deed,
  name: `${name}, ${fails ? 'failing to start' : 'starting'} at once`,
  program: (world, owner) =>
    startingAtOnce(world, owner, program, {
      rounds: ROUNDS,
      answer: answer(world),
      failsAfter: fails ? Infinity : undefined,
    }),
  act: async (gateway, side, one) => {
    const { relay } = gateway
    const targets = pushEndpoints(relay.parties)
    const adopted: Sending[] = []
    const dismiss = relay.store.onQueued(async (tx, lanes) => {
      const { sendings } = await startQueued({ relay, tx, targets }, lanes)
      if (fails) throw new Error('fails on purpose')
      return () => void adopted.push(...sendings)
    })
    try {
      return await act(gateway, side, one)
    } finally {
      dismiss()
      if (adopted.length > 0) await workSteps(gateway, side, { lane: one.lane, rounds: ROUNDS, adopted })
    }
  },
})
