import type { Patient } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import {
  BENEFIT_SYSTEM,
  FINNISH_LABEL_SYSTEM,
  HETU_SYSTEM,
  INFORMATION_SYSTEM,
  NON_DISCLOSURE_CODE,
  UPDATE_EXTENSION,
  UPDATE_FIELD_SYSTEM,
} from '../../src/domain/codes.ts'
import { levelsOf } from '../../src/domain/information.ts'
import { identityUpdate } from '../../src/fhir/read/patient.ts'
import {
  bytesAt,
  coding,
  concept,
  escaped,
  escapedFrom,
  everywhere,
  extra,
  type Json,
  plant,
  read,
  reference,
  subject,
} from './planted.ts'

const medicationRequest: Json = {
  ...everywhere,
  resourceType: 'MedicationRequest',
  extension: extra,
  status: 'stopped',
  statusReason: concept,
  intent: 'order',
  category: [concept],
  medicationCodeableConcept: { coding: [{ system: '*', code: '*', display: '*' }], text: '*' },
  subject,
  encounter: reference,
  authoredOn: '@',
  requester: reference,
  reasonCode: [concept],
  reasonReference: [reference],
  groupIdentifier: { system: '*', value: '*' },
  courseOfTherapyType: concept,
  dosageInstruction: [
    { text: '*', patientInstruction: '*', additionalInstruction: [concept], route: concept, timing: { code: concept } },
    { text: '*' },
  ],
  dispenseRequest: { validityPeriod: { start: '@', end: '@' }, performer: reference },
  substitution: { reason: concept },
  priorPrescription: reference,
}

const field = (url: string, value: Json) => ({ url, ...value })
const message = (category: string, fields: readonly Json[]): Json => ({
  ...everywhere,
  resourceType: 'Communication',
  extension: [...extra, { url: UPDATE_EXTENSION, extension: fields }],
  status: 'completed',
  statusReason: concept,
  category: [{ coding: [coding(INFORMATION_SYSTEM, category)], text: '*' }, concept],
  topic: concept,
  subject,
  about: [reference],
  sent: '@',
  received: '@',
  sender: reference,
  recipient: [reference],
  reasonCode: [concept],
  reasonReference: [reference],
  payload: [{ contentString: '*' }, { contentReference: reference }, { contentAttachment: { title: '*', data: '*' } }],
})
const medicationMessage = message('medication', [
  field('date', { valueDate: '@' }),
  field('affects-work', { valueCode: 'yes' }),
  field('suggestion', { valueCode: 'lighten' }),
  field('review-date', { valueDate: '@' }),
  field('contact-role', { valueCode: 'named-nurse' }),
  field('contact-phone', { valueString: '+358 9 555 0199' }),
  field('effect', { valueCode: 'tremor' }),
  field('effect-duration', {
    valueDuration: { value: 11, unit: '*', code: 'wk', system: '*', extension: extra },
  }),
  field('substance', { valueString: '*' }),
  field('strength', { valueString: '*' }),
  field('summary', { valueString: '*' }),
  field('wish', { valueString: '*' }),
  field('municipality', { valueString: '*' }),
])
const meetingMessage = message('care-meeting', [
  field('meeting-status', { valueCode: 'booked' }),
  field('start', { valueDateTime: '@' }),
  field('place', { valueString: '*' }),
  field('summary', { valueString: '*' }),
  field('substance', { valueString: '*' }),
])

const appointment: Json = {
  ...everywhere,
  resourceType: 'Appointment',
  extension: extra,
  status: 'booked',
  cancelationReason: concept,
  serviceCategory: [concept],
  serviceType: [concept],
  specialty: [concept],
  appointmentType: concept,
  reasonCode: [concept],
  reasonReference: [reference],
  description: '*',
  comment: '*',
  patientInstruction: '*',
  supportingInformation: [reference],
  start: '2030-03-18T11:00:00Z',
  end: '2030-03-18T12:00:00Z',
  created: '@',
  requestedPeriod: [{ start: '@', end: '@' }],
  participant: [
    { actor: { ...subject }, type: [concept], status: 'accepted', period: { start: '@' } },
    { actor: { reference: 'Location/1', display: '*', identifier: { value: '*' } }, status: 'accepted' },
    { actor: reference, type: [concept], status: 'tentative' },
  ],
}

