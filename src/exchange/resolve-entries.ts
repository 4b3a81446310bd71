import type { Patient, Reference } from '@medplum/fhirtypes'
import type { Standing } from '../consent/decide-disclosure.ts'
import { ACT_CODE_SYSTEM, CONFIDENTIALITY_SYSTEM, FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE } from '../domain/codes.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { isProtected, readPatient } from '../fhir/read/patient.ts'
import {
  isAcceptable,
  literalReferences,
  referencesOf,
  relativeReference,
  rewriteReferences,
} from '../fhir/references.ts'
import type { StoredResource } from '../store/queries/resources.ts'
import { nameConditions } from './conditional-references.ts'
import { identify, type Identified } from './identify-entries.ts'
import { linkPatient } from './link-client.ts'
import { type LookedUp, lookUp, resourceKey } from './look-up.ts'
import { type Entry, isFollowed, type Rejection, reject } from './submission.ts'
import { type Directory, identifiersOf, type ResolvedEntry, type Work } from './work.ts'

export type Resolved = {
  readonly outcome: 'resolved'
  readonly entries: readonly ResolvedEntry[]
  readonly directory: Directory
  /** Resources the caller already had and refers to or updates, by id. */
  readonly own: ReadonlyMap<string, StoredResource>
  /** See `LookedUp`. */
  readonly standings: ReadonlyMap<string, Standing>
}

/**
 * Decides ids, finds what exists, links new patients and makes every reference point to the caller's own resources.
 * Anything that is not the caller's own is "unknown", whether it exists or not: there is no other answer to learn from.
 */
export const resolveEntries = async (work: Work, entries: readonly Entry[]): Promise<Resolved | Rejection> => {
  const own = await lookUp(work, entries)
  const identified = identify(work, entries, own.idOf)
  if ('outcome' in identified) return identified
  const linked = await linkNewPatients(work, identified, own)
  if ('outcome' in linked) return linked
  const placed = identified.map(
    (one) => filedBefore(one, identified, own) ?? { ...one, id: linked.ids.get(one) ?? one.id },
  )
  const names = new Map<string, string>(
    placed.flatMap(({ entry, id }) =>
      entry.fullUrl === undefined ? [] : [[entry.fullUrl, `${entry.resource.resourceType}/${id}`] as const],
    ),
  )
  const unmatched = nameConditions(work, placed, names, own)
  if (unmatched.length > 0) return reject(412, unmatched)
  const issues = placed.flatMap(({ entry }) => referenceIssues(entry, names, own))
  if (issues.length > 0) return reject(422, issues)
  const resolved = placed.map((one) => finish(work, one, names, own))
  return {
    outcome: 'resolved',
    entries: resolved,
    own: own.resources,
    standings: own.standings,
    directory: directoryOf(work, resolved, own, linked.clients),
  }
}

/**
 * A Binary carries no identifier, so a repeated transaction would store it again: when what refers to it exists already,
 * it is the Binary that was filed then.
 */
const filedBefore = (one: Identified, all: readonly Identified[], own: LookedUp): Identified | undefined => {
  const { fullUrl, resource } = one.entry
  if (resource.resourceType !== 'Binary' || fullUrl === undefined) return undefined
  const owners = all.filter(({ entry }) => literalReferences(entry.resource).includes(fullUrl))
  if (owners.length === 0 || !owners.every(({ existing }) => existing)) return undefined
  for (const { id } of owners) {
    for (const reference of literalReferences(own.resources.get(id)?.resource)) {
      const filed = own.resources.get(relativeReference(reference)?.id ?? '')
      if (filed?.type === 'Binary') return { ...one, id: filed.id, existing: true }
    }
  }
  return undefined
}

type LinkedPatients = { readonly ids: ReadonlyMap<Identified, string>; readonly clients: ReadonlyMap<string, string> }

const linkNewPatients = async (
  work: Work,
  identified: readonly Identified[],
  { clients: known }: LookedUp,
): Promise<LinkedPatients | Rejection> => {
  const ids = new Map<Identified, string>()
  const clients = new Map<string, string>()
  for (const one of identified) {
    const { resource, path } = one.entry
    if (resource.resourceType !== 'Patient' || one.existing || one.entry.method === 'update') continue
    const facts = readPatient(resource, path)
    if (facts.outcome === 'invalid') return reject(422, facts.issues)
    const linked = await linkPatient(work, facts.value, { newId: one.id, path, taken: clients, known })
    if (linked.outcome === 'rejected') return reject(linked.status, [linked.issue])
    ids.set(one, linked.patientId)
    clients.set(linked.patientId, linked.clientId)
  }
  return { ids, clients }
}

const referenceIssues = (entry: Entry, names: ReadonlyMap<string, string>, own: LookedUp): readonly OutcomeIssue[] => {
  const isConsent = entry.resource.resourceType === 'Consent'
  const fault = (reference: string) => faultIn(reference, { names, own, isConsent })
  if (literalReferences(entry.resource).every((reference) => fault(reference) === undefined)) return []
  return referencesOf(entry.resource, entry.path).flatMap(({ reference, expression }) => {
    const issue = fault(reference)
    if (issue === undefined) return []
    if (issue !== 'not-allowed') return [unknownIssue(expression, issue.type)]
    const text = 'use a relative reference to a resource of yours, or `urn:uuid:` into this Bundle'
    return [ruleIssue(expression, text, 'sender-reference-not-allowed')]
  })
}

