import { createWorker } from './drain.ts'
import type { Relay } from './relay.ts'
import { startQueued } from './start-queued.ts'

/** Keeps draining: on every hint of the store at once, and on a poll because a hint is only a hint. */
export const runRelay = (relay: Relay): { stop(): Promise<void> } => {
  let stopping = false
  const sleepers = new Set<() => void>()
  const workers = Array.from({ length: relay.workers }, () => createWorker(relay))
  let hints = 0
  const hint = (): void => {
    hints += 1
    for (const worker of workers) worker.wake()
    for (const wake of sleepers) wake()
  }
  const unsubscribe = relay.store.onHint(hint)
  const [starting] = workers
  const dismiss = relay.store.onQueued(async (tx, lanes) => {
    if (stopping || starting === undefined) return undefined
    const free = lanes.filter(({ endpoint }) => starting.takes(endpoint))
    if (free.length === 0) return undefined
    const { sendings, withheld } = await startQueued(relay, tx, free).catch((error: unknown) => {
      relay.report('what was queued could not be started at once', error)
      throw error
    })
    return () => {
      starting.adopt(sendings, hint)
      for (const endpoint of withheld) relay.observe?.({ kind: 'withheld', endpoint })
      // What somebody else is holding, or waits behind another item, is the workers'.
      if (sendings.length < lanes.length) hint()
    }
  })
  const sleep = (): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        sleepers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, relay.pollMs)
      sleepers.add(wake)
    })
  const loops = workers.map(async (worker) => {
    for (;;) {
      if (stopping) break
      const seen = hints
      const failed = await worker.drain().then(
        () => false,
        (error: unknown) => {
          relay.report('the relay could not look for work', error)
          return true
        },
      )
      // After a failure the poll decides when to look again, or an outage would be hammered at.
      if (!stopping && (failed || hints === seen)) await sleep()
    }
    await worker.drain().catch((error: unknown) => relay.report('the relay could not settle what it had sent', error))
  })
  return {
    stop: async () => {
      stopping = true
      unsubscribe()
      dismiss()
      for (const worker of workers) worker.close()
      hint()
      await Promise.all(loops)
    },
  }
}
