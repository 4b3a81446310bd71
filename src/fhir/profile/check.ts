/** Holds a resource, already valid R4, to a profile of ours. */
import { definitionOf, type Property } from '../r4/elements.ts'
import type { FhirIssue } from '../r4/explain.ts'
import { isRecord } from '../r4/json-kind.ts'
import { invariantOf } from './invariants.ts'
import { contains } from './pattern.ts'
import { profileOf, type Rule, type Slicing } from './rules.ts'
import { boundTo, referenceTo } from './value-rules.ts'

/**
 * What a resource lacks of a profile; empty when it conforms.
 *
 * @param resource parsed by the R4 schema before: nothing here looks at what R4 itself forbids
 * @param expression FHIRPath of the resource
 * @throws when there is no such profile
 */
export const profileIssues = (url: string, resource: unknown, expression: string): readonly FhirIssue[] => {
  const profile = profileOf(url)
  if (profile === undefined) throw new Error(`no profile \`${url}\``)
  const issues: FhirIssue[] = []
  const name = url.slice(url.lastIndexOf('/') + 1)
  check(profile.rule, resource, { type: profile.type, expression, profile: name, issues })
  return issues
}

type Place = {
  /** Name of the R4 type of the value, such as `Consent.provision`. */
  readonly type: string
  readonly expression: string
  readonly profile: string
  readonly issues: FhirIssue[]
}

const check = (rule: Rule, value: unknown, place: Place): void => {
  if (value !== undefined) checkValue(rule, value, place)
  for (const [name, inner] of Object.entries(rule.elements ?? {})) checkElement(name, inner, value, place)
  if (rule.extension === undefined) return
  const extension = profileOf(rule.extension)
  if (extension !== undefined) check(extension.rule, value, place)
}

const checkValue = (rule: Rule, value: unknown, place: Place): void => {
  const { expression, profile } = place
  const report = (code: FhirIssue['code'], text: string): void => {
    place.issues.push({ severity: 'error', code, expression, diagnostics: `profile \`${profile}\`: ${text}` })
  }
  if (rule.pattern !== undefined && !contains(value, rule.pattern)) {
    report('value', `must have \`${JSON.stringify(rule.pattern)}\``)
  }
  if (rule.valueSet !== undefined && !boundTo(rule.valueSet, value)) {
    report('code-invalid', `must have a code of the value set \`${rule.valueSet}\``)
  }
  if (rule.targets !== undefined && !referenceTo(rule.targets, value)) {
    report('value', `must refer to ${rule.targets.map((target) => `\`${target}\``).join(' or ')}`)
  }
  if (rule.maxLength !== undefined && typeof value === 'string' && value.length > rule.maxLength) {
    report('too-long', `must have ${rule.maxLength} characters at most`)
  }
  for (const key of rule.invariants ?? []) {
    const { holds, advice } = invariantOf(key)
    if (!holds(value)) report('invariant', `${advice} (${key})`)
  }
}

const checkElement = (name: string, rule: Rule, parent: unknown, place: Place): void => {
  const expression = `${place.expression}.${name}`
  const present = presentOf(name, parent, place.type)
  const report = (code: FhirIssue['code'], text: string): void => {
    place.issues.push({ severity: 'error', code, expression, diagnostics: `profile \`${place.profile}\`: ${text}` })
  }
  const wrong = present.find(({ property: { type } }) => rule.types !== undefined && !rule.types.includes(type))
  if (wrong !== undefined) {
    report('value', `\`${name}[x]\` must be of type ${(rule.types ?? []).map((type) => `\`${type}\``).join(' or ')}`)
    return
  }
  if (present.length < (rule.min ?? 0)) report('required', `\`${name}\` is required and missing`)
  if (present.length > (rule.max ?? Infinity)) {
    report(
      'structure',
      rule.max === 0 ? `\`${name}\` must not be given` : `\`${name}\` may be given ${rule.max} times at most`,
    )
    return
  }
  const isList = present.some(({ property }) => property.isList)
  const inner = present.map(({ property, value }, index) => ({
    value,
    place: { ...place, type: property.type, expression: isList ? `${expression}[${index}]` : expression },
  }))
  for (const one of inner) check(rule, one.value, one.place)
  if (rule.slicing !== undefined) checkSlices(rule.slicing, inner, { ...place, expression })
}

type Item = { readonly value: unknown; readonly place: Place }

const checkSlices = ({ path, closed, slices }: Slicing, items: readonly Item[], place: Place): void => {
  const left = new Set(items)
  for (const [name, slice] of Object.entries(slices)) {
    const own = [...left].filter(({ value }) => isInSlice(path, slice, value))
    for (const one of own) left.delete(one)
    const report = (code: FhirIssue['code'], expression: string, text: string): void => {
      place.issues.push({ severity: 'error', code, expression, diagnostics: `profile \`${place.profile}\`: ${text}` })
    }
    if (own.length < (slice.min ?? 0)) report('required', place.expression, `\`${name}\` is required and missing`)
    const over = own[slice.max ?? Infinity]
    if (over === undefined) for (const one of own) check(slice, one.value, one.place)
    else report('structure', over.place.expression, `\`${name}\` may be given ${slice.max} times at most`)
  }
  for (const one of closed ? left : []) {
    const diagnostics = `profile \`${place.profile}\`: this is none of ${Object.keys(slices).join(', ')}`
    place.issues.push({ severity: 'error', code: 'structure', expression: one.place.expression, diagnostics })
  }
}

const isInSlice = (path: string, slice: Rule, value: unknown): boolean => {
  if (path === '$this') return contains(value, slice.pattern)
  const wanted = slice.elements?.[path]?.pattern
  return wanted !== undefined && isRecord(value) && contains(value[path], wanted)
}

type Present = { readonly property: Property; readonly value: unknown }

/** The values of an element, whichever of its types it has; a value that is only a `_sibling` counts and is undefined. */
const presentOf = (name: string, parent: unknown, type: string): readonly Present[] => {
  if (!isRecord(parent)) return []
  const found: Present[] = []
  for (const property of propertiesOf(type, name)) {
    const value = parent[property.value]
    const sibling = property.sibling === undefined ? undefined : parent[property.sibling]
    if (!property.isList) {
      if (value !== undefined || sibling !== undefined) found.push({ property, value })
      continue
    }
    const count = Math.max(lengthOf(value), lengthOf(sibling))
    for (let index = 0; index < count; index += 1) {
      found.push({ property, value: Array.isArray(value) ? (value[index] ?? undefined) : undefined })
    }
  }
  return found
}

// An Extension has 72 properties, and a profile looks at a few elements again and again: found once for each type.
const propertiesOf = (type: string, element: string): readonly Property[] => {
  let known = elements.get(type)
  if (known === undefined) {
    const own = [...(definitionOf(type)?.properties.values() ?? [])].filter(({ isSibling }) => !isSibling)
    known = Map.groupBy(own, (property) => property.element)
    elements.set(type, known)
  }
  return known.get(element) ?? []
}

const elements = new Map<string, ReadonlyMap<string, readonly Property[]>>()

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0)
