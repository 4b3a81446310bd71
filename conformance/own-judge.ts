import { parseResource } from '../src/fhir/parse-resource.ts'
import { profileIssues } from '../src/fhir/profile/check.ts'
import { isResourceType, isSupportedType } from '../src/fhir/r4/elements.ts'
import { resourceTypeOf } from '../src/fhir/r4/locate.ts'
import type { Verdict } from './verdict.ts'

/** The judge that works at run time: R4 structure, then the profile. Types the gateway does not read it cannot judge. */
export const ownVerdict = (resource: unknown, profile: string | undefined): Verdict => {
  const parsed = parseResource(resource)
  if (parsed.outcome === 'invalid' && isUnread(resource)) return { issues: [] }
  if (parsed.outcome === 'invalid') return { issues: parsed.issues.map(placed) }
  if (profile === undefined) return { issues: [] }
  return { issues: profileIssues(profile, parsed.resource, parsed.resource.resourceType).map(placed) }
}

const isUnread = (resource: unknown): boolean => {
  const type = resourceTypeOf(resource)
  return typeof type === 'string' && isResourceType(type) && !isSupportedType(type)
}

const placed = ({ expression, diagnostics }: { readonly expression: string; readonly diagnostics: string }) => ({
  location: expression,
  text: diagnostics,
  code: '',
})
