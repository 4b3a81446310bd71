import { isRecord } from '../r4/json-kind.ts'
import { relativeReference } from '../references.ts'
import { isInValueSet } from './rules.ts'

/** A required binding: a code, a Coding, or a CodeableConcept with at least one coding of the value set. */
export const boundTo = (valueSet: string, value: unknown): boolean => {
  if (typeof value === 'string') return isInValueSet(valueSet, undefined, value)
  if (!isRecord(value)) return false
  if ('coding' in value) return Array.isArray(value['coding']) && value['coding'].some((one) => isCoded(valueSet, one))
  return isCoded(valueSet, value)
}

const isCoded = (valueSet: string, coding: unknown): boolean =>
  isRecord(coding) &&
  typeof coding['system'] === 'string' &&
  typeof coding['code'] === 'string' &&
  isInValueSet(valueSet, coding['system'], coding['code'])

/** What a literal reference points to by its own words; one into the Bundle or to an identifier says nothing of its type. */
export const referenceTo = (targets: readonly string[], value: unknown): boolean => {
  if (!isRecord(value)) return true
  const { type, reference } = value
  if (typeof type === 'string' && !targets.includes(type)) return false
  const relative = typeof reference === 'string' ? relativeReference(reference) : undefined
  return relative === undefined || targets.includes(relative.type)
}
