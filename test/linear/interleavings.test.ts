import { describe, expect, it } from 'vitest'
import { play } from './model/play.ts'
import { randomOf, scenarioOf } from './model/scenario.ts'
import { type Variant, variants } from './model/step.ts'
import { explain, firstBroken } from './shrink.ts'
import { printed } from './schedule-text.ts'

/** `IPS_INTERLEAVINGS=1000000 vitest run test/linear/interleavings.test.ts` for more of them. */
const COUNT = Number(process.env['IPS_INTERLEAVINGS'] ?? 100_000)

/** Every wrong variant is found out long before. */
const MOST = 40_000

const wrong = (Object.keys(variants) as Variant[]).filter((how) => how !== 'asBuilt')

describe('senders, workers, readers and withdrawals, statement by statement', () => {
  it(
    `keep every promise in ${COUNT} interleavings, and never wait for each other in a ring`,
    { timeout: 60_000 + COUNT * 10 },
    () => {
      const { seed, rings } = firstBroken('asBuilt', COUNT)
      if (seed !== undefined) throw new Error(explain('asBuilt', seed))
      expect(rings).toBe(0)
    },
  )

  it.each(wrong.filter((how) => how !== 'sharedCorrection'))(
    'would be found out with %s',
    { timeout: 300_000 },
    (how) => {
      const { seed } = firstBroken(how, MOST)
      expect(seed, variants[how]).not.toBe(undefined)
    },
  )

  it(
    'would wait for each other in a ring if a correction shared the client with a telling',
    { timeout: 300_000 },
    () => {
      expect(firstBroken('sharedCorrection', 4000).rings).toBeGreaterThan(0)
    },
  )

  it('show a broken promise as the shortest schedule that breaks it', { timeout: 300_000 }, () => {
    const { seed } = firstBroken('readWithoutLock', MOST)
    const lines = explain('readWithoutLock', seed ?? 0).split('\n')
    expect(lines[0]).toMatch(
      /^seed \d+: reader commits what it decided about [ab] before a withdrawal that has committed$/,
    )
    // Nobody but the two it takes.
    expect(lines[1]?.split('│').length).toBe(2)
    expect(lines[1]).toContain('reader')
  })

  it('are played the same way again from the same seed', () => {
    const once = () => {
      const random = randomOf(4711)
      return play('asBuilt', { random, records: true }, scenarioOf(random))
    }
    expect(printed(once().turns)).toBe(printed(once().turns))
    expect(once().turns.length).toBeGreaterThan(20)
  })
})
