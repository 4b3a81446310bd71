import { CANONICAL } from '../../domain/codes.ts'
import type { FhirIssue } from '../r4/explain.ts'
import { isRecord } from '../r4/json-kind.ts'
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
  return [
    ...claimsOf(resource).flatMap((url, index) => {
      const place = `${expression}.meta.profile[${index}]`
      return url.startsWith(OURS) ? issuesOf(url, resource, { expression, place }) : []
    }),
    ...entries.flatMap((entry, index) =>
      isRecord(entry) ? claimIssues(entry['resource'], `${expression}.entry[${index}].resource`) : [],
    ),
  ]
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
