/** The primitive types of FHIR R4 in JSON (http://hl7.org/fhir/R4/datatypes.html#primitive and json.html#primitive). */
import { isResourceType } from './elements.ts'

/** One primitive type: what JSON value it is, which values are well-formed, and how to say so to a sender. */
export type Primitive = {
  readonly json: 'string' | 'number' | 'boolean'
  readonly accepts: (value: unknown) => boolean
  /** Completes the sentence "must be …". */
  readonly expected: string
}

/** @throws when the definitions name a primitive type that is not implemented: a fault of ours, found by the tests. */
export const primitiveOf = (type: string): Primitive => {
  const primitive = primitives.get(type)
  if (primitive === undefined) throw new Error(`no rule for the primitive type \`${type}\``)
  return primitive
}

/** Most UTF-16 units of a string in R4; base64Binary and XHTML are bounded by the size of the message alone. */
export const STRING_MAX = 1024 * 1024

const text = (expected: string, accepts: (value: string) => boolean): Primitive => ({
  json: 'string',
  expected,
  accepts: (value) => typeof value === 'string' && value.length > 0 && value.length <= STRING_MAX && accepts(value),
})

const integer = (expected: string, min: number): Primitive => ({
  json: 'number',
  expected,
  accepts: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= 2_147_483_647,
})

const matching = (pattern: RegExp) => (value: string) => pattern.test(value)

// The patterns are those of R4, anchored. Each is unambiguous, so that none backtracks on hostile input.
const DATE = /^(?!0000)\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/
const ZONE = String.raw`(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)`
// R4 permits second 60. ECMAScript has no such instant (`Date.parse` gives NaN, which no comparison of periods survives),
// and there has been no leap second since 2016: it is refused.
const TIME = String.raw`([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?`
const INSTANT = new RegExp(String.raw`^(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T${TIME}${ZONE}$`)
const TIME_OF_DAY = new RegExp(`^${TIME}$`)

const isDate = (value: string): boolean => DATE.test(value) && isOnCalendar(value)
const isInstant = (value: string): boolean => INSTANT.test(value) && isOnCalendar(value)

// R4 says of strings "[ \r\n\t\S]+"; read literally it would refuse the no-break spaces of ordinary prose.
// Control characters it refuses in so many words (datatypes.html#string).
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/
const isText = (value: string): boolean => /\S/.test(value) && !CONTROL.test(value)

const ABSOLUTE = /^(#[A-Za-z0-9\-.]{0,64}|[A-Za-z][A-Za-z0-9+.-]*:\S+)$/
const RELATIVE = /^([A-Z][A-Za-z]+)(\/[A-Za-z0-9\-.]{1,64}(\/_history\/[A-Za-z0-9\-.]{1,64})?|\?\S+)$/
const isReference = (value: string): boolean => ABSOLUTE.test(value) || isResourceType(RELATIVE.exec(value)?.[1] ?? '')

const isOnCalendar = (value: string): boolean => {
  if (value.length < 10) return true
  const day = Number(value.slice(8, 10))
  if (day <= 28) return true
  const [year, month] = [Number(value.slice(0, 4)), Number(value.slice(5, 7))]
  if (month !== 2) return day <= 30 || (day === 31 && ![4, 6, 9, 11].includes(month))
  return day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/**
 * True for Base64 with correct padding; white space is permitted anywhere (R4 datatypes.html#base64Binary). Linear: three
 * passes at most, about 10 ms for 6 MB.
 */
export const isBase64 = (value: string): boolean => {
  if (/[^A-Za-z0-9+/=\s]/.test(value)) return false
  const dense = /\s/.test(value) ? value.replaceAll(/\s+/g, '') : value
  if (dense.length === 0 || dense.length % 4 !== 0) return false
  const padding = dense.indexOf('=')
  return padding === -1 || padding === dense.length - 1 || (padding === dense.length - 2 && dense.endsWith('=='))
}

const primitives: ReadonlyMap<string, Primitive> = new Map<string, Primitive>([
  ['boolean', { json: 'boolean', expected: 'true or false, without quotes', accepts: (v) => typeof v === 'boolean' }],
  ['decimal', { json: 'number', expected: 'a number, without quotes', accepts: (v) => Number.isFinite(v) }],
  ['integer', integer('a whole number from -2147483648 to 2147483647, without quotes', -2_147_483_648)],
  ['unsignedInt', integer('a whole number from 0 to 2147483647, without quotes', 0)],
  ['positiveInt', integer('a whole number from 1 to 2147483647, without quotes', 1)],
  ['string', text('text that is not blank, at most 1 MB', isText)],
  ['markdown', text('text that is not blank, at most 1 MB', isText)],
  ['xhtml', { json: 'string', expected: 'text in XHTML', accepts: (v) => typeof v === 'string' && isText(v) }],
  ['code', text('a code without leading, trailing or repeated white space', matching(/^\S+(?:\s\S+)*$/))],
  ['id', text('an id of 1 to 64 letters, digits, `-` or `.`', matching(/^[A-Za-z0-9\-.]{1,64}$/))],
  ['uri', text('a URI without white space', matching(/^\S+$/))],
  ['url', text('a URL without white space', matching(/^\S+$/))],
  ['canonical', text('a canonical URL without white space', matching(/^\S+$/))],
  ['oid', text('an OID such as `urn:oid:1.2.246.21`', matching(/^urn:oid:[0-2](\.(0|[1-9]\d*))+$/))],
  [
    'uuid',
    text(
      'a lower-case UUID such as `urn:uuid:c757873d-ec9a-4326-a141-556f43239520`',
      matching(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    ),
  ],
  ['date', text('a date of the calendar: YYYY, YYYY-MM or YYYY-MM-DD', isDate)],
  [
    'dateTime',
    text(
      'a date of the calendar, or a date and time with seconds and time zone such as `2025-01-31T09:30:00+02:00`',
      (v) => (v.length > 10 ? isInstant(v) : isDate(v)),
    ),
  ],
  ['instant', text('a date and time with seconds and time zone such as `2025-01-31T09:30:00+02:00`', isInstant)],
  ['time', text('a time of day with seconds such as `09:30:00`', matching(TIME_OF_DAY))],
  [
    'base64Binary',
    { json: 'string', expected: 'Base64 with padding', accepts: (v) => typeof v === 'string' && isBase64(v) },
  ],
  // Not a type of its own in FHIR: `Reference.reference` is a string with a shape (http://hl7.org/fhir/R4/references.html).
  ['reference', text('a reference such as `Patient/123`, `urn:uuid:…`, `#contained` or an absolute URL', isReference)],
])
