/** Rules of FHIR R4 JSON that concern several properties of one object (http://hl7.org/fhir/R4/json.html). */
import { z } from 'zod'
import type { Property, TypeDefinition } from './elements.ts'

/** Why something is refused that zod has no issue code for; `explain.ts` puts it into words. */
export const Problem = z.object({
  problem: z.literal(['required', 'choice', 'padding', 'empty', 'extension-content', 'resource', 'nested-contained']),
  /** Name of the element in the definitions, such as `value[x]`. */
  label: z.string().optional(),
})
export type Problem = z.infer<typeof Problem>

type PlacedProblem = Problem & { readonly path: (string | number)[] }

/**
 * What is wrong with an object of a FHIR type, its single properties apart.
 *
 * @param present the known properties of `value`
 * @param isSound false when something in the object has been refused already: then lack of content is no news
 */
export const objectProblems = (
  type: string,
  definition: TypeDefinition,
  present: readonly Property[],
  value: Readonly<Record<string, unknown>>,
  isSound: boolean,
): readonly PlacedProblem[] => {
  const problems: PlacedProblem[] = []
  if (isSound && present.length === 0 && value['resourceType'] === undefined) {
    problems.push({ problem: 'empty', path: [] })
  }
  for (const { label, element, properties } of definition.required) {
    if (!properties.some((name) => value[name] !== undefined))
      problems.push({ problem: 'required', label, path: [element] })
  }
  for (const [label, element] of ambiguousChoices(present)) problems.push({ problem: 'choice', label, path: [element] })
  for (const property of isSound ? present : []) {
    const index = property.isList ? emptyPosition(value, property) : -1
    if (index !== -1) problems.push({ problem: 'padding', path: [property.value, index] })
  }
  if (type === 'Extension' && isSound && isMisshapenExtension(present)) {
    problems.push({ problem: 'extension-content', path: [] })
  }
  return problems
}

// `valueDate` and `_valueDate` are one choice, `valueDate` and `valueString` two.
const ambiguousChoices = (present: readonly Property[]): Iterable<readonly [string, string]> => {
  if (!present.some(({ isChoice }) => isChoice)) return []
  const chosen = new Map<string, string>()
  const ambiguous = new Map<string, string>()
  for (const { isChoice, label, element, value } of present) {
    if (!isChoice) continue
    if ((chosen.get(label) ?? value) !== value) ambiguous.set(label, element)
    chosen.set(label, value)
  }
  return ambiguous
}

/** The first position of a padded list where neither the value nor its `_sibling` has content, or -1. */
const emptyPosition = (value: Readonly<Record<string, unknown>>, property: Property): number => {
  if (!property.isSibling && property.sibling === undefined) return -1
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
