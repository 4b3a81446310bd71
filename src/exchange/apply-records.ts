import type { Appointment, CareTeam, Consent, Patient, Reference, Task } from '@medplum/fhirtypes'
import type { Standing } from '../consent/decide-disclosure.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { readTask } from '../fhir/read/referral.ts'
import { mayMove } from '../domain/referral-state.ts'
import { notify } from './aftermath.ts'
import { changePatient, noteDeath } from './change-patient.ts'
import { recordConsent } from './record-consent.ts'
import { needsUpdateLock } from './look-up.ts'
import type { Resolved } from './resolve-entries.ts'
import { type Rejection, reject } from './submission.ts'
import { updateCareTeam } from './update-care-team.ts'
import type { Directory, ResolvedEntry, Work } from './work.ts'

export type Applied = {
  readonly outcome: 'applied'
  readonly clientOf: ReadonlyMap<ResolvedEntry, string>
  readonly clients: ReadonlySet<string>
  /** Clients whose permissions or team this submission changed. */
  readonly changed: ReadonlyMap<string, 'granted' | 'narrowed'>
  /** What stood in the store before, where nothing here can change it; read under the clients' locks. */
  readonly read: ReadonlyMap<string, Standing>
}

/** Everything a decision rests on, before anything is decided: who the client is, her team, her consents. */
export const applyRecords = async (
  work: Work,
  entries: readonly ResolvedEntry[],
  { directory, own, standings: read }: Resolved,
): Promise<Applied | Rejection> => {
  const clientOf = new Map<ResolvedEntry, string>()
  const changed = new Map<string, 'granted' | 'narrowed'>()
  for (const entry of entries) {
    const clientId = clientIdOf(entry, directory)
    if (clientId !== undefined) clientOf.set(entry, clientId)
    else if (needsClient(entry)) return reject(422, [unknownClient(entry)])
  }
  // INVARIANT (lock order): clients first, in id order, before anything of theirs is read or written.
  const mode = entries.some(({ entry }) => needsUpdateLock(entry)) ? 'update' : 'share'
  await work.tx.clients.hold(
    [...clientOf.values()].filter((id) => !work.newClients.has(id) && !read.has(id)),
    mode,
  )
  for (const entry of entries) {
    const clientId = clientOf.get(entry)
    if (clientId === undefined) continue
    const result = await applyOne(work, entry, { directory, own, clientId })
    if (result === undefined) continue
    if (typeof result !== 'string') return result
    if (changed.get(clientId) !== 'narrowed') changed.set(clientId, result)
  }
  return { outcome: 'applied', clientOf, clients: new Set(clientOf.values()), changed, read }
}

type Place = { readonly directory: Directory; readonly own: Resolved['own']; readonly clientId: string }

const applyOne = async (
  work: Work,
  entry: ResolvedEntry,
  { directory, own, clientId }: Place,
): Promise<Rejection | 'granted' | 'narrowed' | undefined> => {
  const isNew = entry.entry.method === 'create'
  if (is<Patient>(entry, 'Patient')) {
    if (!isNew) return changePatient(work, entry, clientId, own.get(entry.id)?.resource)
    noteDeath(work, entry)
    return undefined
  }
  if (is<CareTeam>(entry, 'CareTeam')) {
    return (await updateCareTeam(work, entry, directory, clientId)) ?? (isNew ? 'granted' : 'narrowed')
  }
  if (is<Consent>(entry, 'Consent')) {
    const change = await recordConsent(work, entry, directory, clientId)
    if (!('kind' in change)) return reject(422, change)
    return change.narrows ? 'narrowed' : 'granted'
  }
  if (is<Task>(entry, 'Task')) return changeTask(work, entry, own.get(entry.id)?.resource)
  return undefined
}

