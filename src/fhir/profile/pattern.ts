import { isRecord } from '../r4/json-kind.ts'

export type Matcher = (value: unknown) => boolean

/**
 * Whether a value contains a pattern: every element the pattern has, with every item of its lists somewhere in the value's
 * (R4 ElementDefinition.pattern[x]). The pattern is taken apart once, not for every value.
 */
export const matcherOf = (pattern: unknown): Matcher => {
  if (Array.isArray(pattern)) {
    const wanted = pattern.map(matcherOf)
    return (value) => Array.isArray(value) && wanted.every((matches) => value.some(matches))
  }
  if (!isRecord(pattern)) return (value) => value === pattern
  const wanted = Object.entries(pattern).map(([name, one]) => ({ name, matches: matcherOf(one) }))
  return (value) => {
    if (!isRecord(value)) return false
    for (const { name, matches } of wanted) if (!matches(value[name])) return false
    return true
  }
}
