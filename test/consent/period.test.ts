import { describe, expect, it } from 'vitest'
import { intersect, localDate, periodMatch, readMoment, readPeriod } from '../../src/consent/period.ts'
import { answer, answerTo, at, consent, deny, period, permit, untyped, zone } from './build.ts'

const hour = 3_600_000
const lengthInHours = (day: string): number => {
  const { from, until } = readMoment(day, zone) ?? { from: 0, until: 0 }
  return (until - from) / hour
}
const onlyDuring = (start: string | undefined, end: string | undefined, instant: string): string =>
  answerTo(permit({ period: period(start, end) }), {}, { asOf: at(instant) })
const denied = (start: string | undefined, end: string | undefined, instant: string): string =>
  answerTo(permit({}, deny({ period: period(start, end) })), {}, { asOf: at(instant) })

describe('a period of a consent (rule 9)', () => {
  it('a date-only end lasts until midnight in Helsinki, not in Greenwich', () => {
    expect(onlyDuring('2026-03-01', '2026-03-12', '2026-03-12T21:59:59.999Z')).toBe('permitted')
    expect(onlyDuring('2026-03-01', '2026-03-12', '2026-03-12T22:00:00Z')).toBe('no-applicable-consent')
  })
  it('a date-only start begins at midnight in Helsinki', () => {
    expect(onlyDuring('2026-03-12', undefined, '2026-03-11T21:59:59.999Z')).toBe('no-applicable-consent')
    expect(onlyDuring('2026-03-12', undefined, '2026-03-11T22:00:00Z')).toBe('permitted')
  })
  it('the night summer time begins is 23 hours long, and the consent still ends at local midnight', () => {
    expect(lengthInHours('2026-03-29')).toBe(23)
    expect(onlyDuring(undefined, '2026-03-28', '2026-03-28T21:59:59Z')).toBe('permitted')
    expect(onlyDuring(undefined, '2026-03-28', '2026-03-28T22:00:00Z')).toBe('no-applicable-consent')
    expect(onlyDuring(undefined, '2026-03-29', '2026-03-29T20:59:59Z')).toBe('permitted')
    expect(onlyDuring(undefined, '2026-03-29', '2026-03-29T21:00:00Z')).toBe('no-applicable-consent')
  })
  it('the night winter time begins is 25 hours long, and the consent still ends at local midnight', () => {
    expect(lengthInHours('2026-10-25')).toBe(25)
    expect(onlyDuring(undefined, '2026-10-24', '2026-10-24T20:59:59Z')).toBe('permitted')
    expect(onlyDuring(undefined, '2026-10-24', '2026-10-24T21:00:00Z')).toBe('no-applicable-consent')
    expect(onlyDuring(undefined, '2026-10-25', '2026-10-25T21:59:59Z')).toBe('permitted')
    expect(onlyDuring(undefined, '2026-10-25', '2026-10-25T22:00:00Z')).toBe('no-applicable-consent')
  })
  it('a year and a month stand for the whole of it', () => {
    expect(onlyDuring('2025', '2026', '2026-12-31T21:59:59Z')).toBe('permitted')
    expect(onlyDuring('2025', '2026', '2026-12-31T22:00:00Z')).toBe('no-applicable-consent')
    expect(onlyDuring('2025', '2026', '2024-12-31T21:59:59Z')).toBe('no-applicable-consent')
    expect(onlyDuring(undefined, '2026-02', '2026-02-28T21:59:59Z')).toBe('permitted')
    expect(onlyDuring(undefined, '2026-02', '2026-02-28T22:00:00Z')).toBe('no-applicable-consent')
    expect(onlyDuring('2026-12', undefined, '2026-11-30T22:00:00Z')).toBe('permitted')
  })
  it('a time of day counts to its own precision and in its own offset', () => {
    expect(onlyDuring(undefined, '2026-03-12T12:00:00+02:00', '2026-03-12T10:00:00.999Z')).toBe('permitted')
    expect(onlyDuring(undefined, '2026-03-12T12:00:00+02:00', '2026-03-12T10:00:01Z')).toBe('no-applicable-consent')
    expect(onlyDuring(undefined, '2026-03-12T12:00:00.250Z', '2026-03-12T12:00:00.250Z')).toBe('permitted')
    expect(onlyDuring(undefined, '2026-03-12T12:00:00.250Z', '2026-03-12T12:00:00.251Z')).toBe('no-applicable-consent')
    expect(readMoment('2026-03-12T12:00Z', zone)).toEqual({
      from: at('2026-03-12T12:00:00Z'),
      until: at('2026-03-12T12:01:00Z'),
    })
    expect(readMoment('2026-03-12T12:00:00-03:30', zone)?.from).toBe(at('2026-03-12T15:30:00Z'))
  })
  it('a missing start is always, a missing end is still', () => {
    expect(onlyDuring(undefined, undefined, '1900-01-01T00:00:00Z')).toBe('permitted')
    expect(onlyDuring(undefined, '2026-03-12', '1900-01-01T00:00:00Z')).toBe('permitted')
    expect(onlyDuring('2026-03-12', undefined, '2999-01-01T00:00:00Z')).toBe('permitted')
    expect(period()).toBe('unstated')
  })
  it.each([
    ['reversed', '2026-03-13', '2026-03-12'],
    ['reversed within one day', '2026-03-12T12:00:00Z', '2026-03-12T11:59:59Z'],
    ['a day that does not exist', '2026-02-29', undefined],
    ['a month that does not exist', undefined, '2026-13'],
    ['month zero', undefined, '2026-00'],
    ['day zero', undefined, '2026-03-00'],
    ['an hour that does not exist', undefined, '2026-03-12T24:00:00Z'],
    ['a minute that does not exist', undefined, '2026-03-12T23:60:00Z'],
    ['a time without an offset', undefined, '2026-03-12T12:00:00'],
    ['an offset beyond fourteen hours', undefined, '2026-03-12T12:00:00+14:30'],
    ['an offset of sixty minutes', undefined, '2026-03-12T12:00:00+02:60'],
    ['a leap second', undefined, '2026-03-12T23:59:60Z'],
    ['words', 'soon', undefined],
    ['year zero', '0000', undefined],
  ])('%s is unknown: it permits nothing, and as a denial it holds', (_what, start, end) => {
    expect(period(start, end)).toBe('invalid')
    expect(onlyDuring(start, end, '2026-03-12T09:00:00Z')).toBe('indeterminate')
    expect(denied(start, end, '2026-03-12T09:00:00Z')).toBe('indeterminate')
  })
  it('a value that is no text at all is unknown, not missing', () => {
    expect(readPeriod(null, undefined, zone)).toBe('invalid')
    expect(readPeriod(20260312, undefined, zone)).toBe('invalid')
    expect(readPeriod(undefined, {}, zone)).toBe('invalid')
    expect(readPeriod(2026, undefined, zone)).toBe('invalid')
  })
  it('29 February exists in leap years only, also across centuries', () => {
    expect(readMoment('2024-02-29', zone)).toBeDefined()
    expect(readMoment('2000-02-29', zone)).toBeDefined()
    expect(readMoment('1900-02-29', zone)).toBeUndefined()
    expect(readMoment('2025-02-29', zone)).toBeUndefined()
  })
  it('years before 100 are those years, not the 1900s', () => {
    expect(new Date(readMoment('0099-06-01', 'UTC')?.from ?? 0).toISOString()).toBe('0099-06-01T00:00:00.000Z')
  })
  it('the first year there is, also where it begins when Greenwich is in the year before', () => {
    expect(readMoment('0001-01-01', 'UTC')?.from).toBe(at('0001-01-01T00:00:00Z'))
    // Local mean time of New York: 4 h 56 min 2 s behind.
    expect(readMoment('0001-01-01', 'America/New_York')?.from).toBe(at('0001-01-01T04:56:02Z'))
    expect(readMoment('0001-01-02', 'America/New_York')?.from).toBe(at('0001-01-02T04:56:02Z'))
  })
  it('a day of the time before zones begins by the sun, to the second', () => {
    expect(readMoment('1850-06-01', zone)?.from).toBe(at('1850-05-31T22:20:11Z'))
  })
  it.each([
    ['2026-03-12T23:59:59Z', '2026-03-12T23:59:59Z', 1000],
    ['2026-03-12T23:59Z', '2026-03-12T23:59:00Z', 60_000],
    ['2026-03-12T12:00:00+14:00', '2026-03-11T22:00:00Z', 1000],
    ['2026-03-12T12:00:00-02:59', '2026-03-12T14:59:00Z', 1000],
    ['2026-03-12T12:00:00.2509Z', '2026-03-12T12:00:00.250Z', 1],
  ])('%s is the moment %s and lasts %i ms', (value, from, lasts) => {
    expect(readMoment(value, zone)).toEqual({ from: at(from), until: at(from) + lasts })
  })
  it('within another: both bounds hold, one that is not stated takes the other, and what is unknown stays so', () => {
    const [year, spring] = [period('2026'), period('2026-03', '2026-05')]
    const bounded = { from: 1, until: 9 }
    expect(intersect(bounded, { from: 0, until: 5 })).toEqual({ from: 1, until: 5 })
    expect(intersect(bounded, { from: 4, until: 10 })).toEqual({ from: 4, until: 9 })
    expect(intersect(year, spring)).toEqual(spring)
    expect(intersect(spring, 'unstated')).toEqual(spring)
    expect(intersect('unstated', spring)).toEqual(spring)
    for (const one of ['unstated', 'invalid', spring] as const) {
      expect(intersect(one, 'invalid')).toBe('invalid')
      expect(intersect('invalid', one)).toBe('invalid')
    }
  })
  it('a child can narrow the period of its parent but not widen it', () => {
    const root = deny({ period: period('2026-01-01', '2026-03-31') }, permit({ period: period('2026-03-01', '2027') }))
    expect(answerTo(root, {}, { asOf: at('2026-03-31T12:00:00Z') })).toBe('permitted')
    expect(answerTo(root, {}, { asOf: at('2026-04-01T12:00:00Z') })).toBe('no-applicable-consent')
    expect(answerTo(root, {}, { asOf: at('2026-02-01T12:00:00Z') })).toBe('denied')
  })
  it('two periods that do not meet leave no moment', () => {
    const none = intersect(period('2026-01', '2026-01'), period('2026-03', '2026-03'))
    expect(periodMatch(none, at('2026-02-15T00:00:00Z'))).toBe('F')
    expect(periodMatch(none, at('2026-01-15T00:00:00Z'))).toBe('F')
    expect(periodMatch(none, at('2026-03-15T00:00:00Z'))).toBe('F')
  })
  it('what is unknown about the parent stays unknown in the child', () => {
    const child = { period: period('2026') }
    expect(answerTo(deny({ period: 'invalid' }, permit(child)))).toBe('indeterminate')
    expect(answerTo(untyped({ period: 'invalid' }, permit(child)))).toBe('indeterminate')
    const refusal = consent(untyped({ period: 'invalid' }, deny(child)))
    expect(answer([refusal, consent(permit())])).toBe('indeterminate')
  })
  it('nor can it begin before its parent', () => {
    const root = untyped({ period: period('2026-03-12') }, permit({ period: period('2020') }))
    expect(answerTo(root, {}, { asOf: at('2026-03-11T12:00:00Z') })).toBe('no-applicable-consent')
    expect(answerTo(root, {}, { asOf: at('2026-03-12T12:00:00Z') })).toBe('permitted')
  })
  it('a clock that gives no time matches nothing surely', () => {
    expect(periodMatch(period('2026'), Number.NaN)).toBe('U')
    expect(answerTo(permit({}, deny({ period: period('2026') })), {}, { asOf: Number.NaN })).toBe('indeterminate')
  })
})

describe('the calendar of a zone', () => {
  it('names the local day, not the day in Greenwich', () => {
    expect(localDate(at('2026-03-11T21:59:59.999Z'), zone)).toBe('2026-03-11')
    expect(localDate(at('2026-03-11T22:00:00Z'), zone)).toBe('2026-03-12')
    expect(localDate(at('2026-07-01T21:00:00Z'), zone)).toBe('2026-07-02')
  })
  it('a day whose midnight does not exist begins at its first moment', () => {
    // Lebanon sets its clocks from 00:00 to 01:00: the day begins at one o'clock.
    expect(readMoment('2026-03-29', 'Asia/Beirut')).toEqual({
      from: at('2026-03-28T22:00:00Z'),
      until: at('2026-03-29T21:00:00Z'),
    })
  })
})
