import { describe, expect, it } from 'vitest'
import {
  bytesAt,
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

const medication: Json = {
  ...everywhere,
  contained: undefined,
  resourceType: 'Medication',
  id: 'drug',
  code: { coding: [{ system: '*', code: '*', display: '*' }], text: '*' },
  manufacturer: reference,
  form: concept,
  amount: { numerator: { value: 5, unit: '*' } },
  ingredient: [{ itemCodeableConcept: concept, strength: { numerator: { value: 5, unit: '*' } } }],
  batch: { lotNumber: '*', expirationDate: '@' },
}
const statement: Json = {
  ...everywhere,
  resourceType: 'MedicationStatement',
  contained: [medication],
  extension: extra,
  basedOn: [reference],
  partOf: [reference],
  status: 'stopped',
  statusReason: [concept],
  category: concept,
  medicationReference: { reference: '#drug', display: '*', identifier: { system: '*', value: '*' } },
  subject,
  context: reference,
  effectivePeriod: { start: '@', end: '@' },
  dateAsserted: '@',
  informationSource: reference,
  derivedFrom: [reference],
  reasonCode: [concept],
  reasonReference: [reference],
  dosage: [
    { text: '*', patientInstruction: '*', additionalInstruction: [concept], route: concept, timing: { code: concept } },
    { text: '*' },
  ],
}

describe('nothing of a medicine leaves but what its level names', () => {
  it('a statement of what is taken: the day it ended, and at detail the contained name and the dose', () => {
    expect(escapedFrom(statement)).toEqual({
      'medication.change': ['effectivePeriod.end'],
      'medication.effect': ['effectivePeriod.end'],
      'medication.detail': ['contained[0].code.text', 'dosage[0].text', 'effectivePeriod.end'],
    })
  })

  it.each(['MedicationStatement', 'MedicationRequest'])(
    'a Medication that a %s refers to: its name, at detail only',
    (type) => {
      const { resource: drug, canaries } = plant(medication)
      const taken = {
        resourceType: type,
        status: 'active',
        intent: 'order',
        subject,
        medicationReference: { reference: 'Medication/drug' },
        [type === 'MedicationRequest' ? 'authoredOn' : 'dateAsserted']: '2030-01-01',
      }
      const update = read(taken, [], (name) => (name === 'Medication/drug' ? drug : undefined))
      expect(escaped(update, canaries)).toEqual({
        'medication.change': [],
        'medication.effect': [],
        'medication.detail': ['code.text'],
      })
    },
  )

  it('a statement whose drug cannot be found: no name at all', () => {
    const { contained: _contained, ...bare } = statement
    expect(read(plant(bare).resource).fields.substance).toBeUndefined()
  })

  it('below detail nobody can tell whether treatment was started, stopped or paused', () => {
    const kinds = ['active', 'stopped', 'completed', 'on-hold'].map((status) =>
      read(plant({ ...statement, status }).resource),
    )
    expect(kinds.map(({ fields }) => fields.kind)).toEqual(['started', 'stopped', 'stopped', undefined])
    const told = kinds.map(({ category, fields }) =>
      bytesAt({ category, fields: { ...fields, date: '2030-01-01' } }, 'effect'),
    )
    expect(new Set(told).size).toBe(1)
  })
})
