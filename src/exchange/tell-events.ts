import type { ServiceRequest, Task } from '@medplum/fhirtypes'
import type { Standing } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import { eventStanding, isRetraction, silencingElement } from '../fhir/read/event-standing.ts'
import { drugFacts, isMedicine, type Medicine } from '../fhir/read/medication.ts'
import { isUrgent } from '../fhir/read/urgency.ts'
import { isUpdateSource, readUpdate, type UpdateSource } from '../fhir/read/update.ts'
import { pointsTo } from '../fhir/references.ts'
import { factsOf } from './facts.ts'
import { subjectId } from './apply-records.ts'
import { receiveReferral, taskOf, withReferral } from './receive-referral.ts'
import { receiveTask } from './receive-task.ts'
import { heldNote, keptNote, queuedNote, untoldNote } from './refusal-outcome.ts'
import { retract } from './retract.ts'
import { isKeptOnly, type Rejection, reject } from './submission.ts'
import { type Judged, judge, recordTold } from './tell.ts'
import { recipientsOf, type Telling, type Verdict } from './weigh.ts'
import { type Directory, partyBehind, type ResolvedEntry, type Work } from './work.ts'

export type EventRefusal = {
  readonly entry: ResolvedEntry
  readonly telling: Telling
  readonly verdicts: readonly Verdict[]
}

export type EventContext = {
  readonly entries: readonly ResolvedEntry[]
  readonly directory: Directory
  readonly clientOf: ReadonlyMap<ResolvedEntry, string>
  readonly standings: ReadonlyMap<string, Standing>
}

export type EventTelling = {
  readonly entry: ResolvedEntry
  readonly telling: Telling
  readonly standing: Standing
  readonly recipients: readonly Party[]
  readonly mayHold: boolean
}

/** First decision on everything a submission tells. One refusal by all refuses the submission: it is all or nothing. */
export const tellEvents = async (
  work: Work,
  fresh: readonly ResolvedEntry[],
  context: EventContext,
): Promise<
  { readonly outcome: 'told' } | { readonly outcome: 'refused'; readonly refusals: readonly EventRefusal[] } | Rejection
> => {
  const events = await eventsOf(work, fresh, context)
  if ('outcome' in events) return events
  const judged: (Judged & { readonly entry: ResolvedEntry })[] = []
  for (const { entry, telling, standing, recipients, mayHold } of events) {
    judged.push({ entry, ...(await judge(work, telling, standing, recipients, mayHold)) })
  }
  // A referral without permission for the identity is still a referral; only the referral itself decides.
  const refusals = judged.filter(
    ({ outcome, telling }) => outcome === 'refused' && telling.update.category !== 'identity',
  )
  if (refusals.length > 0) return { outcome: 'refused', refusals }
  await untold(work, fresh, context)
  const told: Judged[] = []
  for (const { entry, ...one } of judged) {
    // A Task tells the referral it belongs to, which was told without it.
    const isNewVersion = entry.entry.method === 'update' || isTask(entry)
    const next = isNewVersion ? await overtake(work, one) : one
    note(entry, next)
    told.push(next)
  }
  await recordTold(work, told)
  return { outcome: 'told' }
}

/**
 * Stops what waits of the version before. What may have left of it is tried to its end, and passed by nothing: it would
 * arrive behind the new version and be taken for the newer one.
 */
const overtake = async ({ tx, at }: Work, one: Judged): Promise<Judged> => {
  const { telling } = one
  await tx.outbox.supersede(telling.resourceId, at)
  if (!telling.urgent || !(await tx.outbox.isBeingTried(telling.resourceId))) return one
  return { ...one, telling: { ...telling, urgent: false } }
}

/** What is kept and told to nobody: it stops the version before it, and a retraction takes that back. */
const untold = async (work: Work, fresh: readonly ResolvedEntry[], context: EventContext): Promise<void> => {
  for (const entry of fresh) {
    if (isKeptOnly(entry.type)) entry.notes.push(keptNote(entry.path, entry.type))
    if (!isUpdate(entry) || isNews(entry)) continue
    const standing = context.standings.get(context.clientOf.get(entry) ?? '')
    entry.notes.push(untoldNote(entry.path, silencingElement(entry.resource)))
    if (entry.entry.method === 'create' || standing === undefined) continue
    if (isRetraction(entry.resource)) await retract(work, entry, standing)
    else await work.tx.outbox.supersede(entry.id, work.at)
  }
}

