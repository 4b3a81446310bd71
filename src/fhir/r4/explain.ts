/** From what a reader refused to an issue that tells a sender where the fault is and what to change. */
import { codesOf, definitionOf, isResourceType, supportedTypes, type Property } from './elements.ts'
import { isRecord, kindOf } from './json-kind.ts'
import { isElementName, locate, LONGEST_NAME, resourceTypeOf, type Place } from './locate.ts'
import { primitiveOf, STRING_MAX } from './primitives.ts'
import { similarNames } from './suggest.ts'
import type { Fault } from './walk.ts'

/** One thing wrong with a resource. Its texts hold names of elements and permitted codes, never a value of the resource. */
export type FhirIssue = {
  readonly severity: 'error'
  /** From http://hl7.org/fhir/ValueSet/issue-type. */
  readonly code:
    | 'structure'
    | 'required'
    | 'value'
    | 'invariant'
    | 'not-supported'
    | 'code-invalid'
    | 'too-long'
    | 'too-costly'
  /** FHIRPath of the element, such as `Bundle.entry[3].resource.status`; a choice is named `value`, not `valueString`. */
  readonly expression: string
  /** What is wrong and what to do, for a person. */
  readonly diagnostics: string
}

/** @param root the expression of `resource` */
export const explain = (fault: Fault, resource: unknown, root: string): FhirIssue =>
  explainFault(fault, locate(fault.path, resource, root))

/** What to do about a resource of an unknown, unsupported or missing type. */
export const explainResourceType = (resource: unknown, expression: string): FhirIssue => {
  const action = `use one of ${quoted(supportedTypes())}`
  if (!isRecord(resource)) {
    return error('structure', expression, `a FHIR resource must be an object, found ${kindOf(resource)}: ${action}`)
  }
  const type = resourceTypeOf(resource)
  if (type === undefined) return error('required', expression, `\`resourceType\` is missing: ${action}`)
  if (typeof type !== 'string') {
    return error('structure', expression, `\`resourceType\` must be text, found ${kindOf(type)}: ${action}`)
  }
  if (!isResourceType(type)) return error('value', expression, `\`resourceType\` is not a type of FHIR R4: ${action}`)
  return error('not-supported', expression, `resources of type \`${type}\` are not read here: ${action}`)
}

const explainUnknown = (key: string, { expression, type }: Place): FhirIssue => {
  const at = `${expression}.${key}`
  const properties = definitionOf(type)?.properties ?? new Map<string, Property>()
  if (key.startsWith('_') && properties.has(key.slice(1))) {
    return error(
      'structure',
      at,
      `\`${key}\` is not possible, \`${key.slice(1)}\` is not a primitive element: remove it`,
    )
  }
  const names = [...properties].flatMap(([name, { isSibling }]) => (isSibling ? [] : [name]))
  const similar = key.length > LONGEST_NAME ? [] : similarNames(key, names)
  // A key is chosen by the sender and could be somebody's name: only what looks like the name of an element is repeated.
  if (similar.length === 0 && !isElementName(key)) {
    return error('structure', expression, `\`${type}\` has an element that FHIR R4 does not know: remove it`)
  }
  const action = similar.length === 0 ? 'remove it' : `write ${quoted(similar, ' or ')}, or remove it`
  return error('structure', at, `\`${key}\` is not an element of \`${type}\` in FHIR R4: ${action}`)
}

const explainFault = ({ problem, label = '' }: Fault, place: Place): FhirIssue => {
  const { expression, name } = place
  switch (problem) {
    case 'value':
      return explainValue(place)
    case 'unknown':
      return explainUnknown(label, place)
    case 'required':
      return error('required', expression, `\`${label}\` is required and missing: add ${wanted(place, label)}`)
    case 'choice':
      return error('structure', expression, `\`${label}\` may be given in one type only: send one of them`)
    case 'padding': {
      const base = name.replace(/^_/, '')
      const action = `give \`${base}\` or \`_${base}\` content at this position, or remove it from both`
      return error('structure', expression, `this position of the list is empty: ${action}`)
    }
    case 'empty':
      return error('structure', expression, `\`${name}\` is an object without content: leave it out or fill it`)
    case 'extension-content':
      return error(
        'invariant',
        expression,
        'an extension has either a value or extensions of its own: send exactly one',
      )
    case 'nested-contained':
      return error(
        'structure',
        expression,
        'a contained resource cannot contain another: move it to the outer resource',
      )
    case 'resource':
      return explainResourceType(place.value, expression)
  }
}

const explainValue = (place: Place): FhirIssue => {
  const { expression, property, name, isItem, value } = place
  if (property?.isList && !isItem) {
    return Array.isArray(value)
      ? error('structure', expression, `\`${name}\` is an empty list: leave it out or fill it`)
      : error('structure', expression, `\`${name}\` must be a list, found ${kindOf(value)}: put it in square brackets`)
  }
  if (value === null) return error('structure', expression, `\`${name}\` must not be null: leave it out`)
  if (Array.isArray(value)) {
    const action = isItem ? 'lists do not nest' : 'send one value, without square brackets'
    return error('structure', expression, `\`${name}\` must not be a list here: ${action}`)
  }
  const isKind = property?.isPrimitive && typeof value === primitiveOf(property.type).json
  const diagnostics = `\`${name}\` must be ${demand(place)}`
  if (!isKind) return error('structure', expression, `${diagnostics}; found ${kindOf(value)}`)
  if (property.valueSet !== undefined) return error('code-invalid', expression, diagnostics)
  const isTooLong = typeof value === 'string' && value.length > STRING_MAX
  return error(isTooLong ? 'too-long' : 'value', expression, diagnostics)
}

const wanted = (place: Place, label: string): string => {
  if (!label.endsWith('[x]')) return demand(place)
  const choice = definitionOf(place.type)?.required.find((element) => element.label === label)?.properties ?? []
  return quoted(
    choice.filter((name) => !name.startsWith('_')),
    ' or ',
  )
}

// Completes "must be …" and "add …".
const demand = ({ property, isItem }: Place): string => {
  if (property === undefined) return 'a value'
  if (property.isList && !isItem) return `a list of \`${property.type}\``
  if (!property.isPrimitive) return `an object of type \`${property.type}\``
  if (property.valueSet !== undefined) {
    const codes = [...codesOf(property.valueSet)]
    return codes.length > 40 ? `a code of the value set \`${property.valueSet}\`` : `one of ${quoted(codes)}`
  }
  return primitiveOf(property.type).expected
}

const error = (code: FhirIssue['code'], expression: string, diagnostics: string): FhirIssue => ({
  severity: 'error',
  code,
  expression,
  diagnostics,
})

const quoted = (names: readonly string[], separator = ', '): string =>
  names.map((name) => `\`${name}\``).join(separator)
