/** From a JSON path to a place in a FHIR resource. */
import { definitionOf, type Property } from './elements.ts'
import { isRecord } from './json-kind.ts'

/** Where an issue is. */
export type Place = {
  /** FHIRPath, such as `Bundle.entry[3].resource.status`. */
  readonly expression: string
  /** Type of the value at the place, when the table knows the property; otherwise of the object around it. */
  readonly type: string
  readonly property: Property | undefined
  /** JSON name of the property, with the underscore of a sibling. */
  readonly name: string
  /** True when the place is one position of a list, not the list. */
  readonly isItem: boolean
  readonly value: unknown
}

/** @param root expression of `resource` itself */
export const locate = (path: readonly PropertyKey[], resource: unknown, root: string): Place => {
  let place = placeOf(resource, root)
  for (const step of path) place = stepTo(place, step)
  return place
}

/** As far as it is a place of R4: a name R4 does not know and a list within a list stay at what is around them. */
export const locateKnown = (path: readonly PropertyKey[], resource: unknown, root: string): Place => {
  let place = placeOf(resource, root)
  for (const step of path) {
    const next = stepTo(place, step)
    if (typeof step === 'number' ? place.isItem : next.property === undefined) return place
    place = next
  }
  return place
}

const placeOf = (resource: unknown, root: string): Place => {
  const type = resourceTypeOf(resource)
  return {
    expression: root,
    type: typeof type === 'string' ? type : 'Resource',
    property: undefined,
    name: root,
    isItem: false,
    value: resource,
  }
}

const stepTo = (place: Place, step: PropertyKey): Place =>
  typeof step === 'number' ? itemOf(place, step) : propertyOf(place, String(step))

/** Longer than any name of R4. */
export const LONGEST_NAME = 64

/** Whether a JSON name is formed like those of FHIR elements, and so can be repeated to whoever wrote it. */
export const isElementName = (name: string): boolean =>
  name.length <= LONGEST_NAME && /^_?[a-z][A-Za-z0-9]*$/.test(name)

/** The own `resourceType` of a JSON value, whatever it is. */
export const resourceTypeOf = (value: unknown): unknown =>
  isRecord(value) && Object.hasOwn(value, 'resourceType') ? value['resourceType'] : undefined

const itemOf = (list: Place, index: number): Place => {
  const value: unknown = Array.isArray(list.value) ? list.value[index] : undefined
  const type = typeOf(list.property, value) ?? list.type
  return { ...list, expression: `${list.expression}[${index}]`, isItem: true, value, type }
}

const propertyOf = (parent: Place, name: string): Place => {
  const property = definitionOf(parent.type)?.properties.get(name)
  const value = isRecord(parent.value) && Object.hasOwn(parent.value, name) ? parent.value[name] : undefined
  return {
    expression: `${parent.expression}.${property?.element ?? name}`,
    type: typeOf(property, value) ?? parent.type,
    property,
    name,
    isItem: false,
    value,
  }
}

// A property of type Resource holds whatever type the resource in it names.
const typeOf = (property: Property | undefined, value: unknown): string | undefined => {
  if (property?.type !== 'Resource') return property?.type
  const type = resourceTypeOf(value)
  return typeof type === 'string' ? type : undefined
}
