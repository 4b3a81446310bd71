import type { Turn } from './model/run.ts'
import { nextStep, type Side, type Stop } from './side.ts'

/** The real code did something else than the model: where, and what. */
export class Astray extends Error {}

export type Follower = {
  readonly side: Side
  /** Whether the server says that this side's statement waits for a lock. */
  isBlocked(): Promise<boolean>
}

/** Far longer than any statement takes, also on a busy machine. */
const PATIENCE_MS = 20_000

/**
 * Leads the real sides through a schedule of the model, statement by statement.
 *
 * @throws Astray when a side sends another statement than the model, waits where the model goes on or the other way round.
 */
export const follow = async (
  turns: readonly Turn[],
  followers: ReadonlyMap<string, Follower>,
  setTime: (seconds: number) => void,
): Promise<void> => {
  const blocked = new Map<Follower, Stop>()
  for (const [index, turn] of turns.entries()) {
    const follower = followers.get(turn.actor)
    if (turn.step === 'time passes') {
      for (const other of followers.values()) {
        if (!blocked.has(other)) await within(other.side.arrived(), () => new Astray(`turn ${index}: nothing was sent`))
      }
      setTime(Number(turn.result))
    }
    if (follower === undefined) continue
    const astray = (what: string): Astray => new Astray(`turn ${index}, ${turn.actor}, ${turn.step}: ${what}`)
    const waiting = blocked.get(follower)
    if (waiting !== undefined) {
      if (turn.waits === true) continue
      blocked.delete(follower)
      if (!(await inTime(waiting.done))) throw astray('the server goes on waiting')
      continue
    }
    const next = await within(nextStep(follower.side), () => astray('nothing was sent'))
    if (turn.step === 'is killed') {
      follower.side.kill(next?.stop)
      // For the others it is gone when the server has rolled it back, which takes a moment on a busy machine.
      if (!(await inTime(follower.side.result().then(nothing, nothing)))) throw astray('it does not come to an end')
      continue
    }
    if (next?.name !== turn.step) throw astray(`the code sends \`${next?.name ?? 'nothing more'}\``)
    next.stop.grant(turn.result)
    if (turn.waits === true) {
      if (!(await isStuck(follower, next.stop))) throw astray('the server does not wait')
      blocked.set(follower, next.stop)
    } else if (!(await inTime(next.stop.done))) {
      throw astray('the server waits')
    }
  }
  for (const { side } of followers.values()) {
    const end = () => within(nextStep(side), () => new Astray('the work does not come to its end'))
    let more = await end()
    // Who was refused looks once more, in another transaction, and leaves it as it was.
    while (more?.name === 'rollback') {
      more.stop.grant()
      more = await end()
    }
    if (more !== undefined) {
      throw new Astray(`the code sends \`${more.name}\` when the model is done`)
    }
  }
}

/** Waits until the statement is over or the server says that it waits. */
const isStuck = async ({ isBlocked }: Follower, { done }: Stop): Promise<boolean> => {
  const over = done.then(() => 'over' as const)
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end;) {
    const answer = await Promise.race([over, isBlocked()])
    if (answer !== false) return answer === true
  }
  return false
}

const nothing = (): void => {}

const inTime = async (done: Promise<void>): Promise<boolean> => {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), PATIENCE_MS)
  const result = await Promise.race([done.then(() => true), late.promise])
  clearTimeout(timer)
  return result
}

const within = async <T>(work: Promise<T>, error: () => Error): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(error()), PATIENCE_MS)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
