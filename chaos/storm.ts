import { setTimeout as sleep } from 'node:timers/promises'
import type { Slot } from './processes.ts'
import { pick, randomOf } from './random.ts'
import type { Receiver } from './receiver.ts'
import { endpointsOf, LEASE_MS, teams } from './scene.ts'

/** What was done to whom, counted. */
export type Blows = {
  workersKilled: number
  producersKilled: number
  workersFrozen: number
  producersFrozen: number
  databaseCrashes: number
  receiverOutages: number
}

export const killsIn = ({ workersKilled, producersKilled, databaseCrashes }: Blows): number =>
  workersKilled + producersKilled + databaseCrashes

export type Stage = {
  readonly workers: readonly Slot[]
  readonly producers: readonly Slot[]
  readonly receiver: Receiver
  crashDatabase(): Promise<void>
}

/**
 * One blow after another, a second or so apart; resolves when the last of them is over.
 *
 * @param over asked before each blow with what was done so far.
 */
export const storm = async (stage: Stage, over: (blows: Blows) => boolean, seed: number): Promise<Blows> => {
  const random = randomOf(seed)
  const blows: Blows = {
    workersKilled: 0,
    producersKilled: 0,
    workersFrozen: 0,
    producersFrozen: 0,
    databaseCrashes: 0,
    receiverOutages: 0,
  }
  const under: Promise<void>[] = []
  const kill = (slots: readonly Slot[], count: 'workersKilled' | 'producersKilled'): void => {
    const slot = oneOf(random, able(slots))
    if (slot === undefined) return
    slot.kill()
    blows[count] += 1
  }
  const freeze = (slots: readonly Slot[], count: 'workersFrozen' | 'producersFrozen', ms: number): void => {
    const slot = oneOf(random, able(slots))
    if (slot === undefined) return
    under.push(slot.freeze(ms))
    blows[count] += 1
  }
  const acts: readonly (readonly [() => Promise<void> | void, number])[] = [
    [() => kill(stage.workers, 'workersKilled'), 40],
    [() => kill(stage.producers, 'producersKilled'), 18],
    // From well within a lease to twice as long.
    [() => freeze(stage.workers, 'workersFrozen', LEASE_MS * (0.3 + 1.7 * random())), 20],
    [() => freeze(stage.producers, 'producersFrozen', 300 + 1500 * random()), 8],
    [
      async () => {
        blows.databaseCrashes += 1
        await stage.crashDatabase()
      },
      6,
    ],
    [() => outage(() => stage.receiver.away(300 + 1200 * random())), 4],
    [
      () => {
        const [endpoint = ''] = endpointsOf(oneOf(random, teams) ?? '')
        return outage(() => stage.receiver.down(endpoint, 500 + 2500 * random()))
      },
      4,
    ],
  ]
  const outage = (happen: () => Promise<void>): void => {
    blows.receiverOutages += 1
    under.push(happen())
  }
  while (!over(blows)) {
    await sleep(500 + 1100 * random())
    await pick(random, acts)()
  }
  await Promise.all(under)
  return blows
}

/** Those that can be hit: one is always left at work, or on a busy machine nobody would be there to make a mistake. */
const able = (slots: readonly Slot[]): readonly Slot[] => {
  const up = slots.filter((slot) => slot.port() !== undefined && !slot.isStopped())
  return up.length > 1 ? up : []
}

const oneOf = <T>(random: () => number, all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)]
