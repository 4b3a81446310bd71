import { isRecord } from '../r4/json-kind.ts'
import { relativeReference } from '../references.ts'
import type { Matcher } from './pattern.ts'
import { valueSetOf } from './rules.ts'

/** A required binding: a code, a Coding, or a CodeableConcept with at least one coding of the value set. */
export const boundTo = (valueSet: string): Matcher => {
  const systems = valueSetOf(valueSet)
  const isCoded = (coding: unknown): boolean =>
    isRecord(coding) &&
    typeof coding['system'] === 'string' &&
    typeof coding['code'] === 'string' &&
    systems.get(coding['system'])?.has(coding['code']) === true
  return (value) => {
    // The system of a bare `code` follows from the binding.
    if (typeof value === 'string') return [...systems.values()].some((codes) => codes.has(value))
    if (!isRecord(value)) return false
    if ('coding' in value) return Array.isArray(value['coding']) && value['coding'].some(isCoded)
    return isCoded(value)
  }
}

/** What a literal reference points to by its own words; one into the Bundle or to an identifier says nothing of its type. */
export const referenceTo =
  (targets: readonly string[]): Matcher =>
  (value) => {
    if (!isRecord(value)) return true
    const { type, reference } = value
    if (typeof type === 'string' && !targets.includes(type)) return false
    const relative = typeof reference === 'string' ? relativeReference(reference) : undefined
    return relative === undefined || targets.includes(relative.type)
  }
