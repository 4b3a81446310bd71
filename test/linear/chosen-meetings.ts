import { changers, clock, correctors, type Deed, modelBefore, takers } from './meetings.ts'
import { play, type Played } from './model/play.ts'
import type { Actor } from './model/run.ts'
import { randomOf } from './model/scenario.ts'
import { statementNames } from './model/step.ts'
import { atOnce } from './starting-deeds.ts'

/** Who meets whom, on what was done before. */
export type Meeting = {
  readonly deeds: readonly Deed[]
  readonly actors: readonly Actor[]
  readonly isDrained: boolean
  readonly isToldBefore: boolean
}

/** Two who meet, now and then a clock, and now and then one of them is killed. */
export const meetingOf = (seed: number): Meeting => {
  const random = randomOf(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const second = random() < 0.7 ? pick(changers) : pick(correctors)
  const first = pick(random() < 0.85 ? takers : [...changers, ...correctors])
  const killed = (): Partial<Actor> => (random() < 0.15 ? { killedAfter: Math.floor(random() * 20) } : {})
  const started = (deed: Deed): Deed => (deed.queues && random() < 0.6 ? atOnce(deed, random() < 0.15) : deed)
  const deeds = [isOneTooMany(first, second) ? takers[0]! : first, second].map(started)
  const actors = deeds.map(({ name, program }): Actor => ({ name, program, ...killed() }))
  return {
    deeds,
    actors: random() < 0.3 ? [...actors, clock] : actors,
    isDrained: random() < 0.6,
    isToldBefore: deeds.some(({ writes }) => writes === 'message') || random() < 0.7,
  }
}

/**
 * Two who change one resource at once are for the tests of versions (one is refused), and the model gives a client one
 * consent: a second one beside that which is withdrawn goes on permitting, as it should.
 */
const isOneTooMany = (one: Deed, other: Deed): boolean => one.writes !== undefined && one.writes === other.writes

/** What the model says of a meeting; `eager`, as a real server lets those go on who waited. */
export const modelPlayed = (seed: number, { isDrained, isToldBefore, actors }: Meeting = meetingOf(seed)): Played => {
  const before = modelBefore(isDrained, isToldBefore)
  return play('asBuilt', { random: randomOf(seed + 1_000_000), eager: true, records: true }, { before, actors })
}

/** Seeds are looked through for what has not been seen yet, no further than this. */
const FAR = 5000

/**
 * So many seeds from the first on, and of those behind them each that shows what none before it has: every statement of the
 * model, and everybody who sends, reads or changes, goes to its end, starting at once and failing to.
 *
 * @returns `unseen`: what none of them shows.
 */
export const chosenSeeds = (
  first: number,
  count: number,
): { readonly seeds: readonly number[]; readonly unseen: ReadonlySet<string> } => {
  const unseen = new Set([...statementNames, ...[...takers, ...changers, ...correctors].flatMap(waysOf)])
  const seeds: number[] = []
  for (let seed = first; seed < first + count || (unseen.size > 0 && seed < first + FAR); seed += 1) {
    const shown = shownBy(seed).filter((one) => unseen.has(one))
    for (const one of shown) unseen.delete(one)
    if (seed < first + count || shown.length > 0) seeds.push(seed)
  }
  return { seeds, unseen }
}

const waysOf = (deed: Deed): readonly string[] =>
  deed.queues ? [deed.name, atOnce(deed, false).name, atOnce(deed, true).name] : [deed.name]

/** Statements, and who got as far as a commit. */
const shownBy = (seed: number): readonly string[] =>
  modelPlayed(seed).turns.flatMap(({ actor, step }) => (step === 'commit' ? [step, actor] : [step]))
