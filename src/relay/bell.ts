/** Rung when there may be work. INVARIANT (nothing is missed): a ring while nobody waits ends the next wait at once. */
export type Bell = {
  ring(): void
  /** Forgets what has rung so far: call before looking for work. */
  hush(): void
  hasRung(): boolean
  /** Until it rings, and no longer than this. For one at a time. */
  wait(ms: number): Promise<void>
}

export const createBell = (): Bell => {
  let rung = false
  let wake = (): void => {}
  return {
    ring: () => {
      rung = true
      wake()
    },
    hush: () => {
      rung = false
    },
    hasRung: () => rung,
    wait: async (ms) => {
      if (rung) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, ms)
      wake = resolve
      await promise
      clearTimeout(timer)
    },
  }
}
