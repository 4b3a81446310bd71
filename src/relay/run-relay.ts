import { createBell } from './bell.ts'
import { createWorker } from './drain.ts'
import { isConflict } from '../store/conflict.ts'
import { pushEndpoints, type Relay } from './relay.ts'
import { startQueued } from './start-queued.ts'

/** Keeps draining: on every hint of the store at once, and on a poll because a hint is only a hint. */
export const runRelay = (relay: Relay): { stop(): Promise<void> } => {
  let stopping = false
  const targets = pushEndpoints(relay.parties)
  const staff = Array.from({ length: relay.workers }, () => {
    const bell = createBell()
    return { bell, worker: createWorker(relay, bell) }
  })
  const hint = (): void => {
    for (const { bell } of staff) bell.ring()
  }
  const unsubscribe = relay.store.onHint(hint)
  const starting = staff[0]?.worker
  const dismiss = relay.store.onQueued(async (tx, lanes) => {
    if (stopping || starting === undefined) return undefined
    const free = lanes.filter(({ endpoint }) => starting.takes(endpoint))
    if (free.length === 0) return undefined
    const { sendings, withheld } = await startQueued({ relay, tx, targets }, free).catch((error: unknown) => {
      // What the transaction wrote before may have met somebody else's: a conflict like any other, and done again.
      if (!isConflict(error)) relay.report('what was queued could not be started at once', error)
      throw error
    })
    return () => {
      starting.adopt(sendings)
      for (const endpoint of withheld) relay.observe?.({ kind: 'withheld', endpoint })
      // What somebody else is holding, or waits behind another item, is the workers'.
      if (sendings.length < lanes.length) hint()
    }
  })
  const loops = staff.map(async ({ bell, worker }) => {
    for (;;) {
      if (stopping) break
      await worker.drain().catch((error: unknown) => {
        relay.report('the relay could not look for work', error)
        // After a failure the poll decides when to look again, or an outage would be hammered at.
        bell.hush()
      })
      if (!stopping) await bell.wait(relay.pollMs)
    }
    await worker.drain().catch((error: unknown) => relay.report('the relay could not settle what it had sent', error))
  })
  return {
    stop: async () => {
      stopping = true
      unsubscribe()
      dismiss()
      for (const { worker } of staff) worker.close()
      await Promise.all(loops)
    },
  }
}
