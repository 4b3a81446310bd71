/** Mulberry32: small, seeded and good enough to spread faults. @returns numbers from 0 up to but not 1. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One of some values, each as likely as its weight says. */
export const pick = <T>(random: () => number, weighted: readonly (readonly [value: T, weight: number])[]): T => {
  let left = random() * weighted.reduce((total, [, weight]) => total + weight, 0)
  for (const [value, weight] of weighted) {
    left -= weight
    if (left < 0) return value
  }
  const last = weighted.at(-1)
  if (last === undefined) throw new Error('nothing to pick from')
  return last[0]
}
