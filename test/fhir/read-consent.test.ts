import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConsentRecord } from '../../src/consent/consent-record.ts'
import { decide } from '../../src/consent/decide.ts'
import { GUARDIANSHIP_EXTENSION, PARTICIPATION_TYPE_SYSTEM, ROLE_CODE_SYSTEM } from '../../src/domain/codes.ts'
import { type Identity, referenceIdentity } from '../../src/domain/identity.ts'
import { readConsent } from '../../src/fhir/read/consent.ts'
import { readFacts } from '../../src/fhir/read/facts.ts'
import { plainNames } from '../../src/fhir/read/performer.ts'
import { aino, conformance, now, policy, request, zone } from '../consent/build.ts'
import { written } from '../corpus/written.ts'

const read = (consent: unknown): ConsentRecord =>
  readConsent(consent, {
    id: 'Consent/1',
    version: '1',
    zone,
    evidence: 'verified',
    patients: [aino],
    nameOf: (reference): readonly Identity[] => plainNames(reference),
  })
const answer = (consent: unknown, how = policy): string => {
  const asked = request({ recipient: [referenceIdentity('Organization/ips-team')] })
  return decide(asked, [read(consent)], now, how).record.reason
}
const permit = written.permit({ code: ['medication.effect'] })
const nothingNested = [undefined, []]
const paper = (provision: object, over: object = {}): object => ({ ...written.paper({ ...provision }), ...over })
const refusal = (over: object): object => paper({ type: 'permit', ...permit, provision: [{ type: 'deny', ...over }] })

