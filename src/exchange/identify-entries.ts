import type { OutcomeIssue } from '../fhir/outcome.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { resourceKey } from './look-up.ts'
import { type Entry, type Rejection, reject } from './submission.ts'
import { identifiersOf, type Work } from './work.ts'

export type Identified = { readonly entry: Entry; readonly id: string; readonly existing: boolean }

/** Conditional creates and duplicates, by the sender's own business identifiers. */
export const identify = (
  work: Work,
  entries: readonly Entry[],
  idOf: ReadonlyMap<string, string>,
): readonly Identified[] | Rejection => {
  const keyed = entries.map((entry) => ({
    entry,
    keys: identifiersOf(entry.resource).map((one) => resourceKey(work, entry.resource.resourceType, one)),
  }))
  const seen = new Map<string, Entry>()
  const issues = namedTwice(entries)
  for (const { entry, keys } of keyed) {
    for (const key of keys) {
      if (seen.has(key) && seen.get(key) !== entry) issues.push(duplicateIssue(entry, 'twice in this Bundle'))
      seen.set(key, entry)
    }
  }
  if (issues.length > 0) return reject(422, issues)
  const identified: Identified[] = []
  for (const { entry, keys } of keyed) {
    const ids = new Set(keys.flatMap((key) => idOf.get(key) ?? []))
    const condition = conditionOf(work, entry)
    if (condition === 'unusable') return reject(422, [conditionIssue(entry)])
    const match = condition === undefined ? undefined : idOf.get(condition.key)
    if (entry.method === 'update') {
      if ([...ids].some((id) => id !== entry.id)) return reject(409, [takenIssue(entry)])
      identified.push({ entry, id: entry.id ?? '', existing: false })
    } else if (match !== undefined) identified.push({ entry, id: match, existing: true })
    else if (ids.size > 0) return reject(409, [duplicateIssue(entry, 'among your resources already')])
    else identified.push({ entry, id: work.exchange.newId(), existing: false })
  }
  return identified
}

/** A `fullUrl` names one entry (FHIR R4 invariant bdl-7), and a resource is changed once in a Bundle. */
const namedTwice = (entries: readonly Entry[]): OutcomeIssue[] => {
  const issues: OutcomeIssue[] = []
  const names = new Set<string>()
  for (const { path, fullUrl, method, resource, id } of entries) {
    if (fullUrl !== undefined && names.has(fullUrl)) {
      const text = 'another entry of this Bundle has this `fullUrl`: give each its own'
      issues.push(twiceIssue(path.replace(/resource$/, 'fullUrl'), text))
    }
    const target = `${resource.resourceType}/${id}`
    if (method === 'update' && names.has(target)) {
      issues.push(twiceIssue(path, 'another entry of this Bundle changes the same resource: send one change'))
    }
    for (const name of [fullUrl, method === 'update' ? target : undefined]) if (name !== undefined) names.add(name)
  }
  return issues
}

const twiceIssue = (expression: string, diagnostics: string): OutcomeIssue => ({
  severity: 'error',
  code: 'duplicate',
  expression,
  diagnostics,
  error: 'sender-duplicate',
})

const takenIssue = (entry: Entry): OutcomeIssue =>
  twiceIssue(`${entry.path}.identifier`, 'another resource of yours has this identifier already: remove it there first')

/** `identifier=system|value`, and only an identifier the resource itself carries: nothing else keeps a race out. */
type Condition = { readonly key: string } | 'unusable' | undefined

const conditionOf = (work: Work, entry: Entry): Condition => {
  if (entry.ifNoneExist === undefined) return undefined
  const value = new URLSearchParams(entry.ifNoneExist).getAll('identifier')
  const [system, ...rest] = (value[0] ?? '').split('|')
  const wanted = { system: system ?? '', value: rest.join('|') }
  const carried = identifiersOf(entry.resource).some(
    (one) => one.system === wanted.system && one.value === wanted.value,
  )
  const alone = value.length === 1 && [...new URLSearchParams(entry.ifNoneExist).keys()].length === 1
  return carried && alone ? { key: resourceKey(work, entry.resource.resourceType, wanted) } : 'unusable'
}

const conditionIssue = (entry: Entry): OutcomeIssue =>
  ruleIssue(
    // Of a Bundle's entry the condition has a place; that of a lone resource is a header, and the identifier the nearest to it.
    entry.path.endsWith('.resource')
      ? entry.path.replace(/resource$/, 'request.ifNoneExist')
      : `${entry.path}.identifier`,
    'a conditional create needs `identifier=system|value` with an identifier that the resource itself carries',
    'sender-condition-unusable',
  )

const duplicateIssue = (entry: Entry, where: string): OutcomeIssue => ({
  severity: 'error',
  code: 'duplicate',
  expression: `${entry.path}.identifier`,
  diagnostics: `this identifier is ${where}: use a conditional create or update the existing resource`,
  error: 'sender-duplicate',
})
