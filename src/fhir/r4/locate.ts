/** From the path of a zod issue to a place in a FHIR resource. */
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
  const type = resourceTypeOf(resource)
  let place: Place = {
    expression: root,
    type: typeof type === 'string' ? type : 'Resource',
    property: undefined,
    name: root,
    isItem: false,
    value: resource,
  }
  for (const step of path) place = typeof step === 'number' ? itemOf(place, step) : propertyOf(place, String(step))
  return place
}

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
