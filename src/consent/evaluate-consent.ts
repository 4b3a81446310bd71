import { type Attribute, matchScope } from './match.ts'
import type { Rule } from './prepare.ts'
import type { DecisionRequest } from './request.ts'

/** What one Consent says: the rule that decides its deepest branch. A permit is always sure, a deny may be a doubt. */
export type Finding = { readonly effect: 'permit' | 'deny' | 'doubt'; readonly rule: Rule }

export type Walk = {
  readonly request: DecisionRequest
  readonly asOf: number
  /** False when the consent lacks its written evidence (rule 5); its denies still hold. */
  readonly mayPermit: boolean
  /** Permits that would have matched but for something unknown. */
  readonly maybe: string[]
  /** The first thing that kept something from matching. */
  why: string | undefined
}

/**
 * Walks one Consent's rules (rule 18): the deepest matching descendant decides its branch, across sibling branches deny
 * overrides, a matching branch overrides its ancestor; otherwise the ancestor's own effect applies if it matches.
 */
export const evaluateRule = (rule: Rule, walk: Walk): Finding | undefined => {
  if (rule.ignores) walk.why ??= 'nested-type-missing'
  let found: Finding | undefined
  for (const nested of rule.nested) found = stronger(found, evaluateRule(nested, walk))
  return found ?? ownEffect(rule, walk)
}

const strength = { permit: 1, doubt: 2, deny: 3 } as const

/** Deny (sure before unsure) overrides permit among siblings. */
const stronger = (one: Finding | undefined, other: Finding | undefined): Finding | undefined => {
  if (one === undefined || other === undefined) return one ?? other
  return strength[other.effect] > strength[one.effect] ? other : one
}

const ownEffect = (rule: Rule, walk: Walk): Finding | undefined => {
  switch (rule.kind) {
    case 'context':
    case 'default':
      return undefined
    case 'permit':
      return ownPermit(rule, walk)
    case 'deny':
      return ownDeny(rule, walk)
  }
}

const ownDeny = (rule: Rule, walk: Walk): Finding | undefined => {
  const { truth, blame } = matchScope('deny', rule, walk.request, walk.asOf)
  // INVARIANT (a deny matches on unknown): doubt about a deny is a deny.
  if (truth !== 'F') return { effect: truth === 'T' ? 'deny' : 'doubt', rule }
  walk.why ??= blameWord(blame)
  return undefined
}

const ownPermit = (rule: Rule, walk: Walk): Finding | undefined => {
  const { truth, blame } = matchScope('permit', rule, walk.request, walk.asOf)
  if (rule.unnamed !== undefined || truth === 'F') walk.why ??= rule.unnamed ?? blameWord(blame)
  // INVARIANT (a permit matches only on true), and only under verified written evidence.
  else if (truth === 'T' && walk.mayPermit) return { effect: 'permit', rule }
  else if (truth === 'U' && walk.mayPermit) walk.maybe.push(`${rule.path}: ${blameWord(blame)}`)
  return undefined
}

const blameWord = (blame: Attribute | undefined): string => `${blame ?? 'provision'}-does-not-match`
