import type { Catalog } from './catalog.ts'
import { join } from './phrases.ts'

export const defaultZone = 'Europe/Helsinki'

/** FHIR date → `12.3.`; a month `3/2026` and a year as such. Undefined for anything that is no date. */
export const dayMonth = (date: string | undefined, words: Catalog): string | undefined => {
  const parts = readDate(date)
  if (parts?.day === undefined) return fullDate(date)
  return dayMonthOf(parts.day, parts.month, words)
}

/** FHIR date → `12.3.2026`, `3/2026` or `2026`. */
export const fullDate = (date: string | undefined): string | undefined => {
  const parts = readDate(date)
  if (parts === undefined) return undefined
  if (parts.month === undefined) return parts.year
  return parts.day === undefined ? `${parts.month}/${parts.year}` : `${parts.day}.${parts.month}.${parts.year}`
}

/** `18.3. klo 13`, with the end of the same day as `18.3. klo 13–14.30`. A bare date stays a date. */
export const timeSpan = (
  start: string | undefined,
  end: string | undefined,
  words: Catalog,
  zone: string,
): string | undefined => {
  const from = readInstant(start)
  if (from === undefined) return dayMonth(start, words)
  const until = readInstant(end)
  const first = wallClock(from, zone)
  const last = until === undefined || until <= from ? undefined : wallClock(until, zone)
  const opening = `${dayMonthOf(first.day, first.month, words)} ${words.time.at} ${clock(first, words)}`
  if (last === undefined) return opening
  if (last.day === first.day && last.month === first.month && last.year === first.year)
    return `${opening}–${clock(last, words)}`
  return `${opening} – ${dayMonthOf(last.day, last.month, words)} ${words.time.at} ${clock(last, words)}`
}

/** Epoch milliseconds → `12.3.2026 klo 9.05`. */
export const moment = (at: number, words: Catalog, zone: string): string => {
  const wall = wallClock(at, zone)
  return `${wall.day}.${wall.month}.${wall.year} ${words.time.at} ${clock(wall, words)}`
}

type DateParts = { readonly year: string; readonly month: number | undefined; readonly day: number | undefined }

const dateShape = /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?$/

const readDate = (date: string | undefined): DateParts | undefined => {
  const match = date === undefined ? null : dateShape.exec(date)
  if (match === null) return undefined
  const [, year = '', month, day] = match
  return {
    year: String(Number(year)),
    month: month === undefined ? undefined : Number(month),
    day: day === undefined ? undefined : Number(day),
  }
}

/** A time without an offset is no instant: reading it would depend on the machine's own zone. */
const instantShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/

const readInstant = (value: string | undefined): number | undefined => {
  if (value === undefined || !instantShape.test(value)) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

const dayMonthOf = (day: number, month: number | undefined, words: Catalog): string =>
  join('', [`${day}.${month}`, words.time.afterMonth])

type Wall = Readonly<Record<'year' | 'month' | 'day' | 'hour' | 'minute', number>>

const clock = ({ hour, minute }: Wall, { time }: Catalog): string =>
  minute === 0 && !time.fullHours ? String(hour) : `${hour}${time.minutes}${String(minute).padStart(2, '0')}`

/** Kept per zone: making a formatter costs far more than using one, and it holds no state. */
const formatters = new Map<string, Intl.DateTimeFormat>()

const formatterOf = (zone: string): Intl.DateTimeFormat => {
  const known = formatters.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  formatters.set(zone, made)
  return made
}

const wallClock = (at: number, zone: string): Wall => {
  const parts = new Map(
    formatterOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), minute: part('minute') }
}
