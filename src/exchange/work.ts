import type { Reference } from '@medplum/fhirtypes'
import type { ConsentRecord } from '../consent/consent-record.ts'
import type { Standing } from '../consent/decide-disclosure.ts'
import { identifierIdentity, type Identity, referenceIdentity } from '../domain/identity.ts'
import type { Party } from '../domain/party.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import type { Membership } from '../store/queries/care-teams.ts'
import type { Transaction } from '../store/store.ts'
import type { Exchange } from './exchange.ts'
import type { Entry, WritableType } from './submission.ts'

/** One submission while it is being worked on, inside its transaction. */
export type Work = {
  readonly exchange: Exchange
  readonly tx: Transaction
  readonly caller: Party
  readonly at: number
  readonly requestId: string | undefined
  /**
   * Clients this very transaction made, with what it has recorded of them: nobody else can see or change them before the
   * commit, so that they need no lock and nothing read back.
   */
  readonly newClients: Map<string, NewClient>
}

export type NewClient = {
  readonly client: Standing['client']
  readonly consents: ConsentRecord[]
  readonly members: (Membership & { readonly team: string })[]
}

/** An entry with its references resolved and its id decided. */
export type ResolvedEntry = {
  readonly entry: Entry
  readonly path: string
  readonly type: WritableType
  readonly id: string
  readonly version: number
  /** True when a conditional create found the sender's own existing resource: nothing happens again. */
  readonly existing: boolean
  /** References rewritten, meta stamped; unknown until read again by type. */
  readonly resource: Entry['resource']
  readonly notes: OutcomeIssue[]
}

/** The caller's own resources that a submission brings or refers to. */
export type Directory = {
  find(reference: string): { readonly resource: unknown; readonly path: string } | undefined
  /** The caller's own Patient id for a client reference, literal or logical. */
  patientId(reference: Reference): string | undefined
  clientOfPatient(patientId: string): string | undefined
}

/**
 * All names of an actor: as written, and the identifiers of the caller's own Organization it refers to. What nobody can
 * compare with a party, such as one coach of a team or an Organization without identifiers, has no names: the engine
 * takes it as unknown, so that a deny of it is not lost (rule 11).
 */
export const namesOf =
  (directory: Directory) =>
  ({ reference, identifier }: Reference): readonly Identity[] => {
    const named = identifiersOf({ identifier }).map(identifierIdentity)
    if (reference === undefined) return named
    const found = directory.find(reference)?.resource
    const own = isOrganization(found) ? identifiersOf(found).map(identifierIdentity) : []
    return own.length === 0 ? named : [...named, referenceIdentity(reference), ...own]
  }

const isOrganization = (resource: unknown): boolean =>
  typeof resource === 'object' &&
  resource !== null &&
  'resourceType' in resource &&
  resource.resourceType === 'Organization'

/** The configured party behind a reference: an Organization by its identifiers, a role by its organisation. */
export const partyBehind = (work: Work, directory: Directory, reference: Reference): Party | undefined => {
  const { parties } = work.exchange
  const { identifier } = reference
  if (identifier?.system !== undefined && identifier.value !== undefined) {
    const party = parties.byIdentifier({ system: identifier.system, value: identifier.value })
    if (party !== undefined) return party
  }
  const found = reference.reference === undefined ? undefined : directory.find(reference.reference)?.resource
  for (const one of identifiersOf(found)) {
    const party = parties.byIdentifier(one)
    if (party !== undefined) return party
  }
  const organization = organizationOf(found)
  return organization === undefined ? undefined : partyBehind(work, directory, organization)
}

export const identifiersOf = (resource: unknown): readonly { readonly system: string; readonly value: string }[] => {
  if (typeof resource !== 'object' || resource === null || !('identifier' in resource)) return []
  const list: readonly unknown[] = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier]
  return list.flatMap((one) =>
    typeof one === 'object' && one !== null && 'system' in one && 'value' in one
      ? [{ system: String(one.system), value: String(one.value) }]
      : [],
  )
}

const organizationOf = (resource: unknown): Reference | undefined => {
  if (typeof resource !== 'object' || resource === null || !('resourceType' in resource)) return undefined
  if (resource.resourceType !== 'PractitionerRole' || !('organization' in resource)) return undefined
  const { organization } = resource
  if (typeof organization !== 'object' || organization === null) return undefined
  return {
    ...('reference' in organization &&
      typeof organization.reference === 'string' && { reference: organization.reference }),
    ...('identifier' in organization && identifierIn(organization.identifier)),
  }
}

const identifierIn = (value: unknown): Reference => {
  const [identifier] = identifiersOf({ identifier: value })
  return identifier === undefined ? {} : { identifier }
}
