import type { OutcomeIssue } from '../fhir/outcome.ts'
import { conditionalReference, literalReferences, referencesOf } from '../fhir/references.ts'
import type { Identified } from './identify-entries.ts'
import { type LookedUp, resourceKey } from './look-up.ts'
import { identifiersOf, type Work } from './work.ts'

/**
 * Gives every conditional reference its resource (R4 http.html#trules): among what the submission brings and what the
 * caller has, and nowhere else. An identifier names one of a party's resources of a type or none, so that several
 * matches cannot be.
 *
 * @param names where the references found are added, each with the literal one it stands for
 * @returns an issue for every one that names nothing of the caller's
 */
export const nameConditions = (
  work: Work,
  placed: readonly Identified[],
  names: Map<string, string>,
  own: LookedUp,
): readonly OutcomeIssue[] => {
  const wanted = new Set(placed.flatMap(({ entry }) => literalReferences(entry.resource).filter(isConditional)))
  if (wanted.size === 0) return []
  const brought = new Map(
    placed.flatMap(({ entry: { resource }, id }) =>
      identifiersOf(resource).map((one) => [resourceKey(work, resource.resourceType, one), id] as const),
    ),
  )
  for (const reference of wanted) {
    const condition = conditionalReference(reference)
    if (condition === undefined || condition === 'unusable') continue
    const key = resourceKey(work, condition.type, condition)
    const id = brought.get(key) ?? own.idOf.get(key)
    if (id !== undefined) names.set(reference, `${condition.type}/${id}`)
  }
  return placed.flatMap(({ entry }) =>
    referencesOf(entry.resource, entry.path).flatMap(({ reference, expression }) =>
      isConditional(reference) && !names.has(reference) ? [unmatchedIssue(reference, expression)] : [],
    ),
  )
}

const isConditional = (reference: string): boolean => conditionalReference(reference) !== undefined

const unmatchedIssue = (reference: string, expression: string): OutcomeIssue => ({
  severity: 'error',
  code: 'not-found',
  expression,
  diagnostics:
    conditionalReference(reference) === 'unusable'
      ? 'a conditional reference is `Type?identifier=system|value`, with one identifier and nothing else'
      : 'this condition matches nothing of yours here: post it first, or send it in the same Bundle',
  error: 'sender-condition-unmatched',
})