describe('a consent as it came', () => {
  it('is read when it is as FHIR says', () => {
    expect(read(paper(permit)).unreadable).toEqual([])
    expect(answer(paper(permit))).toBe('permitted')
    expect(answer(refusal({}))).toBe('denied')
  })

  it.each<[string, object]>([
    ['no status', { status: undefined }],
    ['a status nobody knows', { status: 'Active' }],
    ['no scope', { scope: undefined }],
    ['a scope in words only', { scope: { text: 'privacy' } }],
    ['a category in words only', { category: [{ text: 'x' }] }],
    ['a modifier extension', { modifierExtension: [{ url: 'urn:x' }] }],
    ['rules of its own', { implicitRules: 'urn:x' }],
    ['an element R4 does not know', { provisions: [] }],
    ['a list where an object belongs', { scope: [] }],
    ['a provision that is no object', { provision: 'deny' }],
  ])('with %s it is unclear, and neither permits nor is passed over', (_what, over) => {
    const record = read(paper(permit, over))
    expect([...record.unreadable, ...(record.provision?.unreadable ?? [])]).not.toEqual([])
    expect(answer(paper(permit, over))).toBe('indeterminate')
  })

  it.each<[string, object]>([
    ['a type nobody knows', { type: 'forbid' }],
    ['a type that is only an extension', { type: undefined, _type: { extension: [] } }],
    ['an action in words only', { action: [{ text: 'x' }] }],
    ['a purpose without code', { purpose: [{ system: 'urn:x' }] }],
    ['a purpose that is a concept', { purpose: [{ coding: [] }] }],
    ['a code in words only', { code: [{ text: 'x' }] }],
    ['a label without code', { securityLabel: [{}] }],
    ['a class without code', { class: [{}] }],
    ['a period that is a date', { period: '2026' }],
    ['a period that cannot be', { period: { start: '2025-02-30' } }],
    ['a period that ends before it starts', { period: { start: '2026', end: '2025' } }],
    ['a start that is only an extension', { period: { _start: { extension: [] } } }],
    ['an actor without reference', { actor: [{ role: written.role('IRCP') }] }],
    ['an actor of no known role', { actor: [{ reference: { reference: 'Organization/ips-team' } }] }],
    ['an actor that is no object', { actor: ['x'] }],
    ['a null among its codes', { code: [null] }],
    ['data without reference', { data: [{ meaning: 'instance' }] }],
    ['an element R4 does not know', { recipient: [] }],
    ['a modifier extension', { modifierExtension: [{ url: 'urn:x' }] }],
    ['exceptions that are no list', { type: 'permit', provision: 'x' }],
    ['an exception that is no object', { type: 'permit', provision: [[]] }],
    ['a permit that is modified', { type: 'permit', modifierExtension: [{ url: 'urn:x' }] }],
  ])('an exception with %s may be meant: it refuses, in doubt', (_what, over) => {
    expect(answer(refusal(over))).toBe('indeterminate')
    expect(answer(refusal(over), conformance)).toBe('indeterminate')
  })

  it('of an actor’s codings the one with a known role and its own system counts', () => {
    const roleOf = (...coding: readonly object[]) =>
      read(paper({ type: 'permit', actor: [{ role: { coding }, reference: {} }] })).provision?.actors[0]?.role
    const hl7 = { system: PARTICIPATION_TYPE_SYSTEM, code: 'IRCP' }
    expect(roleOf({ system: 'urn:local', code: '1' }, hl7)).toBe('IRCP')
    expect(roleOf({ system: ROLE_CODE_SYSTEM, code: 'GRANTEE' })).toBe('GRANTEE')
    expect(roleOf({ system: 'urn:local', code: 'IRCP' })).toBeUndefined()
    expect(roleOf({ code: 'IRCP' })).toBeUndefined()
    expect(roleOf(hl7, { system: PARTICIPATION_TYPE_SYSTEM, code: 'CST' })).toBeUndefined()
    expect(roleOf()).toBeUndefined()
  })

  it('a guardian signs with the order that was recorded, and for as long as it lasts', () => {
    const order = (...extension: readonly object[]) => ({
      performer: [{ reference: 'RelatedPerson/1', extension: [{ url: GUARDIANSHIP_EXTENSION, extension }] }],
    })
    const covers = (code: string) => ({
      url: 'covers',
      valueCoding: { system: 'https://ips-gateway.example/fhir/CodeSystem/ips-information', code },
    })
    const lasts = (end: string) => ({ url: 'period', valuePeriod: { end } })
    expect(answer(paper(permit, order(covers('medication'))))).toBe('permitted')
    expect(answer(paper(permit, order(covers('benefit'))))).toBe('no-applicable-consent')
    expect(answer(paper(permit, order({ url: 'covers-all', valueBoolean: true })))).toBe('permitted')
    expect(answer(paper(permit, order(covers('medication'), lasts('2026'))))).toBe('permitted')
    expect(answer(paper(permit, order(covers('medication'), lasts('2025'))))).toBe('no-applicable-consent')
    expect(answer(paper(permit, order(covers('medication'), { url: 'period' })))).toBe('no-applicable-consent')
    expect(answer(paper(permit, { performer: [{ reference: 'RelatedPerson/1' }] }))).toBe('no-applicable-consent')
  })

  it('of any shape is read without an exception, at once, and never permits', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (root, inner) => {
        for (const shape of [
          root,
          paper({ ...permit, provision: inner }),
          { ...paper(permit), scope: root, status: inner },
        ]) {
          if (answer(shape) === 'permitted') expect(nothingNested).toContainEqual(inner)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('with a thousand provisions, nested deep or with absurd dates is read within 50 ms', () => {
    let deep: object = { type: 'deny' }
    for (let level = 0; level < 5_000; level += 1) deep = { type: 'permit', ...permit, provision: [deep] }
    const many = Array.from({ length: 1_000 }, () => ({ type: 'deny', code: written.codes('benefit') }))
    const dates = ['9999', '-0001', '2025-02-30', '0000', '99999-01-01'].map((end) => ({
      type: 'deny',
      period: { end },
    }))
    const cases: readonly (readonly [object, string])[] = [
      [deep, 'indeterminate'],
      [{ type: 'permit', ...permit, provision: many }, 'permitted'],
      [{ type: 'permit', ...permit, provision: dates }, 'denied'],
    ]
    for (const [provision, expected] of cases) {
      const begun = performance.now()
      expect(answer(paper(provision))).toBe(expected)
      expect(performance.now() - begun).toBeLessThan(50)
    }
  })
})

describe('what a resource says of itself', () => {
  const facts = (resource: object) => readFacts({ resourceType: 'Observation', id: '1', ...resource }, zone)
  it('every patient it names, and one nobody can read', () => {
    expect(facts({ subject: { reference: 'Patient/aino' }, focus: [{ reference: 'Patient/x' }] }).patients).toEqual([
      'ref:Patient/aino',
      'ref:Patient/x',
    ])
    expect(facts({ subject: { display: 'Aino' } }).patients).toHaveLength(1)
    expect(facts({ subject: { identifier: { system: 'urn:s', value: '1' } } }).patients).toEqual(['id:urn:s|1'])
    expect(readFacts({ resourceType: 'Patient', id: 'x' }, zone).patients).toEqual(['ref:Patient/x'])
    expect(facts({}).patients).toEqual([])
  })
  it('its codes, and that some are words', () => {
    const code = {
      coding: [
        { system: 'urn:x', code: 'a' },
        { system: 'urn:y', code: 'b' },
      ],
    }
    expect(facts({ code })).toMatchObject({ codes: [{ code: 'a' }, { code: 'b' }], hasUncoded: false })
    expect(facts({ code, category: [{ text: 'x' }] })).toMatchObject({ hasUncoded: true })
    expect(facts({ class: { system: 'urn:x', code: 'AMB' } })).toMatchObject({
      codes: [{ code: 'AMB' }],
      hasUncoded: false,
    })
  })
  it('its labels, its authors and its date', () => {
    const seen = facts({
      meta: { security: [{ system: 'urn:x', code: 'a' }, { display: 'secret' }], profile: ['urn:p'] },
      performer: [{ reference: 'Practitioner/1' }],
      author: [{ reference: 'Practitioner/2' }],
      issued: '2026-01-01T00:00:00Z',
      effectiveDateTime: '2026-03-12',
    })
    expect(seen.labels).toEqual([
      { system: 'urn:x', code: 'a' },
      { system: undefined, code: '' },
    ])
    expect(seen.classes).toEqual(['Observation', 'urn:p'])
    expect(seen.authors).toEqual(['ref:Practitioner/2'])
    expect(seen.refersTo).toEqual(['ref:Practitioner/1', 'ref:Practitioner/2'])
    expect(seen.clinicalDate).toEqual({
      from: Date.parse('2026-03-11T22:00:00Z'),
      until: Date.parse('2026-03-12T22:00:00Z'),
    })
  })
})
