import { readFileSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConsentAnswer } from '../../src/cli/consent-case.ts'
import { answerLine, decideLines } from '../../src/cli/consent-decide.ts'
import { consentSchemas } from '../../tools/consent-schemas.ts'
import { ordinaryRequest } from '../corpus/case.ts'
import { type Fhir, written } from '../corpus/written.ts'

const { paper, permit, deny, form, actor } = written

const caseOf = (over: Fhir = {}, request: Fhir = {}): Fhir => ({
  id: 'case-1',
  asOf: '2026-03-12T09:00:00Z',
  consents: [paper(permit({ code: ['medication.effect'] }), { id: '7', meta: { versionId: '3' } })],
  directory: [form],
  request: {
    ...ordinaryRequest,
    ...request,
  },
  ...over,
})
const answer = (over: Fhir = {}, request: Fhir = {}) => answerLine(JSON.stringify(caseOf(over, request)), 1)
const reason = (over: Fhir = {}, request: Fhir = {}) => {
  const given = answer(over, request)
  return 'error' in given ? given.error : given.reason
}
const run = async (...lines: readonly string[]) => {
  const written: string[] = []
  const output = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString())
      setImmediate(done)
    },
  })
  const errors = await decideLines(Readable.from(lines.map((line) => `${line}\n`)), output)
  return { errors, answers: written.join('').split('\n').filter(Boolean) }
}