/** The sender's own Task: a new one, or a change the sender may make. The team's answers come another way. */
const changeTask = async (
  work: Work,
  entry: ResolvedEntry & { readonly resource: Task },
  before: unknown,
): Promise<Rejection | 'narrowed' | undefined> => {
  const task = readTask(entry.resource, entry.path)
  if (task.outcome === 'invalid') return reject(422, task.issues)
  if (entry.entry.method === 'create') {
    if (task.value.status === 'requested' || task.value.status === 'draft') return undefined
    const text = 'a new Task is `draft` or `requested`: what becomes of it, the asked team says'
    return reject(422, [ruleIssue(`${entry.path}.status`, text, 'sender-task-status-not-allowed')])
  }
  if (before === undefined) return undefined
  const referral = await work.tx.careTeams.referralOfTask(entry.id)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stored Task was parsed as one before it was stored
  const old = readTask(before as Task, entry.path)
  if (old.outcome === 'read' && !mayMove('sender', old.value.status, task.value.status)) {
    const text = `a sender cannot move a referral from \`${old.value.status}\` to \`${task.value.status}\``
    return reject(422, [ruleIssue(`${entry.path}.status`, text, 'sender-task-status-not-allowed')])
  }
  if (referral === undefined) return undefined
  const performer = work.exchange.parties.byId(referral.performer)
  if (performer !== undefined) await notify(work, referral.clientId, [performer], 'referral-state-changed')
  if (task.value.status !== 'cancelled' && task.value.status !== 'entered-in-error') return undefined
  await work.tx.careTeams.putReferral({ ...referral, live: false })
  // What has not arrived, or waits for a consent, does not arrive any more.
  await work.tx.outbox.supersede(referral.serviceRequestId, work.at)
  return 'narrowed'
}

/** The client a resource is about: the caller's own Patient. */
const clientIdOf = ({ resource, id, type }: ResolvedEntry, directory: Directory): string | undefined => {
  const patientId = type === 'Patient' ? id : subjectId(resource, directory)
  return patientId === undefined ? undefined : directory.clientOfPatient(patientId)
}

export const subjectId = (resource: ResolvedEntry['resource'], directory: Directory): string | undefined => {
  const reference = subjectOf(resource)
  return reference === undefined ? undefined : directory.patientId(reference)
}

const subjectOf = (resource: ResolvedEntry['resource']): Reference | undefined => {
  switch (resource.resourceType) {
    case 'Consent':
    case 'EpisodeOfCare':
    case 'RelatedPerson':
      return resource.patient
    case 'Task':
      return resource.for
    case 'Appointment':
      return clientOfAppointment(resource)
    case 'CareTeam':
    case 'Communication':
    case 'Condition':
    case 'DocumentReference':
    case 'Encounter':
    case 'Goal':
    case 'MedicationRequest':
    case 'MedicationStatement':
    case 'Observation':
    case 'QuestionnaireResponse':
    case 'ServiceRequest':
      return resource.subject
    default:
      return undefined
  }
}

export const clientOfAppointment = ({ participant }: Appointment): Reference | undefined =>
  participant?.find(({ actor }) => actor?.type === 'Patient' || (actor?.reference ?? '').startsWith('Patient/'))?.actor

const needsClient = ({ type }: ResolvedEntry): boolean => !clientless.has(type)

const clientless: ReadonlySet<ResolvedEntry['type']> = new Set([
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Medication',
  'Questionnaire',
  'Binary',
  'DocumentReference',
])

const unknownClient = (entry: ResolvedEntry) =>
  ({
    severity: 'error',
    code: 'not-found',
    expression: `${entry.path}.${clientElement[entry.type] ?? 'subject'}`,
    diagnostics: 'this names none of your clients here: post the Patient first, or send it in the same Bundle',
    error: 'sender-unknown-client',
  }) as const

const clientElement: Readonly<Partial<Record<string, string>>> = {
  Consent: 'patient',
  EpisodeOfCare: 'patient',
  RelatedPerson: 'patient',
  Task: 'for',
  Appointment: 'participant',
}

const is = <R extends ResolvedEntry['resource']>(
  entry: ResolvedEntry,
  type: R['resourceType'],
): entry is ResolvedEntry & { readonly resource: R } => entry.resource.resourceType === type
