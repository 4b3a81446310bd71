import { drain } from './drain.ts'
import type { Relay } from './relay.ts'

/** Keeps draining: on every hint of the store at once, and on a poll because a hint is only a hint. */
export const runRelay = (relay: Relay): { stop(): Promise<void> } => {
  let stopping = false
  let hints = 0
  const sleepers = new Set<() => void>()
  const hint = (): void => {
    hints += 1
    for (const wake of sleepers) wake()
  }
  const unsubscribe = relay.store.onHint(hint)
  const loop = async (): Promise<void> => {
    for (;;) {
      if (stopping) return
      const seen = hints
      await drain(relay).catch((error: unknown) => relay.report('the relay could not look for work', error))
      if (hints !== seen || stopping) continue
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          sleepers.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, relay.pollMs)
        sleepers.add(wake)
      })
    }
  }
  const workers = Array.from({ length: relay.workers }, loop)
  return {
    stop: async () => {
      stopping = true
      unsubscribe()
      hint()
      await Promise.all(workers)
    },
  }
}
