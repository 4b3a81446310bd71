import { correct, leaveTeam, renew, retract, tell, turnDown, withdraw } from './change-programs.ts'
import type { Scenario } from './play.ts'
import type { Actor } from './run.ts'
import { readInbox } from './inbox-programs.ts'
import { type Delivery, work } from './relay-programs.ts'
import { categories, type Category } from './rows.ts'
import { startingAtOnce } from './start-queued.ts'
import { itemsOf } from './statements.ts'
import { pass } from './time.ts'
import type { Program, World } from './step.ts'

/** Small, seeded, and good enough to spread the orders. @returns 0 ≤ x < 1. */
export const randomOf = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

/** Who meets whom: what was told before, and three to six actors, some of whom are killed on the way. */
export const scenarioOf = (random: () => number): Scenario => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const chance = (share: number): boolean => random() < share
  const client = (): string => (chance(0.8) ? 'a' : 'b')
  const killed = (share: number) => (chance(share) ? { killedAfter: Math.floor(random() * 24) } : {})
  const worker = (name: string, rounds = 3): Actor => ({
    name,
    program: (world, owner) => work(world, owner, { rounds, answer: answerOf(world) }),
  })
  /** In a gateway that starts what is queued at once, as often as not; now and then that fails. */
  const atOnce = (actor: Actor): Actor => {
    if (chance(0.5)) return actor
    const failsAfter = chance(0.15) ? Math.floor(random() * 6) : undefined
    return {
      ...actor,
      program: (world, owner) =>
        startingAtOnce(world, owner, actor.program, { rounds: 2, answer: answerOf(world), failsAfter }),
    }
  }
  const telling = (name: string): Actor => {
    const [about, category, urgent] = [client(), pick(categories), chance(0.25)]
    return { name, program: (world, owner) => tell(world, owner, about, category, urgent) }
  }
  const before: Actor[] = []
  for (let n = Math.floor(random() * 3); n >= 0; n -= 1) {
    before.push({ ...atOnce(telling(`told before ${n}`)), ...killed(0.3) })
  }
  if (chance(0.3)) before.push(worker('worked before', 1))
  if (chance(0.2)) before.push({ name: 'read before', program: readInbox })
  const about = client()
  const withdrawal: Actor = pick<Actor>([
    { name: 'withdrawal', program: (world, owner) => withdraw(world, owner, about, categories) },
    { name: 'withdrawal of one category', program: (world, owner) => withdraw(world, owner, about, [category]) },
    { name: 'leaving the team', program: (world, owner) => leaveTeam(world, owner, about) },
    { name: 'turning down', program: (world, owner) => turnDownAlone(world, owner, about) },
  ])
  const category: Category = pick(categories)
  const actors: Actor[] = [{ ...atOnce(withdrawal), ...killed(0.1) }]
  const others: readonly (() => Actor)[] = [
    () => ({ ...worker('worker 1'), ...killed(0.3) }),
    () => ({ ...worker('worker 2'), ...killed(0.2) }),
    () => ({ ...worker('worker 1'), ...killed(0.3) }),
    () => ({ name: 'reader', program: readInbox, ...killed(0.1) }),
    () => ({ name: 'reader', program: readInbox }),
    () => ({ ...atOnce(telling('sender')), ...killed(0.2) }),
    () => atOnce(telling('other sender')),
    () => ({ ...atOnce({ name: 'correction', program: onFirst(correct) }), ...killed(0.1) }),
    () => ({ ...atOnce({ name: 'retraction', program: onFirst(retract) }), ...killed(0.1) }),
    () => ({ name: 'renewal', program: (world, owner) => renew(world, owner, about) }),
    () => ({ name: 'clock', program: clock }),
    () => ({ name: 'clock', program: clock }),
  ]
  for (let n = 2 + Math.floor(random() * 3); n > 0; n -= 1) {
    const other = pick(others)()
    if (!actors.some(({ name }) => name === other.name)) actors.push(other)
  }
  return { before, actors }
}

/** The team answers while it is not in the care team yet: only the referral stands between it and the news. */
function* turnDownAlone(world: World, owner: string, client: string): Program {
  yield* leaveTeam(world, `${owner}, before`, client)
  yield* turnDown(world, owner, client)
}

const onFirst = (change: (world: World, owner: string, update: string) => Program): Actor['program'] =>
  function* (world, owner) {
    const [item] = itemsOf(world, undefined, ({ kind }) => kind === 'update')
    if (item !== undefined) yield* change(world, owner, item.update)
  }

const answers: readonly Delivery[] = ['delivered', 'delivered', 'failed', 'unknown', 'not-sent']
const answerOf = (world: World) => (): Delivery => answers[Math.floor(world.random() * answers.length)]!

/** Retries become due, then leases end, and so does the consent of one client. */
function* clock(world: World): Program {
  for (const seconds of [6, 31, 6, 31]) {
    yield {
      name: 'time passes',
      tx: undefined,
      run: () => pass(world, seconds),
    }
  }
}
