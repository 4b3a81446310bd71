import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterDeliveries, FAILURES_TO_OPEN } from '../../src/relay/breaker.ts'
import type { Delivery } from '../../src/relay/channel.ts'
import { isStoppedState, quietState } from '../../src/store/queries/endpoints.ts'

const failed: Delivery = { outcome: 'failed', why: 'http-503', retryAfterMs: undefined }
const refused: Delivery = { ...failed, why: 'http-422', blames: 'item' }
const times = (n: number, delivery: Delivery): Delivery[] => Array.from({ length: n }, () => delivery)

describe('the breaker', () => {
  it('opens at so many failures in a row, not one earlier, and any sign of life begins the count anew', () => {
    expect(isStoppedState(afterDeliveries(quietState, times(FAILURES_TO_OPEN - 1, failed), 0))).toBe(false)
    expect(isStoppedState(afterDeliveries(quietState, times(FAILURES_TO_OPEN, failed), 0))).toBe(true)
    for (const life of [{ outcome: 'delivered' } as const, refused]) {
      const broken = [...times(FAILURES_TO_OPEN - 1, failed), life, ...times(FAILURES_TO_OPEN - 1, failed)]
      expect(isStoppedState(afterDeliveries(quietState, broken, 0))).toBe(false)
    }
  })

  it('waits twice as long each time the lane that tries fails, five minutes at most, and forgets all when it works', () => {
    let state = afterDeliveries(quietState, times(FAILURES_TO_OPEN, failed), 0)
    const waits: number[] = []
    for (let n = 0; n < 9; n += 1) {
      const at = state.retryAt ?? Number.NaN
      waits.push((at - (state.openedAt ?? Number.NaN)) / 1000)
      state = afterDeliveries(state, [failed], at)
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300])
    expect(afterDeliveries(state, [{ outcome: 'delivered' }], 1)).toEqual(quietState)
  })

  it('is not put off by what was under way when it opened', () => {
    const open = afterDeliveries(quietState, times(FAILURES_TO_OPEN, failed), 1000)
    expect(afterDeliveries(open, times(60, failed), 5_999)).toMatchObject({ openedAt: 1000, retryAt: 6_000 })
  })

  it('never overrules an operator or an endpoint that said it is gone', () => {
    const outcome = fc.constantFrom<Delivery>(failed, refused, { outcome: 'delivered' }, { outcome: 'gone' })
    fc.assert(
      fc.property(fc.array(outcome), fc.nat(), (deliveries, at) => {
        const paused = afterDeliveries({ ...quietState, pausedAt: 7, disabledAt: 8 }, deliveries, at)
        expect(paused).toMatchObject({ pausedAt: 7, disabledAt: 8 })
      }),
    )
  })
})
