import { definitionOf } from '../../src/fhir/r4/elements.ts'
import { resourceTypeOf } from '../../src/fhir/r4/locate.ts'
import { isRecord } from '../../src/fhir/r4/json-kind.ts'
import type { Step } from './mutate.ts'

/**
 * Whether an expression blames a change at `path`:
 *
 * 1. the changed element itself, a part of what it was changed into, or the list it stands in;
 * 2. the object around it, and any element of that object: taking away, emptying or doubling one element shows at what the
 *    object then lacks, or has too much of;
 * 3. when that object is a value of a general data type (a Coding, CodeableConcept, Identifier, Reference, Period, Extension
 *    …), the element of the resource that has the value, for rules are stated of that: "`code` must be …"; and the list
 *    around that element, whose items may be told apart by just this value ("no item of `agent` is the sender").
 *
 * Never a resource for something deep inside, and never another branch. A root that is no resource any more has no other name
 * than `Resource` or `$this`.
 *
 * @param root the message before the change
 */
export const blames = (expression: string, path: readonly Step[], root: unknown): boolean => {
  const places = placesOn(path, root)
  const own = places.at(-1)
  if (own === undefined) return false
  if (path.length === 0 || path.at(-1) === 'resourceType') {
    const around = places.at(path.length === 0 ? 0 : -2)?.expression ?? ''
    return isWithin(expression, around) || (path.length < 2 && ['Resource', '$this'].includes(expression))
  }
  if (isWithin(expression, own.expression)) return true
  let at = places.length - 2
  while (at > 0 && places[at]?.isList === true) at -= 1
  const parent = places[Math.max(0, at)]
  if (parent !== undefined && isChildOf(expression, parent.expression)) return true
  while (at > 0 && (places[at]?.isDataType === true || places[at]?.isList === true)) at -= 1
  const list = places[at - 1]
  return places.slice(list?.isList === true ? at - 1 : at + 1).some((place) => place.expression === expression)
}

type Place = { readonly expression: string; readonly isDataType: boolean; readonly isList: boolean }

const isWithin = (expression: string, ancestor: string): boolean =>
  expression === ancestor || expression.startsWith(`${ancestor}.`) || expression.startsWith(`${ancestor}[`)

const isChildOf = (expression: string, parent: string): boolean =>
  expression === parent || (expression.startsWith(`${parent}.`) && !/\./.test(expression.slice(parent.length + 1)))

/** The root and every element on the way, each list and its item apart. */
const placesOn = (path: readonly Step[], root: unknown): readonly Place[] => {
  const named = resourceTypeOf(root)
  let type = typeof named === 'string' ? named : 'Resource'
  let expression = type
  let value = root
  const places: Place[] = [{ expression, isDataType: false, isList: false }]
  for (const step of path) {
    const property = typeof step === 'string' ? definitionOf(type)?.properties.get(step) : undefined
    expression += typeof step === 'number' ? `[${step}]` : `.${property?.element ?? step}`
    value = isRecord(value) || Array.isArray(value) ? (value as Record<Step, unknown>)[step] : undefined
    const nested = resourceTypeOf(value)
    if (typeof nested === 'string') type = nested
    else if (property !== undefined) type = property.type
    places.push({
      expression,
      isDataType: isDataType(type) && typeof nested !== 'string',
      isList: Array.isArray(value),
    })
  }
  return places
}

/** Neither a resource nor a part of one (`Consent.provision`). */
const isDataType = (type: string): boolean =>
  !type.includes('.') && definitionOf(type)?.properties.has('implicitRules') !== true