/** @returns what is wrong with a reference: of a kind that is not taken, or to nothing of the caller's. */
const faultIn = (
  reference: string,
  {
    names,
    own,
    isConsent,
  }: { readonly names: ReadonlyMap<string, string>; readonly own: LookedUp; readonly isConsent: boolean },
): 'not-allowed' | { readonly type: string | undefined } | undefined => {
  if (names.has(reference)) return undefined
  if (!isAcceptable(reference)) return 'not-allowed'
  const relative = relativeReference(reference)
  if (relative === undefined) return reference.startsWith('urn:') ? { type: undefined } : undefined
  if (!isFollowed(relative.type, isConsent)) return undefined
  if (relative.type === 'Patient' && own.patients.has(relative.id)) return undefined
  return own.resources.get(relative.id)?.type === relative.type ? undefined : { type: relative.type }
}

const unknownIssue = (expression: string, type: string | undefined): OutcomeIssue => ({
  severity: 'error',
  code: 'not-found',
  expression,
  diagnostics:
    type === 'Patient'
      ? 'this is none of your clients here: post the Patient first, or send it in the same Bundle'
      : 'this refers to nothing of yours here: post it first, or send it in the same Bundle',
  error: type === 'Patient' ? 'sender-unknown-client' : 'sender-unknown-reference',
})

const finish = (work: Work, one: Identified, names: ReadonlyMap<string, string>, own: LookedUp): ResolvedEntry => {
  const { entry, id, existing } = one
  const stored = own.resources.get(id)
  const version = existing ? (stored?.version ?? 1) : entry.method === 'update' ? (stored?.version ?? 0) + 1 : 1
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rewriting changes strings only, not the shape
  const rewritten = (existing ? stored?.resource : rewriteReferences(entry.resource, names)) as Entry['resource']
  return {
    entry,
    path: entry.path,
    type: entry.resource.resourceType,
    id,
    version,
    existing,
    resource: existing ? rewritten : stamp(work, rewritten, { id, version, before: stored?.resource }),
    notes: [],
  }
}

/**
 * Id, version, time and the labels configured for the sender; a label the sender wrote itself stays, and so does safety
 * non-disclosure when an update leaves it out.
 */
const stamp = (
  { caller, at }: Work,
  resource: Entry['resource'],
  { id, version, before }: { readonly id: string; readonly version: number; readonly before: unknown },
): Entry['resource'] => {
  const security = [...(resource.meta?.security ?? [])]
  const add = (system: string, code: string): void => {
    if (!security.some((label) => label.system === system && label.code === code)) security.push({ system, code })
  }
  if (caller.labels !== undefined && resource.resourceType !== 'Binary') {
    if (!security.some(({ system }) => system === CONFIDENTIALITY_SYSTEM))
      add(CONFIDENTIALITY_SYSTEM, caller.labels.confidentiality)
    for (const code of caller.labels.sensitivity) add(ACT_CODE_SYSTEM, code)
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an update has the type of what it updates
  if (resource.resourceType === 'Patient' && before !== undefined && isProtected(before as Patient))
    add(FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE)
  const meta = {
    ...resource.meta,
    versionId: String(version),
    lastUpdated: new Date(at).toISOString(),
    ...(security.length > 0 && { security }),
  }
  return { ...resource, id, meta }
}

const directoryOf = (
  work: Work,
  entries: readonly ResolvedEntry[],
  own: LookedUp,
  newClients: ReadonlyMap<string, string>,
): Directory => {
  const brought = new Map(entries.map(({ type, id, resource, path }) => [`${type}/${id}`, { resource, path }]))
  const patientKeys = new Map<string, string>()
  const remember = (resource: unknown, id: string): void => {
    for (const one of identifiersOf(resource)) patientKeys.set(resourceKey(work, 'Patient', one), id)
  }
  for (const stored of own.resources.values()) if (stored.type === 'Patient') remember(stored.resource, stored.id)
  for (const { type, id, resource } of entries) if (type === 'Patient') remember(resource, id)
  return {
    find: (reference) => {
      const relative = relativeReference(reference)
      if (relative === undefined) return undefined
      const key = `${relative.type}/${relative.id}`
      const stored = own.resources.get(relative.id)
      return brought.get(key) ?? (stored?.type === relative.type ? { resource: stored.resource, path: key } : undefined)
    },
    patientId: (reference: Reference) => {
      const relative = reference.reference === undefined ? undefined : relativeReference(reference.reference)
      if (relative?.type === 'Patient') return relative.id
      const [identifier] = identifiersOf(reference)
      return identifier === undefined ? undefined : patientKeys.get(resourceKey(work, 'Patient', identifier))
    },
    clientOfPatient: (patientId) => newClients.get(patientId) ?? own.patients.get(patientId),
  }
}
