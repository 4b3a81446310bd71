import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../src/store/store.ts'

/**
 * The store as it is on a bad day: some transactions are rolled back when all their work is done, and some dawdle before
 * they commit, so that they commit in another order than they began.
 */
export const unsteady = (store: Store, random: () => number): Store => ({
  ...store,
  transaction: (work, keeps) =>
    store.transaction(async (tx) => {
      const result = await work(tx)
      if (random() < 0.25) await sleep(random() * 40)
      if (random() < 0.05) throw new Error('rolled back by the harness')
      return result
    }, keeps),
})
