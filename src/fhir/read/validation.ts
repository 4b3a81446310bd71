import { CANONICAL } from '../../domain/codes.ts'
import type { OutcomeIssue } from '../outcome.ts'
import { profileIssues } from '../profile/check.ts'
import { profileOf } from '../profile/rules.ts'
import { isRecord } from '../r4/json-kind.ts'

/** `mode` of $validate: for what the content is judged; `profile`: for nothing but its form. */
export const validationModes = ['create', 'update', 'profile'] as const
export type ValidationMode = (typeof validationModes)[number]

/** What $validate is asked (R4 resource-operation-validate). */
export type Validation = {
  /** Unparsed. */
  readonly resource: unknown
  /** As the resource itself says them: who validates an update sends back what it has read. */
  readonly id: string | undefined
  readonly version: string | undefined
  readonly mode: string | undefined
  readonly profile: string | undefined
}

/**
 * Reads the body of $validate: the resource itself, or Parameters with `resource`, `mode` and `profile`. Parameters are
 * taken apart before they are parsed, so that the issues speak of the resource and not of what it came in.
 *
 * @returns undefined when Parameters carry no resource
 */
export const readValidation = (json: unknown): Validation | undefined => {
  if (!isRecord(json) || json['resourceType'] !== 'Parameters') {
    return { ...aboutResource(json), mode: undefined, profile: undefined }
  }
  const parameters = (Array.isArray(json['parameter']) ? json['parameter'] : []).filter(isRecord)
  const named = (name: string) => parameters.find((one) => one['name'] === name)
  const resource = named('resource')?.['resource']
  if (resource === undefined) return undefined
  const [mode, profile] = [named('mode'), named('profile')]
  return {
    ...aboutResource(resource),
    mode: word(mode?.['valueCode'] ?? mode?.['valueString']),
    profile: word(profile?.['valueUri'] ?? profile?.['valueCanonical']),
  }
}

/** Holds a resource, parsed before, to one profile of ours, claimed or not; somebody else's cannot be judged here. */
export const issuesAgainst = (url: string, resource: { readonly resourceType: string }): readonly OutcomeIssue[] => {
  const profile = url.startsWith(`${CANONICAL}/`) ? profileOf(url) : undefined
  if (profile?.type === resource.resourceType) {
    const error = 'sender-profile-violated'
    return profileIssues(url, resource, resource.resourceType).map((issue) => ({ ...issue, error }))
  }
  const diagnostics =
    profile === undefined
      ? 'the profile asked for is none of those in `supportedProfile` of `/fhir/metadata`, and cannot be judged here'
      : `the profile asked for is for \`${profile.type}\``
  return [{ severity: 'error', code: 'not-supported', diagnostics, error: 'sender-profile-unknown' }]
}

const aboutResource = (resource: unknown) => {
  const { id, meta } = isRecord(resource) ? resource : {}
  return { resource, id: word(id), version: word(isRecord(meta) ? meta['versionId'] : undefined) }
}

const word = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
