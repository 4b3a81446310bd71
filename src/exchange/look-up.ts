import type { Standing } from '../consent/decide-disclosure.ts'
import type { Identifier } from '../domain/identity.ts'
import { readPatient } from '../fhir/read/patient.ts'
import {
  conditionalReference,
  type ConditionalReference,
  literalReferences,
  relativeReference,
} from '../fhir/references.ts'
import type { StoredResource } from '../store/queries/resources.ts'
import { patientKeys } from './link-client.ts'
import type { Entry } from './submission.ts'
import { isUuid } from './uuid.ts'
import { identifiersOf, type Work } from './work.ts'

/** What the entries of a submission meet among what is stored. */
export type LookedUp = {
  /** The caller's own resources by the keys of their business identifiers. */
  readonly idOf: ReadonlyMap<string, string>
  /** The caller's own resources that the submission refers to, updates or finds by identifier, by id. */
  readonly resources: Map<string, StoredResource>
  /** Clients behind the caller's own Patients. */
  readonly patients: Map<string, string>
  /**
   * Clients by the identifier keys of the one Patient the submission brings; undefined when it brings several, for then
   * the second one may be the first one's client.
   */
  readonly clients: readonly { readonly key: string; readonly clientId: string }[] | undefined
  /**
   * What decisions rest on, of the clients behind the Patients referred to, who are locked from here on. Empty when the
   * submission may change it: then it is read after the change, under a stronger lock.
   */
  readonly standings: ReadonlyMap<string, Standing>
}

/**
 * What is written under the `update` lock: who may be told what, and every new version, which ends what waits of the one
 * before. INVARIANT (no ring of waits): under the `share` lock nothing queued is ended, for a telling of the same client
 * takes her lanes in another order than an end of what is queued.
 */
export const needsUpdateLock = ({ resource, method }: Pick<Entry, 'resource' | 'method'>): boolean =>
  method === 'update' || standingTypes.has(resource.resourceType)

const standingTypes: ReadonlySet<string> = new Set(['Patient', 'Consent', 'CareTeam', 'Task', 'ServiceRequest'])

/** Asks for all of it in one round trip. */
export const lookUp = async (work: Work, entries: readonly Entry[]): Promise<LookedUp> => {
  const { tx, caller } = work
  const keys = entries.flatMap(({ resource }) => [
    ...identifiersOf(resource).map((one) => resourceKey(work, resource.resourceType, one)),
    ...logicalSubjects(resource).map((one) => resourceKey(work, 'Patient', one)),
    ...conditionalReferences(resource).map((one) => resourceKey(work, one.type, one)),
  ])
  const ids = new Set<string>()
  for (const { resource, method, id } of entries) {
    addIds(ids, resource)
    if (method === 'update' && id !== undefined) ids.add(id)
  }
  const wanted = [...ids].filter(isUuid)
  const newPatients = entries.flatMap(({ resource, method, path }) =>
    resource.resourceType === 'Patient' && method === 'create' ? [readPatient(resource, path)] : [],
  )
  const [facts] = newPatients
  const isOne = newPatients.length === 1 && facts?.outcome === 'read'
  const isChange = entries.some(needsUpdateLock)
  const [own, links, clients, standings] = await Promise.all([
    tx.resources.ofParty(caller.id, [...new Set(keys)], wanted),
    tx.clients.linksOfParty(caller.id, wanted),
    isOne ? tx.clients.byIdentifierKeys(patientKeys(work, facts.value)) : undefined,
    isChange ? new Map<string, Standing>() : tx.standings.lockBehind(caller.id, wanted),
  ])
  const met: LookedUp = {
    idOf: new Map(own.flatMap(({ key, stored }) => (key === undefined ? [] : [[key, stored.id]]))),
    resources: new Map(own.map(({ stored }) => [stored.id, stored])),
    patients: new Map(links.map(({ patientId, clientId }) => [patientId, clientId])),
    clients,
    standings,
  }
  for (const { stored } of own) {
    if (stored.type === 'Patient' && stored.clientId !== undefined) met.patients.set(stored.id, stored.clientId)
  }
  await readOn(work, met)
  return met
}

/** One step further: a role's organisation, a form's file. */
const readOn = async ({ tx, caller }: Work, { resources }: LookedUp): Promise<void> => {
  const further = new Set<string>()
  for (const { resource } of resources.values()) addIds(further, resource)
  const unread = [...further].filter((id) => isUuid(id) && !resources.has(id))
  if (unread.length === 0) return
  for (const { stored } of await tx.resources.ofParty(caller.id, [], unread)) resources.set(stored.id, stored)
}

const addIds = (ids: Set<string>, resource: unknown): void => {
  for (const reference of literalReferences(resource)) {
    const relative = relativeReference(reference)
    if (relative !== undefined) ids.add(relative.id)
  }
}

/** Clients named by identifier instead of by reference, as EHRs often do: the caller's own Patients only. */
const logicalSubjects = (resource: Entry['resource']): readonly Identifier[] =>
  ['subject' in resource ? resource.subject : undefined, 'patient' in resource ? resource.patient : undefined].flatMap(
    (reference) => (reference === undefined ? [] : identifiersOf(reference)),
  )

const conditionalReferences = (resource: Entry['resource']): readonly ConditionalReference[] =>
  literalReferences(resource).flatMap((reference) => {
    const condition = conditionalReference(reference)
    return condition === undefined || condition === 'unusable' ? [] : [condition]
  })

/** Business identifiers are compared among one party's resources of one type. */
export const resourceKey = (
  { exchange, caller }: Pick<Work, 'exchange' | 'caller'>,
  type: string,
  identifier: Identifier,
): string => exchange.pseudonyms.identifier(identifier, `${caller.id} ${type}`)
