import { isRecord } from '../r4/json-kind.ts'

/**
 * Whether a value contains a pattern: every element the pattern has, with every item of its lists somewhere in the value's
 * (R4 ElementDefinition.pattern[x]).
 */
export const contains = (value: unknown, pattern: unknown): boolean => {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((wanted) => value.some((one) => contains(one, wanted)))
  }
  if (!isRecord(pattern)) return value === pattern
  return isRecord(value) && Object.entries(pattern).every(([name, wanted]) => contains(value[name], wanted))
}
