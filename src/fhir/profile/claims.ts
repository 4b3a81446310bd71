import { CANONICAL } from '../../domain/codes.ts'
import type { FhirIssue } from '../r4/explain.ts'
import { isRecord } from '../r4/json-kind.ts'
import { MAX_ISSUES } from '../r4/walk.ts'
import { profileIssues } from './check.ts'
import { profileOf } from './rules.ts'

/**
 * Holds a resource to every profile of ours that it claims in `meta.profile`, and the entries of a Bundle to theirs. A profile
 * of somebody else's is theirs to judge; one that claims our name and does not exist is refused, since whoever claims it
 * believes in rules that nobody enforces.
 *
 * @param resource parsed R4
 */
export const claimIssues = (resource: unknown, expression: string): readonly FhirIssue[] => {
  if (!isRecord(resource)) return []
  const entries: readonly unknown[] = Array.isArray(resource['entry']) ? resource['entry'] : []
  const issues: FhirIssue[] = []
  // A claim counts once, however often it is made: a message with thousands of them would be checked thousands of times.
  const claimed = new Set<string>()
  for (const [index, url] of claimsOf(resource).entries()) {
    if (claimed.has(url) || !url.startsWith(OURS)) continue
    claimed.add(url)
    issues.push(...issuesOf(url, resource, { expression, place: `${expression}.meta.profile[${index}]` }))
    if (issues.length >= MAX_ISSUES) return issues
  }
  for (const [index, entry] of entries.entries()) {
    if (isRecord(entry)) issues.push(...claimIssues(entry['resource'], `${expression}.entry[${index}].resource`))
    if (issues.length >= MAX_ISSUES) return issues
  }
  return issues
}

const OURS = `${CANONICAL}/StructureDefinition/`

const claimsOf = ({ meta }: Readonly<Record<string, unknown>>): readonly string[] =>
  isRecord(meta) && Array.isArray(meta['profile']) ? meta['profile'].map(String) : []

const issuesOf = (
  claim: string,
  resource: Readonly<Record<string, unknown>>,
  { expression, place }: { readonly expression: string; readonly place: string },
): readonly FhirIssue[] => {
  const [url = ''] = claim.split('|')
  const profile = profileOf(url)
  if (profile?.type === resource['resourceType']) return profileIssues(url, resource, expression)
  const diagnostics =
    profile === undefined
      ? 'this gateway publishes no such profile: claim one of `profiles/compiled`, or none'
      : `this profile is for \`${profile.type}\`: claim one for this type, or none`
  return [{ severity: 'error', code: 'not-supported', expression: place, diagnostics }]
}
