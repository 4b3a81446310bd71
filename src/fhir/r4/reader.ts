/**
 * Readers of FHIR R4 JSON, one a type, built from the table of elements on first use. One walk over a resource checks and
 * copies it at once; where it is not as it should be, the walk writes down the place and goes on.
 *
 * Nothing about places is made while all is well: they cost more than the checks, and nearly every message is sound.
 */
import { codesOf, definitionOf, isSupportedType, type Property } from './elements.ts'
import { isRecord } from './json-kind.ts'
import { resourceTypeOf } from './locate.ts'
import { type ObjectRules, objectRulesOf } from './object-rules.ts'
import { primitiveOf } from './primitives.ts'
import { isFull, report, type Walk } from './walk.ts'

/** Checks a value and copies it. What it returns is of no meaning once `walk` has a fault. */
type Reader = (input: unknown, walk: Walk) => unknown

/**
 * Reader of a resource type, by name. Narrative is checked and then left out of the result.
 *
 * @returns undefined when the type is not one the gateway reads
 */
export const resourceReader = (type: string): Reader | undefined =>
  isSupportedType(type) ? objectReader(type) : undefined

const readers = new Map<string, Reader>()

type Field = {
  readonly property: Property
  /** For a single primitive, which most values are: looked at without a step down. */
  readonly accepts: Accepts | undefined
  /** Narrative is markup from a stranger: nobody here renders it, so nobody shall store or relay it either. */
  readonly isNarrative: boolean
  /** Made when a message first has the property: data types refer to one another in circles. */
  reader: Reader | undefined
}

type Shape = {
  readonly fields: ReadonlyMap<string, Field>
  readonly rules: ObjectRules
  readonly resourceType: string | undefined
}

const objectReader = (type: string): Reader => {
  const known = readers.get(type)
  if (known !== undefined) return known
  const definition = definitionOf(type)
  if (definition === undefined) throw new Error(`the table of R4 elements has no type \`${type}\``)
  const fields = new Map<string, Field>()
  for (const [name, property] of definition.properties) fields.set(name, fieldOf(property))
  const rules = objectRulesOf(type, definition)
  const shape: Shape = { fields, rules, resourceType: isSupportedType(type) ? type : undefined }
  const reader: Reader = (input, walk) => {
    if (!isRecord(input)) return report(walk, 'value')
    if (walk.path.length >= walk.depth) return (walk.isTooDeep = true)
    return readObject(input, walk, shape)
  }
  readers.set(type, reader)
  return reader
}

const fieldOf = (property: Property): Field => ({
  property,
  accepts: property.isPrimitive && !property.isList ? acceptsOf(property) : undefined,
  isNarrative: property.type === 'Narrative',
  reader: undefined,
})

const readObject = (input: Record<string, unknown>, walk: Walk, { fields, rules, resourceType }: Shape): unknown => {
  const before = walk.faults.length
  // Cloned whole, then changed where something has been read: many times faster than to add one name after the other.
  const output: Record<string, unknown> = { ...input }
  const present: Property[] = []
  let unknown: string[] | undefined
  for (const name of Object.keys(input)) {
    const field = fields.get(name)
    if (field === undefined) {
      if (resourceType === undefined || name !== 'resourceType') (unknown ??= []).push(name)
      continue
    }
    present.push(field.property)
    const value = input[name]
    if (field.accepts !== undefined) {
      if (!field.accepts(value)) report(walk, 'value', { path: [name] })
      continue
    }
    walk.path.push(name)
    output[name] = (field.reader ??= propertyReader(field.property))(value, walk)
    walk.path.pop()
    if (field.isNarrative) delete output[name]
    if (isFull(walk)) return output
  }
  for (const name of unknown ?? []) report(walk, 'unknown', { label: name })
  rules(input, present, walk.faults.length === before, walk)
  return output
}

const propertyReader = (property: Property): Reader => {
  const single = valueReader(property)
  // Lists of primitives are padded with null where only the `_sibling` has content, and the other way round.
  return property.isList ? listReader(single, property.isSibling || property.sibling !== undefined) : single
}

const listReader =
  (single: Reader, mayPad: boolean): Reader =>
  (input, walk) => {
    if (!Array.isArray(input) || input.length === 0) return report(walk, 'value')
    if (walk.path.length >= walk.depth) return (walk.isTooDeep = true)
    const items: readonly unknown[] = input
    const output: unknown[] = []
    for (let index = 0; index < items.length && !isFull(walk); index += 1) {
      const item = items[index]
      if (item === null && mayPad) {
        output.push(null)
        continue
      }
      walk.path.push(index)
      output.push(single(item, walk))
      walk.path.pop()
    }
    return output
  }

const valueReader = (property: Property): Reader => {
  if (property.type === 'Resource') return nestedReader(property.element === 'contained')
  if (!property.isPrimitive) return objectReader(property.type)
  const accepts = acceptsOf(property)
  return (input, walk) => (accepts(input) ? input : report(walk, 'value'))
}

type Accepts = (value: unknown) => boolean

const acceptsOf = ({ type, valueSet }: Property): Accepts => {
  if (valueSet === undefined) return primitiveOf(type).accepts
  const codes: ReadonlySet<unknown> = codesOf(valueSet)
  return (value) => codes.has(value)
}

// A nested resource is read by the reader that its own resourceType names.
const nestedReader =
  (isContained: boolean): Reader =>
  (input, walk) => {
    const type = resourceTypeOf(input)
    const reader = typeof type === 'string' ? resourceReader(type) : undefined
    if (reader === undefined || !isRecord(input)) return report(walk, 'resource')
    const isNested = isContained && Object.hasOwn(input, 'contained')
    return isNested ? report(walk, 'nested-contained', { path: ['contained'] }) : reader(input, walk)
  }
