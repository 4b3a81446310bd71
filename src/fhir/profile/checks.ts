/** The rules of a profile, taken apart once: what is looked at in every resource stands ready in lists. */
import { definitionOf, type Property } from '../r4/elements.ts'
import type { FhirIssue } from '../r4/explain.ts'
import { invariantOf } from './invariants.ts'
import { type Matcher, matcherOf } from './pattern.ts'
import { profileOf, type Rule } from './rules.ts'
import { boundTo, referenceTo } from './value-rules.ts'

/** What a rule demands of values of one R4 type. */
export type Check = {
  readonly demands: readonly Demand[]
  readonly elements: readonly ElementCheck[]
}

export type Demand = {
  readonly isMet: Matcher
  readonly code: FhirIssue['code']
  /** What to do, for the sender. */
  readonly advice: string
}

export type ElementCheck = {
  readonly name: string
  /** The properties that stand for the element: one for each type of a choice. */
  readonly properties: readonly { readonly property: Property; readonly isPermitted: boolean; readonly check: Check }[]
  readonly types: readonly string[]
  readonly min: number
  readonly max: number
  readonly slicing: SlicingCheck | undefined
}

export type SlicingCheck = {
  /** True when every item must be in a slice. */
  readonly closed: boolean
  readonly slices: readonly SliceCheck[]
}

export type SliceCheck = {
  readonly name: string
  readonly has: Matcher
  readonly min: number
  readonly max: number
  readonly check: Check
}

/** @param type name of the R4 type of the value, such as `Consent.provision` */
export const checkOf = (rule: Rule, type: string): Check => {
  const known = checks.get(rule)?.get(type)
  if (known !== undefined) return known
  const extension = rule.extension === undefined ? undefined : profileOf(rule.extension)
  const also = extension === undefined ? undefined : checkOf(extension.rule, type)
  const check: Check = {
    demands: [...demandsOf(rule), ...(also?.demands ?? [])],
    elements: [
      ...Object.entries(rule.elements ?? {}).map(([name, inner]) => elementCheckOf(name, inner, type)),
      ...(also?.elements ?? []),
    ],
  }
  const ofRule = checks.get(rule) ?? new Map<string, Check>()
  checks.set(rule, ofRule.set(type, check))
  return check
}

const checks = new Map<Rule, Map<string, Check>>()

const demandsOf = (rule: Rule): readonly Demand[] => {
  const demands: Demand[] = []
  const { pattern, valueSet, targets, maxLength, invariants = [] } = rule
  if (pattern !== undefined) {
    demands.push({ isMet: matcherOf(pattern), code: 'value', advice: `must have \`${JSON.stringify(pattern)}\`` })
  }
  if (valueSet !== undefined) {
    const advice = `must have a code of the value set \`${valueSet}\``
    demands.push({ isMet: boundTo(valueSet), code: 'code-invalid', advice })
  }
  if (targets !== undefined) {
    const advice = `must refer to ${targets.map((target) => `\`${target}\``).join(' or ')}`
    demands.push({ isMet: referenceTo(targets), code: 'value', advice })
  }
  if (maxLength !== undefined) {
    const isMet = (value: unknown): boolean => typeof value !== 'string' || value.length <= maxLength
    demands.push({ isMet, code: 'too-long', advice: `must have ${maxLength} characters at most` })
  }
  for (const key of invariants) {
    const { holds, advice } = invariantOf(key)
    demands.push({ isMet: holds, code: 'invariant', advice: `${advice} (${key})` })
  }
  return demands
}

const elementCheckOf = (name: string, rule: Rule, type: string): ElementCheck => {
  const properties = [...(definitionOf(type)?.properties.values() ?? [])].filter(
    ({ element, isSibling }) => element === name && !isSibling,
  )
  const isPermitted = (property: Property): boolean => rule.types?.includes(property.type) !== false
  return {
    name,
    properties: properties.map((property) => ({
      property,
      isPermitted: isPermitted(property),
      check: isPermitted(property) ? checkOf(rule, property.type) : NO_CHECK,
    })),
    types: rule.types ?? [],
    min: rule.min ?? 0,
    max: rule.max ?? Infinity,
    slicing: slicingCheckOf(rule, properties[0]?.type ?? type),
  }
}

const NO_CHECK: Check = { demands: [], elements: [] }

const slicingCheckOf = ({ slicing }: Rule, type: string): SlicingCheck | undefined =>
  slicing && {
    closed: slicing.closed,
    slices: Object.entries(slicing.slices).map(([name, slice]) => ({
      name,
      has: discriminatorOf(slicing.path, slice),
      min: slice.min ?? 0,
      max: slice.max ?? Infinity,
      // What tells the slice apart has been looked at by then.
      check: checkOf(withoutDiscriminator(slicing.path, slice), type),
    })),
  }

const discriminatorOf = (path: string, slice: Rule): Matcher => {
  if (path === '$this') return matcherOf(slice.pattern)
  const wanted = slice.elements?.[path]?.pattern
  return wanted === undefined ? () => false : matcherOf({ [path]: wanted })
}

const withoutDiscriminator = (path: string, { pattern, elements = {}, ...slice }: Rule): Rule => {
  if (path === '$this') return { ...slice, elements }
  const { [path]: told = {}, ...others } = elements
  const { pattern: _told, ...rest } = told
  const kept = Object.keys(rest).length === 0 ? others : { [path]: rest, ...others }
  return { ...slice, ...(pattern !== undefined && { pattern }), elements: kept }
}
