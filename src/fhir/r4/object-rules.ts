/** Rules of FHIR R4 JSON that concern several properties of one object (http://hl7.org/fhir/R4/json.html). */
import type { Property, TypeDefinition } from './elements.ts'
import { report, type Walk } from './walk.ts'

type Value = Readonly<Record<string, unknown>>

/**
 * Says what is wrong with an object of a FHIR type, its single properties apart.
 *
 * @param present the known properties of `value`
 * @param isSound false when something in the object has been refused already: then lack of content is no news
 */
export type ObjectRules = (value: Value, present: readonly Property[], isSound: boolean, walk: Walk) => void

export const objectRulesOf = (type: string, { required, properties }: TypeDefinition): ObjectRules => {
  const hasChoices = [...properties.values()].some(({ isChoice }) => isChoice)
  const hasPaddedLists = [...properties.values()].some(isPadded)
  const isExtension = type === 'Extension'
  return (value, present, isSound, walk) => {
    if (isSound && present.length === 0 && value['resourceType'] === undefined) report(walk, 'empty')
    for (const { label, element, properties: names } of required) {
      if (isAbsent(value, names)) report(walk, 'required', { label, path: [element] })
    }
    if (hasChoices) checkChoices(present, walk)
    if (hasPaddedLists && isSound) checkPadding(value, present, walk)
    if (isExtension && isSound && isMisshapenExtension(present)) report(walk, 'extension-content')
  }
}

const isAbsent = (value: Value, names: readonly string[]): boolean => {
  for (const name of names) if (value[name] !== undefined) return false
  return true
}

const isPadded = ({ isList, isSibling, sibling }: Property): boolean => isList && (isSibling || sibling !== undefined)

// `valueDate` and `_valueDate` are one choice, `valueDate` and `valueString` two.
const checkChoices = (present: readonly Property[], walk: Walk): void => {
  const chosen = new Map<string, string>()
  const ambiguous = new Map<string, string>()
  for (const { isChoice, label, element, value } of present) {
    if (!isChoice) continue
    if ((chosen.get(label) ?? value) !== value) ambiguous.set(label, element)
    chosen.set(label, value)
  }
  for (const [label, element] of ambiguous) report(walk, 'choice', { label, path: [element] })
}

const checkPadding = (value: Value, present: readonly Property[], walk: Walk): void => {
  for (const property of present) {
    const index = isPadded(property) ? emptyPosition(value, property) : -1
    if (index !== -1) report(walk, 'padding', { path: [property.value, index] })
  }
}

/** The first position of a padded list where neither the value nor its `_sibling` has content, or -1. */
const emptyPosition = (value: Value, property: Property): number => {
  const [values, siblings] = [listOf(value[property.value]), listOf(value[`_${property.value}`])]
  // Looked at once, together with the list of values when there is one.
  if (property.isSibling && values.length > 0) return -1
  for (let index = 0; index < Math.max(values.length, siblings.length); index += 1) {
    if ((values[index] ?? siblings[index] ?? null) === null) return index
  }
  return -1
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

// ext-1: an extension has either a value or extensions of its own.
const isMisshapenExtension = (present: readonly Property[]): boolean => {
  const hasValue = present.some(({ isChoice }) => isChoice)
  const hasExtensions = present.some(({ element }) => element === 'extension')
  return hasValue === hasExtensions
}