const component = (name: string, value: Json) => ({
  code: { coding: [coding(UPDATE_FIELD_SYSTEM, name)], text: '*' },
  interpretation: [concept],
  ...value,
})
const observation: Json = {
  ...everywhere,
  resourceType: 'Observation',
  extension: extra,
  status: 'final',
  category: [concept],
  code: { coding: [coding(INFORMATION_SYSTEM, 'benefit')], text: '*' },
  subject,
  focus: [reference],
  issued: '@',
  effectivePeriod: { start: '@', end: '@' },
  performer: [reference],
  valueCodeableConcept: { coding: [coding(BENEFIT_SYSTEM, 'rehabilitation-support')], text: '*' },
  interpretation: [concept],
  bodySite: concept,
  method: concept,
  derivedFrom: [reference],
  component: [
    component('state', {
      valueCodeableConcept: { coding: [coding(UPDATE_FIELD_SYSTEM, 'applied')], text: '*' },
    }),
    component('source', {
      valueCodeableConcept: { coding: [coding(UPDATE_FIELD_SYSTEM, 'statement')], text: '*' },
    }),
    component('amount', { valueQuantity: { value: 812.4, unit: '*', system: '*', code: 'EUR' } }),
    component('other', { valueString: '*' }),
  ],
}

const patient: Json = {
  ...everywhere,
  resourceType: 'Patient',
  extension: extra,
  identifier: [
    { system: HETU_SYSTEM, value: '131052-308T', assigner: reference, type: concept },
    { system: '*', value: '*' },
  ],
  name: [
    { use: 'official', text: '*', family: '*', given: ['*', '*'], prefix: ['*'] },
    { use: 'old', text: '*', family: '*', given: ['*'] },
  ],
  telecom: [
    { system: 'email', value: '*' },
    { system: 'phone', value: '+358 40 555 0100' },
    { system: 'phone', value: '+358 40 555 0101' },
  ],
  gender: 'female',
  birthDate: '1952-10-13',
  address: [{ text: '*', line: ['*'], city: '*', district: '*', postalCode: '*', country: '*' }, { city: '*' }],
  maritalStatus: concept,
  photo: [{ title: '*', data: '*', url: '*' }],
  contact: [{ name: { text: '*' }, telecom: [{ system: 'phone', value: '+358 40 555 0102' }], address: { city: '*' } }],
  communication: [{ language: concept }],
  generalPractitioner: [reference],
  managingOrganization: reference,
  link: [{ other: reference, type: 'seealso' }],
}

