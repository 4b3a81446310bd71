import { assert, double, integer, option, property } from 'fast-check'
import { expect, it } from 'vitest'
import { nextAttempt, retrySeconds } from '../../src/relay/schedule.ts'

const DAY = 86_400_000
const attempts = integer({ min: 1, max: retrySeconds.length })
const now = integer({ min: 0, max: 4_000_000_000_000 })
const random = double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const asked = option(integer({ min: 0, max: 10_000_000_000 }), { nil: undefined })

it('a retry never comes before its place in the schedule and never more than a fifth later, unless it was asked to', () => {
  assert(
    property(attempts, now, random, (attempt, at, chance) => {
      const wait = Number(nextAttempt(attempt, at, chance, undefined)) - at
      const planned = Number(retrySeconds[attempt - 1]) * 1000
      expect(wait).toBeGreaterThanOrEqual(planned)
      expect(wait).toBeLessThanOrEqual(Math.ceil(planned * 1.2))
    }),
  )
})

it('what a recipient asks for delays a retry, never hastens it, and never by more than a day', () => {
  assert(
    property(attempts, now, random, asked, (attempt, at, chance, retryAfter) => {
      const plain = Number(nextAttempt(attempt, at, chance, undefined)) - at
      const wait = Number(nextAttempt(attempt, at, chance, retryAfter)) - at
      expect(wait).toBe(Math.max(plain, Math.min(retryAfter ?? 0, DAY)))
    }),
  )
})

it('a recipient who never answers is tried for about three days, and then a person has to look', () => {
  assert(
    property(now, random, (start, chance) => {
      let at: number | undefined = start
      let last = start
      let made = 0
      while (at !== undefined) {
        last = at
        made += 1
        at = nextAttempt(made, at, chance, undefined)
      }
      expect(made).toBe(11)
      expect((last - start) / DAY).toBeGreaterThan(3)
      expect((last - start) / DAY).toBeLessThan(4)
    }),
  )
})
