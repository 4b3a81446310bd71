import type { Tx, Want } from './database.ts'
import { DEADLOCK } from './statements.ts'
import type { Program, Step, World } from './step.ts'

/** Somebody who does something, and after how many steps it is killed, if it is. */
export type Actor = {
  readonly name: string
  readonly program: (world: World, name: string) => Program<unknown>
  readonly killedAfter?: number | undefined
}

export type Turn = {
  readonly actor: string
  readonly step: string
  /** It stands before a row that somebody else has locked. */
  readonly waits?: boolean
  /** Of what happens outside the database. */
  readonly result?: string | number | undefined
}

export type Rules = {
  /** Which of so many goes next. */
  readonly choose: (count: number) => number
  /** Whoever waits goes on in the moment in which it can, as on a real server. */
  readonly eager?: boolean | undefined
  /** What happened, when somebody wants to know. */
  readonly turns?: Turn[] | undefined
}

type Running = {
  readonly name: string
  readonly program: Program<unknown>
  readonly killedAfter: number
  step: Step | undefined
  /** Rows its statement still has to lock; undefined before it has started. */
  wants: readonly Want[] | undefined
  locked: number
  taken: number
  tx: Tx | undefined
}

/** Lets actors go on, one step of one of them at a time, until all are done. @returns how many rings of waits were broken. */
export const runAll = (world: World, actors: readonly Actor[], rules: Rules): number => {
  let running = actors.map((actor) => begin(world, actor))
  let rings = 0
  for (;;) {
    running = running.filter(({ step }) => step !== undefined)
    if (running.length === 0) return rings
    const free = running.filter((one) => !isWaiting(world, one))
    const woken = rules.eager === true ? free.find(({ wants }) => wants !== undefined) : undefined
    const one = woken ?? free[rules.choose(free.length)]
    if (one !== undefined) {
      advance(world, one, rules.turns)
      continue
    }
    rings += 1
    const victim = inRing(world, running)
    rules.turns?.push({ actor: victim.name, step: DEADLOCK })
    failOne(world, victim)
  }
}

const begin = (world: World, { name, program, killedAfter = Infinity }: Actor): Running => {
  const made = { name, program: program(world, name), killedAfter, taken: 0, tx: undefined, locked: 0 }
  const running: Running = { ...made, step: undefined, wants: undefined }
  goOn(running, running.program.next())
  return running
}

const goOn = (one: Running, { done, value }: IteratorResult<unknown, unknown>): void => {
  one.step = done === true ? undefined : (value as Step)
  one.wants = undefined
  one.locked = 0
}

const advance = (world: World, one: Running, turns: Turn[] | undefined): void => {
  const { step, name } = one
  if (step === undefined) return
  const { tx } = step
  one.tx = tx ?? one.tx
  if (one.taken >= one.killedAfter) {
    turns?.push({ actor: name, step: 'is killed' })
    if (one.tx !== undefined) world.db.rollback(one.tx)
    one.step = undefined
    return
  }
  one.wants ??= step.wants?.() ?? NOTHING
  for (const want of one.wants.slice(one.locked)) {
    if (tx !== undefined && world.db.lock(tx, want).length > 0) {
      turns?.push({ actor: name, step: step.name, waits: true })
      return
    }
    one.locked += 1
  }
  one.taken += 1
  const result = step.run()
  turns?.push({ actor: name, step: step.name, ...(tx === undefined && { result: word(result) }) })
  goOn(one, one.program.next(result))
}

const word = (result: unknown): string | number | undefined =>
  typeof result === 'string' || typeof result === 'number' ? result : undefined

const NOTHING: readonly Want[] = []

const isWaiting = ({ db }: World, { step, wants, locked }: Running): boolean => {
  const want = wants?.[locked]
  return step?.tx !== undefined && want !== undefined && !db.isFree(step.tx, want)
}

/** Follows who waits for whom until somebody comes again. */
const inRing = ({ db }: World, running: readonly Running[]): Running => {
  const seen = new Set<Running>()
  let one = running[0]!
  while (!seen.has(one)) {
    seen.add(one)
    const want = one.wants?.[one.locked]
    const [other] = one.step?.tx === undefined || want === undefined ? [] : db.lock(one.step.tx, want)
    const next = running.find(({ tx }) => other !== undefined && tx === other)
    if (next === undefined) throw new Error(`${one.name} waits for nobody who is there`)
    one = next
  }
  return one
}

/** PostgreSQL chooses one of those who wait in a ring; it starts over. */
const failOne = (world: World, one: Running): void => {
  try {
    goOn(one, one.program.throw(new Error(DEADLOCK)))
  } catch (error) {
    if (error instanceof Error && error.message === DEADLOCK) {
      world.fault(`${one.name} met a ring of waits again and again`)
    }
    throw error
  }
}
