import type { Appointment, Communication, MedicationRequest, Observation } from '@medplum/fhirtypes'
import { isUpdateSource, type UpdateSource } from './update.ts'

/**
 * What a status says about an event.
 *
 * - `news`: it happened or stands; it is told.
 * - `not-yet`: nobody has stood by it so far; it is kept and told to nobody.
 * - `retraction`: it never was as told; it is kept, told to nobody, and what was told of it is taken back.
 * - `attendance`: whether the client came; never taken in.
 */
export type EventStanding = 'news' | 'not-yet' | 'retraction' | 'attendance'

/** FHIR R4 EventStatus, medicationrequest-status, AppointmentStatus and ObservationStatus, every code of each. */
export const eventStanding = (resource: UpdateSource): EventStanding => {
  switch (resource.resourceType) {
    case 'Communication':
      return communication[resource.status]
    case 'MedicationRequest':
      return order[resource.status] === 'news' && !isOrdered(resource) ? 'not-yet' : order[resource.status]
    case 'Appointment':
      return appointment[resource.status]
    case 'Observation':
      return observation[resource.status]
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
export const silencingElement = (resource: UpdateSource): 'status' | 'intent' | 'doNotPerform' => {
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