/** What a submission wants to tell and to whom, before anything is decided. */
export const eventsOf = async (
  work: Work,
  fresh: readonly ResolvedEntry[],
  context: EventContext,
): Promise<readonly EventTelling[] | Rejection> => {
  const events: EventTelling[] = []
  for (const entry of fresh) {
    const clientId = context.clientOf.get(entry)
    const standing = clientId === undefined ? undefined : context.standings.get(clientId)
    if (clientId === undefined || standing === undefined) continue
    if (isReferral(entry) || isLateTask(entry, fresh)) {
      const patientId = subjectId(entry.resource, context.directory) ?? ''
      const place = { clientId, patientId, task: taskOf(entry.id, context.entries) }
      const referral = isReferral(entry)
        ? await receiveReferral(work, entry, context.directory, place)
        : await receiveTask(work, entry, context.directory, place)
      if (referral === undefined) continue
      if (referral.outcome === 'rejected') return referral
      const asked = withReferral(standing, work.caller, referral.performer)
      for (const telling of referral.tellings) {
        events.push({ entry, telling, standing: asked, recipients: [referral.performer], mayHold: true })
      }
    } else if (isUpdate(entry) && isNews(entry) && !isSpokenFor(entry, fresh)) {
      const event = eventOf(work, entry, clientId, standing, context.directory)
      if ('status' in event) return event
      events.push(event)
    }
  }
  return events
}

type UpdateEntry = ResolvedEntry & { readonly resource: UpdateSource }

const eventOf = (
  work: Work,
  entry: UpdateEntry,
  clientId: string,
  standing: Standing,
  directory: Directory,
): EventTelling | Rejection => {
  const { zone } = work.exchange.policy
  const find = (reference: string): unknown => directory.find(reference)?.resource
  const medicines = medicinesAbout(entry, find)
  const reading = readUpdate(entry.resource, {
    path: entry.path,
    zone,
    about: medicines.filter((one) => eventStanding(one) === 'news'),
    find,
    isCoach: (reference) => partyBehind(work, directory, reference)?.kind === 'ips-team',
  })
  if (reading.outcome === 'invalid') return reject(422, reading.issues)
  const { update, validUntil } = reading.value
  const facts = factsOf(entry, update, clientId, zone)
  const drugs = [...medicines, ...(isByReference(entry.resource) ? [entry.resource] : [])].map((one) =>
    drugFacts(one, find),
  )
  const telling: Telling = {
    clientId,
    sender: work.caller,
    resourceId: entry.id,
    source: `${entry.type}/${entry.id}`,
    update,
    // A deny of a drug holds for the words about it, too.
    facts: {
      ...facts,
      codes: [...facts.codes, ...drugs.flatMap(({ codes }) => codes)],
      hasUncoded: facts.hasUncoded === true || drugs.some(({ hasUncoded }) => hasUncoded),
    },
    validUntil,
    urgent: isUrgent(entry.resource),
  }
  const recipients = recipientsOf(work.exchange, standing, work.caller, work.at)
  return { entry, telling, standing, recipients, mayHold: false }
}

/** Its own drug stands elsewhere, so that `factsOf` has not seen it. */
const isByReference = (resource: UpdateSource): resource is Medicine =>
  isMedicine(resource) && resource.medicationCodeableConcept === undefined

/** Prescriptions and statements a message is about: the same event, told once. */
const medicinesAbout = ({ resource }: UpdateEntry, find: (reference: string) => unknown): readonly Medicine[] =>
  resource.resourceType === 'Communication'
    ? (resource.about ?? []).flatMap(({ reference }) => {
        const found = reference === undefined ? undefined : find(reference)
        return isMedicine(found) ? [found] : []
      })
    : []

/** A prescription or statement that a message of the same submission explains is no event of its own. */
const isSpokenFor = (entry: ResolvedEntry, all: readonly ResolvedEntry[]): boolean =>
  isMedicine(entry.resource) &&
  all.some(
    ({ resource }) =>
      resource.resourceType === 'Communication' &&
      eventStanding(resource) === 'news' &&
      (resource.about ?? []).some(({ reference }) => pointsTo(reference, entry.type, entry.id)),
  )

const note = (entry: ResolvedEntry, { outcome, telling, verdicts }: Judged): void => {
  if (outcome === 'queued') entry.notes.push(queuedNote(entry.path, telling, verdicts))
  if (outcome === 'held') entry.notes.push(heldNote(entry.path))
}

const isReferral = (entry: ResolvedEntry): entry is ResolvedEntry & { readonly resource: ServiceRequest } =>
  entry.type === 'ServiceRequest'

const isTask = (entry: ResolvedEntry): entry is ResolvedEntry & { readonly resource: Task } => entry.type === 'Task'

/** A new Task without its referral in the same submission. */
const isLateTask = (
  entry: ResolvedEntry,
  fresh: readonly ResolvedEntry[],
): entry is ResolvedEntry & { readonly resource: Task } =>
  isTask(entry) &&
  entry.entry.method === 'create' &&
  !fresh.some((one) => isReferral(one) && pointsTo(entry.resource.focus?.reference, 'ServiceRequest', one.id))

const isUpdate = (entry: ResolvedEntry): entry is UpdateEntry => isUpdateSource(entry.resource)

/** Attendance is refused by its reader, which says so. */
const isNews = ({ resource }: UpdateEntry): boolean => ['news', 'attendance'].includes(eventStanding(resource))
