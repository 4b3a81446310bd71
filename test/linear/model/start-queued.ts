import { deliver, setOut, type Shift, work } from './relay-programs.ts'
import { LEASE_S, take } from './lease-statements.ts'
import { lookAhead, type Sending, startHeads } from './start-heads.ts'
import { NOT_STARTED } from './statements.ts'
import type { Program, Starter, Step, World } from './step.ts'

/** News that starts where it is queued: `start-queued.ts` of `src/relay`, and `transactions.ts` of the store. */

type AtOnce = Shift & {
  /** Starting fails after so many of its statements, or when it has sent them all. */
  readonly failsAfter?: number | undefined
}

/** Does something in a gateway that starts what is queued before the commit, sends it after, and settles it as a worker. */
export function* startingAtOnce(
  world: World,
  owner: string,
  act: (world: World, owner: string) => Program<unknown>,
  { failsAfter, ...shift }: AtOnce,
): Program {
  const adopted: Sending[] = []
  const start = starter(world, adopted)
  world.starters.set(owner, failsAfter === undefined ? start : (tx) => failing(start(tx), failsAfter))
  yield* act(world, owner)
  world.starters.delete(owner)
  if (adopted.length > 0) yield* work(world, owner, shift, adopted)
}

const starter = (world: World, adopted: Sending[]): Starter =>
  function* (tx) {
    const lanes = [...tx.queued]
    const taken = yield* take(world, tx, lanes, world.now + LEASE_S)
    const sendings = yield* startHeads(world, tx, taken, yield* lookAhead(world, tx, lanes))
    if (world.how === 'sentBeforeCommit') {
      for (const sending of sendings) yield* deliver(world, sending, () => 'delivered')
    }
    return () => {
      setOut(world, sendings)
      adopted.push(...sendings)
    }
  }

function* failing<T>(program: Program<T>, after: number): Program<T> {
  let next: IteratorResult<Step, T> = program.next()
  for (let sent = 0; next.done !== true && sent < after; sent += 1) next = program.next(yield next.value)
  throw new Error(NOT_STARTED)
}
