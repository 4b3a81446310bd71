import type { Reference } from '@medplum/fhirtypes'
import type { NameReference } from '../fhir/read/provision.ts'
import { readPeriodOf } from '../fhir/read/provision.ts'
import { isJson, type Json, objectsOf } from '../fhir/read/shape.ts'
import { periodMatch } from '../consent/period.ts'
import { identifierIdentity, type Identity, referenceIdentity } from '../domain/identity.ts'

/** What a case brings to look things up in. */
export type CaseDirectory = {
  find(reference: string): { readonly resource: Json; readonly path: string } | undefined
  /** Names of an actor of a Consent; `contained`: the Consent's own contained resources. */
  nameOf(contained: unknown): NameReference
}

/** Resources that are no actors: with only these, references are compared as written. */
const noActors: readonly unknown[] = ['DocumentReference', 'Binary', 'Patient']

/**
 * Resolves actors and team membership (rule 11). Naming a team names its members of the moment; nothing names an employer
 * or a parent organisation. What the request itself names needs no entry.
 */
export const caseDirectory = (
  entries: readonly unknown[],
  acting: ReadonlySet<Identity>,
  { asOf, zone }: { readonly asOf: number; readonly zone: string },
): CaseDirectory => {
  const byName = new Map<string, { readonly resource: Json; readonly path: string }>()
  for (const [index, resource] of entries.entries()) {
    if (isJson(resource))
      byName.set(nameIn(resource), {
        resource,
        path: `directory[${index}]`,
      })
  }
  const strict = [...byName.values()].some(({ resource }) => !noActors.includes(resource['resourceType']))
  const find = (reference: string) => byName.get(unversioned(reference))
  const nameOf =
    (contained: unknown) =>
    ({ reference, identifier }: Reference): readonly Identity[] => {
      const logical = identifiersOf({ identifier })
      const local = reference?.startsWith('#') === true
      const own = local ? identifiersOf(containedIn(contained, reference)) : []
      const literal = reference === undefined || local ? [] : [referenceIdentity(reference)]
      const written = [...logical, ...own, ...literal]
      const found = [...byName.values()].find(
        ({ resource }) =>
          (reference !== undefined && nameIn(resource) === unversioned(reference)) ||
          identifiersOf(resource).some((name) => logical.includes(name)),
      )?.resource
      if (found === undefined) return strict && !written.some((name) => acting.has(name)) ? [] : written
      const members = membersOf(found, asOf, zone)
      // INVARIANT (a team nobody can read names nobody for sure): unknown, for a permit and for a deny.
      return members === undefined ? [] : [...written, ...identifiersOf(found), ...members]
    }
  return { find, nameOf }
}

const unversioned = (reference: string): string => reference.split('/_history/')[0] ?? ''

const nameIn = ({ resourceType, id }: Json): string =>
  typeof resourceType === 'string' && typeof id === 'string' ? `${resourceType}/${id}` : ''

/** The members of a Group or CareTeam at a moment; undefined when it cannot be said who they are. */
const membersOf = (resource: Json, asOf: number, zone: string): readonly Identity[] | undefined => {
  const isTeam = resource['resourceType'] === 'Group' || resource['resourceType'] === 'CareTeam'
  if (!isTeam) return []
  const members = [
    ...objectsOf(resource['member'], 'member', []).map(({ entity, ...one }) => ({ ...one, who: entity })),
    ...objectsOf(resource['participant'], 'participant', []).map(({ member, ...one }) => ({ ...one, who: member })),
  ]
  const names: Identity[] = []
  for (const { who, ...member } of members) {
    const present = periodMatch(readPeriodOf(isJson(member) ? member['period'] : undefined, zone), asOf)
    if (present === 'U') return undefined
    const inactive = isJson(member) && member['inactive'] === true
    if (present === 'T' && !inactive && isJson(who)) {
      names.push(
        ...(typeof who['reference'] === 'string' ? [referenceIdentity(who['reference'])] : []),
        ...identifiersOf(who),
      )
    }
  }
  return names
}

const containedIn = (contained: unknown, reference: string): unknown =>
  objectsOf(contained, 'contained', []).find(({ id }) => typeof id === 'string' && `#${id}` === reference)

const identifiersOf = (resource: unknown): readonly Identity[] => {
  if (!isJson(resource)) return []
  const { identifier } = resource
  return objectsOf(Array.isArray(identifier) ? identifier : [identifier], '', []).flatMap(({ system, value }) =>
    typeof system === 'string' && typeof value === 'string' ? [identifierIdentity({ system, value })] : [],
  )
}
