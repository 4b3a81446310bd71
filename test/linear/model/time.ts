import type { Arrival, World } from './step.ts'

/** Now; and then, half of the time, what was still on its way arrives behind it. */
export const arrive = (world: World, arrival: Arrival): void => {
  world.arrived.push(arrival)
  land(world, () => world.random() < 0.5)
}

/** What is on its way arrives before its lease is over. @returns the time it is then, in seconds. */
export const pass = (world: World, seconds: number): number => {
  const now = world.now + seconds
  land(world, ({ until }) => until <= now)
  world.now = now
  return now
}

const land = (world: World, which: (one: World['onTheWay'][number]) => boolean): void => {
  const { true: landing = [], false: rest = [] } = Object.groupBy(world.onTheWay, (one) =>
    which(one) ? 'true' : 'false',
  )
  world.arrived.push(...landing)
  world.onTheWay = rest
}
