/** Holds a resource, already valid R4, to a profile of ours. */
import type { Property } from '../r4/elements.ts'
import type { FhirIssue } from '../r4/explain.ts'
import { isRecord } from '../r4/json-kind.ts'
import { MAX_ISSUES } from '../r4/walk.ts'
import { type Check, checkOf, type ElementCheck, type SlicingCheck } from './checks.ts'
import { profileOf } from './rules.ts'

/**
 * What a resource lacks of a profile, twenty issues at most; empty when it conforms.
 *
 * @param resource parsed by the R4 readers before: nothing here looks at what R4 itself forbids
 * @param expression FHIRPath of the resource
 * @throws when there is no such profile
 */
export const profileIssues = (url: string, resource: unknown, expression: string): readonly FhirIssue[] => {
  const profile = profileOf(url)
  if (profile === undefined) throw new Error(`no profile \`${url}\``)
  const name = url.slice(url.lastIndexOf('/') + 1)
  const visit: Visit = { path: [], root: expression, profile: name, issues: [] }
  checkValue(checkOf(profile.rule, profile.type), resource, visit)
  return visit.issues
}

type Visit = {
  /** Names of elements and positions in lists, from the resource to where the visit is. */
  readonly path: (string | number)[]
  readonly root: string
  readonly profile: string
  readonly issues: FhirIssue[]
}

/** @param steps from where the visit is to what is wrong */
const report = (visit: Visit, code: FhirIssue['code'], text: string, ...steps: readonly (string | number)[]): void => {
  if (visit.issues.length >= MAX_ISSUES) return
  const path = [...visit.path, ...steps].map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
  const diagnostics = `profile \`${visit.profile}\`: ${text}`
  visit.issues.push({ severity: 'error', code, expression: `${visit.root}${path.join('')}`, diagnostics })
}

/** @param value undefined when the element is there as a `_sibling` only */
const checkValue = (check: Check, value: unknown, visit: Visit): void => {
  if (value !== undefined) {
    for (const { isMet, code, advice } of check.demands) if (!isMet(value)) report(visit, code, advice)
  }
  const parent = isRecord(value) ? value : undefined
  for (const element of check.elements) checkElement(element, parent, visit)
}

type Parent = Readonly<Record<string, unknown>> | undefined

const checkElement = (element: ElementCheck, parent: Parent, visit: Visit): void => {
  const { name, properties, types, min, max, slicing } = element
  let count = 0
  for (const { property, isPermitted } of properties) {
    const many = parent === undefined ? 0 : countOf(property, parent)
    if (many > 0 && !isPermitted) {
      const wanted = types.map((type) => `\`${type}\``).join(' or ')
      return report(visit, 'value', `\`${name}[x]\` must be of type ${wanted}`, name)
    }
    count += many
  }
  if (count < min) report(visit, 'required', `\`${name}\` is required and missing`, name)
  if (count > max) {
    const text = max === 0 ? `\`${name}\` must not be given` : `\`${name}\` may be given ${max} times at most`
    return report(visit, 'structure', text, name)
  }
  if (parent === undefined || count === 0) {
    if (slicing !== undefined) checkSlices(slicing, [], name, visit)
    return
  }
  visit.path.push(name)
  for (const { property, check } of properties) {
    const value = parent[property.value]
    if (property.isList) checkItems(check, itemsOf(value, countOf(property, parent)), visit)
    else if (countOf(property, parent) > 0) checkValue(check, value, visit)
  }
  visit.path.pop()
  const [first] = properties
  if (slicing !== undefined && first !== undefined) {
    checkSlices(slicing, itemsOf(parent[first.property.value], count), name, visit)
  }
}

const isEmpty = ({ demands, elements }: Check): boolean => demands.length === 0 && elements.length === 0

const checkItems = (check: Check, items: readonly unknown[], visit: Visit): void => {
  if (isEmpty(check)) return
  for (let index = 0; index < items.length && visit.issues.length < MAX_ISSUES; index += 1) {
    checkAt(index, check, items[index], visit)
  }
}

const checkAt = (index: number, check: Check, value: unknown, visit: Visit): void => {
  visit.path.push(index)
  checkValue(check, value ?? undefined, visit)
  visit.path.pop()
}

const checkSlices = ({ closed, slices }: SlicingCheck, items: readonly unknown[], name: string, visit: Visit): void => {
  const sliceOf = items.map((item) => slices.find(({ has }) => has(item)))
  for (const slice of slices) {
    let [count, over] = [0, -1]
    for (let index = 0; index < sliceOf.length; index += 1) {
      if (sliceOf[index] !== slice) continue
      if (count === slice.max) over = index
      count += 1
    }
    if (count < slice.min) report(visit, 'required', `\`${slice.name}\` is required and missing`, name)
    if (over !== -1) {
      report(visit, 'structure', `\`${slice.name}\` may be given ${slice.max} times at most`, name, over)
    } else if (count > 0 && !isEmpty(slice.check)) {
      visit.path.push(name)
      for (const [index, one] of sliceOf.entries()) if (one === slice) checkAt(index, slice.check, items[index], visit)
      visit.path.pop()
    }
  }
  if (!closed) return
  const text = `this is none of ${slices.map((slice) => slice.name).join(', ')}`
  for (const [index, slice] of sliceOf.entries()) if (!slice) report(visit, 'structure', text, name, index)
}

/** How often an element is given; one that is there as a `_sibling` only counts. */
const countOf = ({ value, sibling, isList }: Property, parent: Readonly<Record<string, unknown>>): number => {
  const own = parent[value]
  const twin = sibling === undefined ? undefined : parent[sibling]
  if (!isList) return own === undefined && twin === undefined ? 0 : 1
  return Math.max(Array.isArray(own) ? own.length : 0, Array.isArray(twin) ? twin.length : 0)
}

const itemsOf = (value: unknown, count: number): readonly unknown[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  return items.length >= count ? items : Array.from({ length: count }, (_, index) => items[index])
}