describe('nothing of a resource leaves but what its level names', () => {
  it('a prescription: the day it changed, and at detail the substance and the dose', () => {
    const detail = ['authoredOn', 'dosageInstruction[0].text', 'medicationCodeableConcept.text']
    expect(escapedFrom(medicationRequest)).toEqual({
      'medication.change': ['authoredOn'],
      'medication.effect': ['authoredOn'],
      'medication.detail': detail,
    })
  })
  it('a prescription coded without text: the display of its code at detail', () => {
    const coded = { ...medicationRequest, medicationCodeableConcept: { coding: concept.coding } }
    expect(escapedFrom(coded)['medication.detail']).toContain('medicationCodeableConcept.coding[0].display')
    expect(escapedFrom(coded)['medication.effect']).toEqual(['authoredOn'])
  })
  it('below detail nobody can tell whether medication was started, stopped or switched', () => {
    const kinds = [
      { ...medicationRequest, status: 'stopped' },
      { ...medicationRequest, status: 'active', priorPrescription: undefined },
      { ...medicationRequest, status: 'active' },
    ].map((one) => read(plant(one).resource))
    expect(kinds.map(({ fields }) => fields.kind)).toEqual(['stopped', 'started', 'switched'])
    for (const level of ['change', 'effect']) {
      const told = kinds.map(({ category, fields }) =>
        bytesAt({ category, fields: { ...fields, date: '2030-01-01' } }, level),
      )
      expect(new Set(told).size).toBe(1)
      expect(told[0]).not.toMatch(/started|stopped|switched/)
    }
  })
  it('a message on medication: its dates, and at detail substance and strength', () => {
    const dates = [3, 0].map((index) => `extension[1].extension[${index}].valueDate`).toSorted()
    expect(escapedFrom(medicationMessage)).toEqual({
      'medication.change': dates,
      'medication.effect': dates,
      'medication.detail': [
        ...dates,
        'extension[1].extension[8].valueString',
        'extension[1].extension[9].valueString',
      ].toSorted(),
    })
  })
  it('a message on medication: codes and the duration only from their own level on', () => {
    const update = read(plant(medicationMessage).resource)
    expect(bytesAt(update, 'change')).not.toMatch(/tremor|vapina|darr|"value":11|\b11\b/i)
    expect(bytesAt(update, 'effect')).toContain('"valueCode":"tremor"')
  })
  it('a prescription a message speaks about adds nothing below detail', () => {
    const order = plant({ ...medicationRequest, id: 'order' })
    const renamed = new Map([...order.canaries].map(([word, path]) => [word.replace('canary', 'order'), path]))
    const about = JSON.parse(JSON.stringify(order.resource).replaceAll('canary', 'order')) as Json
    const update = read(plant(medicationMessage).resource, [about])
    const texts = new Map([...renamed].filter(([word]) => word.startsWith('order')))
    expect(escaped(update, texts)).toEqual({
      'medication.change': [],
      'medication.effect': [],
      'medication.detail': ['dosageInstruction[0].text'],
    })
  })
  it('a message on a meeting: when, and at summary where and what about', () => {
    const start = 'extension[1].extension[1].valueDateTime'
    const text = (index: number) => `extension[1].extension[${index}].valueString`
    expect(escapedFrom(meetingMessage)).toEqual({
      'care-meeting.time': [start],
      'care-meeting.summary': [start, text(2), text(3)],
    })
  })
  it('an appointment: nothing of its words, and at summary the place and the description', () => {
    expect(escapedFrom(appointment)).toEqual({
      'care-meeting.time': [],
      'care-meeting.summary': ['description', 'participant[1].actor.display'],
    })
    expect(escapedFrom({ ...appointment, description: undefined })['care-meeting.summary']).toContain('comment')
    const wordless = { ...appointment, description: undefined, comment: undefined }
    expect(escapedFrom(wordless)['care-meeting.summary']).toEqual(['participant[1].actor.display'])
  })
  it('a benefit: the period, and the amount only at its level', () => {
    const period = ['effectivePeriod.end', 'effectivePeriod.start']
    expect(escapedFrom(observation)).toEqual({ 'benefit.period': period, 'benefit.amount': period })
    const update = read(plant(observation).resource)
    expect(bytesAt(update, 'period')).not.toMatch(/812/)
    expect(bytesAt(update, 'amount')).toMatch(/812/)
  })
  it('what is written has these elements and no others', () => {
    const [bytes = ''] = bytesAt(read(plant(medicationMessage).resource), 'detail').split('\n')
    const elements = 'category extension id language meta payload recipient resourceType sender sent status subject'
    expect(Object.keys(JSON.parse(bytes) as Json).toSorted()).toEqual(elements.split(' '))
  })
  it('a patient: name and municipality, nothing of kin, address or other numbers', () => {
    const { resource, canaries } = plant(patient)
    const update = identityUpdate(resource as unknown as Patient)
    expect(escaped(update, canaries)).toEqual({ identity: ['address[0].city', 'name[0].text'] })
    const bytes = bytesAt(update, undefined)
    expect(bytes).toContain('131052-308T')
    expect(bytes).toContain('+358 40 555 0100')
    expect(bytes).not.toMatch(/0101|0102|female/)
  })
})

describe('a client under safety non-disclosure (TURVAKIELTO)', () => {
  it('no phone and no municipality, even when the flag stands on the Patient only', () => {
    const meta = { security: [{ system: FINNISH_LABEL_SYSTEM, code: NON_DISCLOSURE_CODE }] }
    const { resource, canaries } = plant({ ...patient, meta })
    const fromPatient = identityUpdate(resource as unknown as Patient)
    const fromStanding = identityUpdate(plant(patient).resource as unknown as Patient)
    expect(escaped(fromPatient, canaries)).toEqual({ identity: ['name[0].text'] })
    expect(bytesAt(fromPatient, undefined)).not.toMatch(/555/)
    expect(bytesAt(fromStanding, undefined, true)).not.toMatch(/555/)
    expect(escaped(fromStanding, plant(patient).canaries, true)).toEqual({ identity: ['name[0].text'] })
  })
  it('no meeting place and no telephone of the clinic at any level', () => {
    const { resource, canaries } = plant(appointment)
    expect(escaped(read(resource), canaries, true)['care-meeting.summary']).toEqual(['description'])
    const medication = read(plant(medicationMessage).resource)
    for (const level of levelsOf('medication')) {
      expect(bytesAt(medication, level)).toContain('555 0199')
      expect(bytesAt(medication, level, true)).not.toMatch(/555|0199/)
    }
  })
})
