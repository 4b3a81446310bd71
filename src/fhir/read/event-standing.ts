import type {
  Appointment,
  Communication,
  MedicationRequest,
  MedicationStatement,
  Observation,
} from '@medplum/fhirtypes'
import { INFORMATION_SYSTEM, LOINC_SYSTEM } from '../../domain/codes.ts'
import { isInformationCategory } from '../../domain/information.ts'
import { isUpdateSource, tellable, type UpdateSource } from './update.ts'

/**
 * What a status says about an event.
 *
 * - `news`: it happened or stands; it is told.
 * - `not-yet`: nobody has stood by it so far, or there are no words for its kind yet; it is kept and told to nobody.
 * - `retraction`: it never was as told; it is kept, told to nobody, and what was told of it is taken back.
 * - `attendance`: whether the client came; never taken in.
 */
export type EventStanding = 'news' | 'not-yet' | 'retraction' | 'attendance'

/** R4 EventStatus, medicationrequest-status, medication-statement-status, AppointmentStatus, ObservationStatus: every code. */
export const eventStanding = (resource: UpdateSource): EventStanding => {
  switch (resource.resourceType) {
    case 'Communication':
      return communication[resource.status]
    case 'MedicationRequest':
      return order[resource.status] === 'news' && !isOrdered(resource) ? 'not-yet' : order[resource.status]
    case 'MedicationStatement':
      return statement[resource.status]
    case 'Appointment':
      return appointment[resource.status]
    case 'Observation':
      return observation[resource.status] === 'news' && isWordless(resource) ? 'not-yet' : observation[resource.status]
  }
}

export const isRetraction = (resource: { readonly resourceType: string }): boolean =>
  isUpdateSource(resource) && eventStanding(resource) === 'retraction'

const communication: Readonly<Record<Communication['status'], EventStanding>> = {
  preparation: 'not-yet',
  'in-progress': 'news',
  'on-hold': 'not-yet',
  // Broken off before it was whole: nobody stands by what there is of it, and nothing told before was wrong.
  stopped: 'not-yet',
  completed: 'news',
  'not-done': 'retraction',
  'entered-in-error': 'retraction',
  unknown: 'not-yet',
}

const order: Readonly<Record<MedicationRequest['status'], EventStanding>> = {
  draft: 'not-yet',
  active: 'news',
  'on-hold': 'news',
  cancelled: 'news',
  completed: 'news',
  stopped: 'news',
  'entered-in-error': 'retraction',
  unknown: 'not-yet',
}

/** The element that keeps an event from being news. */
export const silencingElement = (resource: UpdateSource): 'status' | 'intent' | 'doNotPerform' | 'code' => {
  if (resource.resourceType === 'Observation') return observation[resource.status] === 'news' ? 'code' : 'status'
  if (resource.resourceType !== 'MedicationRequest' || order[resource.status] !== 'news') return 'status'
  return resource.doNotPerform === true ? 'doNotPerform' : 'intent'
}

/** A suggestion is no change of treatment yet, and an order not to give something is none at all. */
const isOrdered = ({ intent, doNotPerform }: MedicationRequest): boolean => ordered[intent] && doNotPerform !== true

const ordered: Readonly<Record<MedicationRequest['intent'], boolean>> = {
  proposal: false,
  plan: false,
  option: false,
  order: true,
  'original-order': true,
  'reflex-order': true,
  'filler-order': true,
  'instance-order': true,
}

const statement: Readonly<Record<MedicationStatement['status'], EventStanding>> = {
  active: 'news',
  completed: 'news',
  'entered-in-error': 'retraction',
  intended: 'not-yet',
  stopped: 'news',
  'on-hold': 'news',
  unknown: 'not-yet',
  // That the client does not take what was ordered is about the client, not a change of treatment.
  'not-taken': 'not-yet',
}

const appointment: Readonly<Record<Appointment['status'], EventStanding>> = {
  proposed: 'news',
  pending: 'news',
  waitlist: 'news',
  booked: 'news',
  // That there will be no meeting is what a coach who was asked to come has to know.
  cancelled: 'news',
  'entered-in-error': 'retraction',
  'checked-in': 'attendance',
  arrived: 'attendance',
  fulfilled: 'attendance',
  noshow: 'attendance',
}

const observation: Readonly<Record<Observation['status'], EventStanding>> = {
  registered: 'not-yet',
  // Unverified: a benefit that may be another one tomorrow is no news.
  preliminary: 'not-yet',
  final: 'news',
  amended: 'news',
  corrected: 'news',
  // R4: never started or not completed, so that there is no such finding.
  cancelled: 'retraction',
  'entered-in-error': 'retraction',
  unknown: 'not-yet',
}

/** A coaching note, a job, a finding of a category without words so far; what names no category at all is a mistake. */
const isWordless = ({ code }: Observation): boolean => {
  const codings = code.coding ?? []
  const [category] = codings.find(({ system }) => system === INFORMATION_SYSTEM)?.code?.split('.') ?? []
  if (category !== undefined) return isInformationCategory(category) && !tellable.includes(category)
  return codings.some((one) => one.system === LOINC_SYSTEM && one.code === JOB)
}

/** LOINC "History of occupation", the code of the job profile. */
const JOB = '11341-5'
