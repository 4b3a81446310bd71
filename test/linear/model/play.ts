import { createDatabase } from './database.ts'
import { endedTwice, forbidden, gap, leftWaiting, tooLate, wrongArrival, wrongEnd } from './promises.ts'
import { readInbox } from './inbox-programs.ts'
import { drain } from './relay-programs.ts'
import { categories, endpoints, type ItemRow, laneId } from './rows.ts'
import { type Actor, runAll, type Turn } from './run.ts'
import { narrowingsOf, type Variant, type World } from './step.ts'
import { pass } from './time.ts'

/** Who meets whom, and what was done before, one after the other. */
export type Scenario = { readonly before: readonly Actor[]; readonly actors: readonly Actor[] }

export type Order = {
  readonly random: () => number
  /** See `Rules`. */
  readonly eager?: boolean
  readonly records?: boolean
}

export type Played = {
  /** The first promise that was broken, in words. */
  readonly broken: string | undefined
  /** What the actors did, when it was recorded. */
  readonly turns: readonly Turn[]
  /** Rings of waits that had to be broken. */
  readonly rings: number
  /** Every item as it stood when the actors were done, and when everything had come to its end. */
  readonly items: readonly ItemRow[]
  readonly end: readonly ItemRow[]
}

/** Longer than any wait between two attempts. */
const LATER_S = 100_000

class Broken extends Error {}

const fault = (wrong: string | undefined): void => {
  if (wrong !== undefined) throw new Broken(wrong)
}

/** Plays actors against each other, one step at a time, in the order that chance gives, and lets the rest come to an end. */
export const play = (how: Variant, { random, eager, records = false }: Order, { before, actors }: Scenario): Played => {
  const world = createWorld(how, random)
  const turns: Turn[] = []
  const alone = (actor: Actor): number => runAll(world, [actor], { choose: () => 0 })
  let rings = 0
  let items: readonly ItemRow[] = []
  let broken: string | undefined
  try {
    for (const actor of before) alone(actor)
    const choose = (count: number): number => Math.floor(random() * count)
    rings = runAll(world, actors, { choose, eager, turns: records ? turns : undefined })
    items = world.db.all(undefined, 'item')
    // Every lease and every wait has ended, receivers answer, and the inbox is read: what is open then will never end.
    pass(world, LATER_S)
    alone({ name: 'last worker', program: drain })
    alone({ name: 'last reader', program: readInbox })
    fault(wrongArrival(world) ?? wrongEnd(world))
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    broken = error.message
  }
  return { broken, turns, rings, items, end: world.db.all(undefined, 'item') }
}

const createWorld = (how: Variant, random: () => number): World => {
  const db = createDatabase()
  let made = 0
  const world: World = {
    db,
    now: 0,
    cursor: 0,
    random,
    how,
    narrowings: new Map(),
    arrived: [],
    onTheWay: [],
    underWay: new Map(),
    starters: new Map(),
    fault,
    newId: (what) => `${what}-${(made += 1)}`,
    commit: (tx) => {
      fault(tooLate(world, tx) ?? forbidden(world, tx))
      const written = db.commit(tx)
      for (const client of tx.narrowed) world.narrowings.set(client, narrowingsOf(world, client) + 1)
      fault(endedTwice(written))
      fault(leftWaiting(world, tx))
      if (written.some(({ table }) => table === 'item')) fault(gap(world) ?? wrongArrival(world))
    },
  }
  const tx = db.begin('setup', 0)
  for (const client of ['a', 'b']) {
    db.write(tx, 'client', client, { id: client, epoch: 0 })
    db.write(tx, 'consent', client, { client, permits: categories, until: Infinity })
    db.write(tx, 'member', client, { client, present: true })
    db.write(tx, 'referral', client, { client, live: true })
    for (const endpoint of endpoints) {
      const counters = {
        nextPosition: 1,
        nextDelivery: 1,
        token: 0,
        leasedUntil: undefined,
        restsUntil: 0,
        dueAt: undefined,
      }
      db.write(tx, 'lane', laneId({ endpoint, client }), { endpoint, client, ...counters })
    }
  }
  db.write(tx, 'counter', 'inbox', { next: 1 })
  db.commit(tx)
  return world
}
