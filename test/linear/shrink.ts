import { play, type Played, type Scenario } from './model/play.ts'
import { randomOf, scenarioOf } from './model/scenario.ts'
import type { Variant } from './model/step.ts'
import { printed } from './schedule-text.ts'

/** Orders that are tried for each smaller scenario. */
const ORDERS = 400

/** The first seed whose interleaving breaks a promise. `rings`: how often, until then, somebody had to start over. */
export const firstBroken = (
  how: Variant,
  most: number,
): { readonly seed: number | undefined; readonly rings: number } => {
  let rings = 0
  for (let seed = 1; seed <= most; seed += 1) {
    const random = randomOf(seed)
    const played = play(how, { random }, scenarioOf(random))
    rings += played.rings
    if (played.broken !== undefined) return { seed, rings }
  }
  return { seed: undefined, rings }
}

/** What a person reads: the promise, and the shortest schedule found that breaks it with as few actors as possible. */
export const explain = (how: Variant, seed: number): string => {
  const random = randomOf(seed)
  const whole = scenarioOf(random)
  let scenario = whole
  let shortest = replayed(how, seed) ?? shortestOf(how, whole)
  for (let index = 0; index < scenario.actors.length;) {
    const smaller = { ...scenario, actors: scenario.actors.toSpliced(index, 1) }
    const broken = shortestOf(how, smaller)
    if (broken === undefined) index += 1
    else [scenario, shortest] = [smaller, broken]
  }
  return `seed ${seed}: ${shortest?.broken ?? ''}\n${printed(shortest?.turns ?? [])}`
}

const replayed = (how: Variant, seed: number): Played => {
  const random = randomOf(seed)
  return play(how, { random, records: true }, scenarioOf(random))
}

/** The fewest changes of the actor, then the fewest steps. */
const shortestOf = (how: Variant, scenario: Scenario): Played | undefined => {
  let best: Played | undefined
  for (let seed = 1; seed <= ORDERS; seed += 1) {
    const played = play(how, { random: randomOf(seed), records: true }, scenario)
    if (played.broken !== undefined && (best === undefined || cost(played) < cost(best))) best = played
  }
  return best
}

const cost = ({ turns }: Played): number =>
  turns.filter(({ actor }, index) => actor !== turns[index - 1]?.actor).length * 1000 + turns.length