describe('the dry run', () => {
  it('answers a case with the decision and what it rests on', () => {
    expect(answer()).toEqual({
      id: 'case-1',
      outcome: 'permit',
      reason: 'permitted',
      basis: [{ consent: 'Consent/7', version: '3', path: 'provision', effect: 'permit' }],
      notApplicable: [],
      unknowns: [],
      residual: [],
    })
  })
  it('answers in the order of the lines, and those it cannot read with an error that quotes nothing', async () => {
    const good = (id: string) => JSON.stringify(caseOf({ id }))
    const odd = JSON.stringify({ ...caseOf(), asOf: 'Aino 010190-9999' })
    const { errors, answers } = await run(good('a'), '{"id": "Aino 010190-9999', '', odd, good('b'), 'null')
    expect(errors).toBe(3)
    expect(answers.map((line) => JSON.parse(line)).map(({ id, line }) => id ?? line)).toEqual(['a', 2, 4, 'b', 6])
    expect(answers.join('')).not.toContain('9999')
    expect(JSON.parse(answers[1] ?? '')).toEqual({ id: null, line: 2, error: 'no JSON' })
    expect(JSON.parse(answers[2] ?? '')).toEqual({ id: null, line: 4, error: 'asOf: invalid_format' })
  })
  it('decides thousands of cases, with a slow reader behind it', async () => {
    const line = JSON.stringify(caseOf())
    const { answers } = await run(...Array.from({ length: 2_000 }, () => line))
    expect(answers).toHaveLength(2_000)
  })
  it.each<[string, Fhir, Fhir]>([
    ['zone', { zone: 'Europe/Nowhere' }, {}],
    ['request.category', {}, { category: 'gossip' }],
    ['request.resource', {}, { resource: {} }],
    ['request.action', {}, { action: 'use' }],
    ['consents', { consents: undefined }, {}],
  ])('says which element of a case cannot be read: %s', (element, over, request) => {
    expect(reason(over, request)).toMatch(new RegExp(`^${element}`))
  })
  it('plans when no resource is given', () => {
    const consents = [paper(permit({ label: ['N'] }, deny({ class: [{ code: 'Observation' }] })))]
    expect(answer({ consents }, { resource: undefined })).toMatchObject({
      outcome: 'permit',
      residual: [
        { path: 'provision', effect: 'permit', securityLabel: [{ code: 'N' }] },
        { path: 'provision.provision[0]', effect: 'deny', class: [{ code: 'Observation' }] },
      ],
    })
  })
  it('asks for what a container holds on its own', () => {
    const consents = [paper(permit({}, deny({ class: [{ code: 'Observation' }] })))]
    const bundle = (type: string) => ({ resourceType: 'Bundle', entry: [{ resource: { resourceType: type } }] })
    expect(reason({ consents }, { resource: bundle('Observation') })).toBe('denied')
    expect(reason({ consents }, { resource: bundle('Communication') })).toBe('permitted')
    const contained = { resourceType: 'Communication', contained: [{ resourceType: 'Observation' }] }
    expect(reason({ consents }, { resource: contained })).toBe('denied')
  })
  it('judges the written evidence by the directory', () => {
    expect(reason({ directory: undefined })).toBe('no-applicable-consent')
    expect(reason({ directory: undefined, mode: 'r4-conformance' })).toBe('permitted')
    const altered = { ...form, content: [{ attachment: { ...attachmentOf(form), data: 'eA==' } }] }
    expect(answer({ directory: [altered] })).toMatchObject({ notApplicable: [{ why: 'evidence-hash-differs' }] })
  })
  it('knows the client’s age and death from her Patient', () => {
    const patient = (some: Fhir) => ({ directory: [form, { resourceType: 'Patient', id: 'aino', ...some }] })
    expect(answer(patient({ birthDate: '2010-01-01' }))).toMatchObject({ reason: 'denied', rule: 'client-minor' })
    expect(answer(patient({ deceasedBoolean: true }))).toMatchObject({ reason: 'denied', rule: 'client-deceased' })
    expect(reason(patient({ birthDate: '1990-01-01', deceasedBoolean: false }))).toBe('permitted')
  })
  it('a consent that names no client is unclear, another client’s is another’s', () => {
    expect(reason({ consents: [paper(deny(), { patient: undefined })] })).toBe('denied')
    expect(reason({ consents: [paper(permit(), { patient: undefined })] })).toBe('indeterminate')
    expect(reason({ consents: [paper(permit(), { patient: { reference: 'Patient/veikko' } })] })).toBe(
      'no-applicable-consent',
    )
  })
  it('with actors in the directory, one that is not there is unresolvable; without, it is compared as written', () => {
    const other = [paper(permit({}, deny({ actor: [actor('IRCP', 'Organization/lost')] })))]
    const known = { resourceType: 'Organization', id: 'else' }
    const logical = { role: written.role('IRCP'), reference: { identifier: { system: 'urn:x', value: '1' } } }
    expect(reason({ consents: other })).toBe('permitted')
    expect(reason({ consents: other, directory: [form, known] })).toBe('indeterminate')
    expect(reason({ consents: other, directory: [form, { ...known, id: 'lost' }] })).toBe('permitted')
    const byNumber = [paper(permit({}, deny({ actor: [logical] })))]
    expect(reason({ consents: byNumber, directory: [form, known] })).toBe('indeterminate')
    expect(reason({ consents: byNumber })).toBe('permitted')
    const numbered = { ...known, identifier: [{ system: 'urn:x', value: '1' }] }
    expect(reason({ consents: byNumber, directory: [form, numbered] })).toBe('permitted')
    expect(
      reason({ consents: byNumber }, { recipient: ['Organization/ips-team', { system: 'urn:x', value: '1' }] }),
    ).toBe('denied')
  })
  it('naming a team names its members of the moment; nothing names an employer', () => {
    const toGroup = [paper(permit({ actor: [actor('IRCP', 'Group/coaches')] }))]
    const group = (...member: readonly Fhir[]) => ({ resourceType: 'Group', id: 'coaches', member })
    const entity = { reference: 'Organization/ips-team' }
    const ask = (...member: readonly Fhir[]) => reason({ consents: toGroup, directory: [form, group(...member)] })
    expect(ask({ entity })).toBe('permitted')
    expect(ask({ entity: { reference: 'Group/coaches' } })).toBe('no-applicable-consent')
    expect(ask({ entity, inactive: true })).toBe('no-applicable-consent')
    expect(ask({ entity, period: { end: '2026-03-11' } })).toBe('no-applicable-consent')
    expect(ask({ entity, period: { end: 'soon' } })).toBe('indeterminate')
    const unit = { resourceType: 'Organization', id: 'ips-team', partOf: { reference: 'Organization/city' } }
    const toCity = [paper(permit({ actor: [actor('IRCP', 'Organization/city')] }))]
    const city = { resourceType: 'Organization', id: 'city' }
    expect(reason({ consents: toCity, directory: [form, unit, city] })).toBe('no-applicable-consent')
  })
  it('resolves an actor a Consent contains by its own number', () => {
    const contained = [{ resourceType: 'Organization', id: 't', identifier: [{ system: 'urn:x', value: '1' }] }]
    const consents = [paper(permit({ actor: [actor('IRCP', '#t')] }), { contained })]
    expect(reason({ consents }, { recipient: [{ system: 'urn:x', value: '1' }] })).toBe('permitted')
    expect(reason({ consents: [{ ...consents[0], contained: [] }] })).toBe('indeterminate')
  })
  it('a line of any JSON is answered, without an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (one, other, third) => {
        const odd = caseOf({ consents: [one, { ...paper(permit()), provision: other }], directory: [third, form] })
        expect(ConsentAnswer.safeParse(answerLine(JSON.stringify(odd), 1)).success).toBe(true)
        expect(ConsentAnswer.safeParse(answerLine(JSON.stringify(one), 1)).success).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
  it('says in its schemas what it reads and writes', () => {
    for (const [name, text] of Object.entries(consentSchemas())) {
      expect(readFileSync(new URL(`../../schemas/${name}`, import.meta.url), 'utf8')).toBe(text)
    }
    expect(ConsentAnswer.safeParse(answer()).success).toBe(true)
    expect(ConsentAnswer.safeParse(answerLine('x', 3)).success).toBe(true)
  })
})

function attachmentOf(document: Fhir): Fhir {
  const [content] = document['content'] as readonly { readonly attachment: Fhir }[]
  return content?.attachment ?? {}
}
