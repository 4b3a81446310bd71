import { readMoment } from '../../consent/period.ts'
import type { Identifier } from '../../domain/identity.ts'
import type { OutcomeIssue } from '../outcome.ts'
import type { Condition, Token } from './criteria.ts'

export type Query = {
  readonly conditions: readonly Condition[]
  /** Most entries of a page. */
  readonly count: number
}
export type ReadQuery =
  | { readonly outcome: 'read'; readonly query: Query }
  | { readonly outcome: 'refused'; readonly issues: readonly OutcomeIssue[] }

export const MOST_MATCHES = 100
const USUAL_MATCHES = 50

/** Parameters every searchable type takes, with their R4 types; `_count` is no criterion. */
export const commonParameters = { _id: 'token', _lastUpdated: 'date' } as const

/**
 * Reads the parameters of a search (R4 search.html). The list is closed: a parameter that is not known is refused, never
 * left out, for an answer to a question nobody asked would be taken for the answer. No value is ever repeated in an
 * issue: it may be a personal identity code.
 *
 * @param own search parameters of the type, by name; see `interactions.ts`
 * @param zone in which a date without a time is a day
 */
export const readQuery = (
  parameters: Iterable<readonly [string, string]>,
  own: readonly string[],
  zone: string,
): ReadQuery => {
  const conditions: Condition[] = []
  const issues: OutcomeIssue[] = []
  let count: number | undefined
  for (const [name, value] of parameters) {
    // Whether the answer can be JSON is judged for every address alike.
    if (name === '_format') continue
    if (name === '_count') {
      if (!/^\d{1,9}$/.test(value) || Number(value) === 0) issues.push(badValue(name, 'a number from 1 up'))
      else if (count !== undefined) issues.push(badValue(name, 'once'))
      else count = Math.min(Number(value), MOST_MATCHES)
      continue
    }
    if (!own.includes(name) && !Object.hasOwn(commonParameters, name)) {
      if (!issues.some(({ code }) => code === 'not-supported')) issues.push(unknown(own))
      continue
    }
    const condition = readCondition(name, value, zone)
    if (typeof condition === 'string') issues.push(badValue(name, condition))
    else conditions.push(condition)
  }
  if (conditions.length > MOST_CONDITIONS) issues.push(badValue('_id', `one of at most ${MOST_CONDITIONS} parameters`))
  return issues.length > 0
    ? { outcome: 'refused', issues }
    : { outcome: 'read', query: { conditions, count: count ?? USUAL_MATCHES } }
}

const MOST_CONDITIONS = 20
const MOST_ALTERNATIVES = 50

/** @returns what the value should have been, when it is not. */
const readCondition = (name: string, value: string, zone: string): Condition | string => {
  if (name === '_lastUpdated') return readUpdated(value, zone)
  const alternatives = splitUnescaped(value, ',')
  if (alternatives.length > MOST_ALTERNATIVES) return `at most ${MOST_ALTERNATIVES} values`
  if (alternatives.includes('')) return 'a value'
  switch (name) {
    case '_id':
      return { kind: 'id', anyOf: alternatives.map(unescaped) }
    case 'patient':
    case 'subject':
      return { kind: 'patient', anyOf: alternatives.map((one) => unescaped(one).replace(/^Patient\//, '')) }
    case 'identifier': {
      const anyOf = alternatives.map(readIdentifier)
      return anyOf.every((one) => one !== undefined)
        ? { kind: 'identifier', anyOf }
        : '`system|value`: a number without the system that gave it is nobody’s'
    }
    default:
      return { kind: 'token', element: elementFor(name), anyOf: alternatives.map(readToken) }
  }
}

/** `clinical-status` → `clinicalStatus`. */
const elementFor = (name: string): string => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

const readIdentifier = (text: string): Identifier | undefined => {
  const { system, code } = readToken(text)
  return system === undefined || system === '' || code === undefined ? undefined : { system, value: code }
}

/** `code`, `system|code`, `|code` or `system|` (R4 search.html §3.1.1.4.10). */
const readToken = (text: string): Token => {
  const [first = '', ...rest] = splitUnescaped(text, '|')
  if (rest.length === 0) return { system: undefined, code: unescaped(first) }
  const code = unescaped(rest.join('|'))
  return { system: unescaped(first), code: code === '' ? undefined : code }
}

/** One day, hour or instant at the precision it is written with, and a prefix (R4 search.html §3.1.1.4.5). */
const readUpdated = (value: string, zone: string): Condition | string => {
  const expected = 'a date or a time with its offset, after one of `eq`, `gt`, `ge`, `lt`, `le` or nothing'
  // A `+` that was not escaped in the URL has become a space; no date has one.
  const [, prefix = 'eq', text = ''] = /^(eq|gt|ge|lt|le)?(\d.*)$/.exec(value.replace(' ', '+')) ?? []
  const moment = text.includes('T') && !/(Z|[+-]\d\d:\d\d)$/.test(text) ? undefined : readMoment(text, zone)
  if (moment === undefined) return expected
  switch (prefix) {
    case 'gt':
      return { kind: 'updated', from: moment.until, until: Infinity }
    case 'ge':
      return { kind: 'updated', from: moment.from, until: Infinity }
    case 'lt':
      return { kind: 'updated', from: -Infinity, until: moment.from }
    case 'le':
      return { kind: 'updated', from: -Infinity, until: moment.until }
    default:
      return { kind: 'updated', ...moment }
  }
}

/** R4 search.html §3.1.1.4.14: `\` escapes `,`, `|`, `$` and itself. */
const splitUnescaped = (text: string, separator: ',' | '|'): readonly string[] => {
  const parts = ['']
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at)
    if (letter === separator) parts.push('')
    else {
      const isEscape = letter === '\\' && at + 1 < text.length
      parts.push(`${parts.pop() ?? ''}${isEscape ? text.slice(at, at + 2) : letter}`)
      if (isEscape) at += 1
    }
  }
  return parts
}

const unescaped = (text: string): string => text.replaceAll(/\\([\\,|$])/g, '$1')

const unknown = (own: readonly string[]): OutcomeIssue => ({
  severity: 'error',
  code: 'not-supported',
  diagnostics: `a parameter of this search is not known here: ask by ${['_id', '_lastUpdated', '_count', ...own].join(', ')}, without modifiers`,
  error: 'sender-query-invalid',
})

const badValue = (name: string, expected: string): OutcomeIssue => ({
  severity: 'error',
  code: 'value',
  diagnostics: `search parameter \`${name}\`: expected ${expected}`,
  error: 'sender-query-invalid',
})
