import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseResource, type FhirIssue } from '../../src/fhir/parse-resource.ts'
import { VALID_RESOURCES } from './valid-resources.ts'

const patient = (elements: object) => ({ resourceType: 'Patient', ...elements })
const consent = (provision: unknown) => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { text: 'privacy' },
  category: [{ text: 'consent' }],
  provision,
})

/** `code expression` of every issue, which is what a sender's software acts on. */
const issuesOf = (json: unknown): readonly string[] =>
  issues(json).map(({ code, expression }) => `${code} ${expression}`)

const issues = (json: unknown): readonly FhirIssue[] => {
  const parsed = parseResource(json)
  return parsed.outcome === 'invalid' ? parsed.issues : []
}

const words = (json: unknown): readonly string[] => issues(json).map(({ diagnostics }) => diagnostics)

describe('a FHIR resource', () => {
  it.each(VALID_RESOURCES)('of type $resourceType is accepted as its sender wrote it', (resource) => {
    expect(parseResource(resource)).toStrictEqual({ outcome: 'parsed', resource })
  })

  it('is copied: neither the input changes nor does the result share anything with it', () => {
    const input = Object.freeze(patient({ name: Object.freeze([Object.freeze({ family: 'a' })]) }))
    const parsed = parseResource(input)
    if (parsed.outcome !== 'parsed' || parsed.resource.resourceType !== 'Patient') throw new Error('not parsed')
    parsed.resource.name![0]!.family = 'b'
    expect(input).toEqual(patient({ name: [{ family: 'a' }] }))
  })

  it('must be an object that names a type the gateway reads', () => {
    expect(issuesOf(undefined)).toEqual(['structure Resource'])
    expect(issuesOf([patient({})])).toEqual(['structure Resource'])
    expect(issuesOf({ name: 'x' })).toEqual(['required Resource'])
    expect(issuesOf({ resourceType: 5 })).toEqual(['structure Resource'])
    expect(issuesOf({ resourceType: 'Customer' })).toEqual(['value Resource'])
    expect(issuesOf({ resourceType: 'constructor' })).toEqual(['value Resource'])
    expect(words({ resourceType: 'Location' })[0]).toMatch(
      /^resources of type `Location` are not read here: use one of `App/,
    )
  })

  it('takes its expressions from where it stands, when that is given', () => {
    const parsed = parseResource(patient({ active: 'yes' }), { path: 'Bundle.entry[3].resource' })
    expect(parsed).toMatchObject({ issues: [{ expression: 'Bundle.entry[3].resource.active' }] })
  })

  it('gets at most twenty issues, however much is wrong with it', () => {
    const many = { name: Array.from({ length: 500 }, () => ({ given: [1, 2, 3], family: 4, a: 1 })) }
    expect(issues(patient(many))).toHaveLength(20)
    const unknown = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`a${index}`, index]))
    expect(issues(patient(unknown))).toHaveLength(20)
  })
})

describe('the elements of a resource', () => {
  it('are refused when R4 does not know them, with the name that was probably meant', () => {
    expect(issuesOf(patient({ gendre: 'male' }))).toEqual(['structure Patient.gendre'])
    expect(words(patient({ gendre: 'male' }))).toEqual([
      '`gendre` is not an element of `Patient` in FHIR R4: write `gender`, or remove it',
    ])
    expect(words(patient({ birthdate: '1990' }))[0]).toContain('write `birthDate`,')
    expect(
      words({ resourceType: 'Appointment', status: 'booked', participant: [{ status: 'accepted', Actor: {} }] })[0],
    ).toContain('write `actor`,')
    expect(words(patient({ deceased: true }))[0]).toContain('write `deceasedBoolean` or `deceasedDateTime`,')
    expect(words(patient({ favouriteColour: 'blue' }))[0]).toMatch(/: remove it$/)
  })

  it('are not repeated when their name could be a word about the client', () => {
    const odd = issues(patient({ name: [{ 'Aino Example, born 1990': true }] }))
    expect(odd.map(({ expression }) => expression)).toEqual(['Patient.name[0]'])
    expect(JSON.stringify(odd)).not.toContain('Aino')
  })

  it('are refused when their name is that of something every object inherits', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      const json: unknown = JSON.parse(`{"resourceType":"Patient","name":[{"family":"a","${key}":{"family":"b"}}]}`)
      expect(issues(json), key).toHaveLength(1)
    }
  })

  it('must be there when R4 requires them', () => {
    expect(issuesOf({ resourceType: 'ServiceRequest', id: 'a' })).toEqual([
      'required ServiceRequest.intent',
      'required ServiceRequest.status',
      'required ServiceRequest.subject',
    ])
    expect(words({ resourceType: 'ServiceRequest', intent: 'order', subject: { display: 'x' } })).toEqual([
      '`status` is required and missing: add one of `active`, `completed`, `draft`, `entered-in-error`, `on-hold`, `revoked`, `unknown`',
    ])
    expect(
      words({ resourceType: 'MedicationRequest', status: 'active', intent: 'order', subject: { display: 'x' } }),
    ).toEqual(['`medication[x]` is required and missing: add `medicationCodeableConcept` or `medicationReference`'])
  })

  it('are there also when only a reason for their absence is', () => {
    const reason = {
      extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }],
    }
    const request = { resourceType: 'ServiceRequest', _status: reason, intent: 'order', subject: { display: 'x' } }
    expect(issues(request)).toEqual([])
  })

  it('are lists exactly where R4 says so', () => {
    expect(words(patient({ name: { family: 'a' } }))).toEqual([
      '`name` must be a list, found an object: put it in square brackets',
    ])
    expect(words(patient({ gender: ['male'] }))).toEqual([
      '`gender` must not be a list here: send one value, without square brackets',
    ])
    expect(words(patient({ name: [[{ family: 'a' }]] }))).toEqual(['`name` must not be a list here: lists do not nest'])
    expect(words(patient({ name: [] }))).toEqual(['`name` is an empty list: leave it out or fill it'])
    expect(issuesOf({ resourceType: 'OperationOutcome', issue: [] })).toEqual(['structure OperationOutcome.issue'])
  })

  it('have content: neither null nor an empty object stands for nothing', () => {
    expect(words(patient({ gender: null }))).toEqual(['`gender` must not be null: leave it out'])
    expect(issuesOf(patient({ name: [null] }))).toEqual(['structure Patient.name[0]'])
    expect(issuesOf(patient({ maritalStatus: {} }))).toEqual(['structure Patient.maritalStatus'])
    expect(issuesOf(patient({ name: [{}] }))).toEqual(['structure Patient.name[0]'])
  })

  it('have the codes of a required binding only', () => {
    const request = { resourceType: 'ServiceRequest', status: 'nonsense', intent: 'order', subject: { display: 'x' } }
    expect(issuesOf(request)).toEqual(['code-invalid ServiceRequest.status'])
    expect(words(request)[0]).toMatch(/^`status` must be one of `active`, /)
    expect(JSON.stringify(issues(request))).not.toContain('nonsense')
    expect(issuesOf(consent({ type: 'allow' }))).toEqual(['code-invalid Consent.provision.type'])
    expect(issuesOf(consent({ type: 'deny', provision: [{ type: 'permit' }, { type: 'Permit' }] }))).toEqual([
      'code-invalid Consent.provision.provision[1].type',
    ])
    expect(words({ resourceType: 'Task', status: 5, intent: 'order' })[0]).toMatch(/; found a number$/)
  })

  it('come in one type of a choice, not two', () => {
    expect(issuesOf(patient({ deceasedBoolean: true, deceasedDateTime: '2025' }))).toEqual([
      'structure Patient.deceased',
    ])
    expect(issuesOf(patient({ deceasedBoolean: true, _deceasedDateTime: { id: 'a' } }))).toEqual([
      'structure Patient.deceased',
    ])
    expect(issues(patient({ deceasedBoolean: true, _deceasedBoolean: { id: 'a' } }))).toEqual([])
    expect(issues(patient({ deceasedBoolean: true, multipleBirthBoolean: false }))).toEqual([])
    expect(issuesOf(patient({ multipleBirthInteger: '1' }))).toEqual(['structure Patient.multipleBirth'])
    expect(issuesOf(patient({ deceasedString: 'a' }))).toEqual(['structure Patient.deceasedString'])
  })
})

describe('the sibling of a primitive element', () => {
  it('carries an id or extensions, alone or beside the value', () => {
    expect(issues(patient({ _birthDate: { id: 'a' } }))).toEqual([])
    expect(issues(patient({ birthDate: '1990', _birthDate: { extension: [{ url: 'a', valueCode: 'b' }] } }))).toEqual(
      [],
    )
  })

  it('has nothing else, and is told apart from its value by the diagnostics', () => {
    expect(issuesOf(patient({ _birthDate: { value: '1990' } }))).toEqual(['structure Patient.birthDate.value'])
    expect(words(patient({ _birthDate: '1990' }))).toEqual([
      '`_birthDate` must be an object of type `Element`; found text',
    ])
    expect(words(patient({ _birthDate: {} }))[0]).toContain('`_birthDate` is an object without content')
    expect(words(patient({ _birthDate: [{ id: 'a' }] }))[0]).toContain('`_birthDate` must not be a list')
    expect(words(patient({ _name: [{ id: 'a' }] }))[0]).toContain('`_name` is not possible')
  })

  it('stands in lists at the place of its value, with null where there is none', () => {
    const name = (given: unknown, sibling: unknown) => issuesOf(patient({ name: [{ given, _given: sibling }] }))
    expect(name(['a', null], [null, { id: 'b' }])).toEqual([])
    expect(name(['a', 'b'], [{ id: 'a' }])).toEqual([])
    expect(name(['a'], [null, { id: 'b' }])).toEqual([])
    expect(name(['a', null], [null, null])).toEqual(['structure Patient.name[0].given[1]'])
    expect(name(['a', null], [{ id: 'a' }])).toEqual(['structure Patient.name[0].given[1]'])
    expect(name(['a'], { id: 'a' })).toEqual(['structure Patient.name[0].given'])
    expect(issuesOf(patient({ name: [{ given: ['a', null] }] }))).toEqual(['structure Patient.name[0].given[1]'])
    expect(issuesOf(patient({ name: [{ _given: [null, { id: 'a' }] }] }))).toEqual([
      'structure Patient.name[0].given[0]',
    ])
  })
})

describe('an extension', () => {
  const extended = (extension: unknown) => issuesOf(patient({ extension: [extension] }))

  it('has an address, and a value or extensions but not both', () => {
    expect(extended({ url: 'a', valueString: 'b' })).toEqual([])
    expect(extended({ url: 'a', extension: [{ url: 'b', valueBoolean: true }] })).toEqual([])
    expect(extended({ url: 'a' })).toEqual(['invariant Patient.extension[0]'])
    expect(extended({ url: 'a', valueString: 'b', extension: [{ url: 'b', valueCode: 'c' }] })).toEqual([
      'invariant Patient.extension[0]',
    ])
    expect(extended({ valueString: 'b' })).toEqual(['required Patient.extension[0].url'])
    expect(extended({ url: 'a', valueString: 'b', valueCode: 'c' })).toEqual(['structure Patient.extension[0].value'])
    expect(extended({ url: 'a', valueNumber: 1 })).toEqual(['structure Patient.extension[0].valueNumber'])
  })

  it('may hold any datatype of R4, checked like everywhere else', () => {
    expect(extended({ url: 'a', valuePeriod: { start: '2025-02-30' } })).toEqual([
      'value Patient.extension[0].value.start',
    ])
    expect(extended({ url: 'a', valueTiming: { repeat: { periodUnit: 'weeks' } } })).toEqual([
      'code-invalid Patient.extension[0].value.repeat.periodUnit',
    ])
    expect(extended({ url: 'a', valueNarrative: { status: 'empty', div: '<div/>' } })).toHaveLength(1)
  })
})

describe('a resource inside another', () => {
  it('is read by its own type, in a bundle', () => {
    const entry = [
      { resource: patient({ active: true }) },
      { resource: patient({ name: [{ given: [7] }] }) },
      { resource: {} },
    ]
    expect(issuesOf({ resourceType: 'Bundle', type: 'collection', entry })).toEqual([
      'structure Bundle.entry[1].resource.name[0].given[0]',
      'required Bundle.entry[2].resource',
    ])
    const other = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { resourceType: 'Location' } }] }
    expect(issuesOf(other)).toEqual(['not-supported Bundle.entry[0].resource'])
    const inner = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: { resourceType: 'Bundle', type: 'x' } }],
    }
    expect(issuesOf(inner)).toEqual(['code-invalid Bundle.entry[0].resource.type'])
  })

  it('is read by its own type, among parameters', () => {
    const parameter = [{ name: 'a', part: [{ name: 'b', resource: patient({ active: 1 }) }] }]
    expect(issuesOf({ resourceType: 'Parameters', parameter })).toEqual([
      'structure Parameters.parameter[0].part[0].resource.active',
    ])
  })

  it('is read by its own type when contained, and contains no further one', () => {
    expect(issues(patient({ contained: [{ resourceType: 'Organization', id: 'a', name: 'b' }] }))).toEqual([])
    expect(issuesOf(patient({ contained: [{ resourceType: 'Organization', id: 'a', name: 5 }] }))).toEqual([
      'structure Patient.contained[0].name',
    ])
    expect(issuesOf(patient({ contained: [{ resourceType: 'Location', id: 'a' }] }))).toEqual([
      'not-supported Patient.contained[0]',
    ])
    expect(issuesOf(patient({ contained: [patient({ contained: [patient({})] })] }))).toEqual([
      'structure Patient.contained[0].contained',
    ])
    expect(issuesOf(patient({ contained: ['x'] }))).toEqual(['structure Patient.contained[0]'])
  })
})

describe('narrative', () => {
  const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>' }

  it('is left out of a resource and of those within it', () => {
    const organization = { resourceType: 'Organization', id: 'a', text, name: 'b' }
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: patient({ text, contained: [organization], maritalStatus: { text: 'unmarried' } }) }],
    }
    const parsed = parseResource(bundle)
    expect(JSON.stringify(parsed)).not.toContain('script')
    expect(parsed).toStrictEqual({
      outcome: 'parsed',
      resource: {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [
          {
            resource: patient({
              contained: [{ resourceType: 'Organization', id: 'a', name: 'b' }],
              maritalStatus: { text: 'unmarried' },
            }),
          },
        ],
      },
    })
    expect(bundle.entry[0]!.resource).toHaveProperty('text', text)
  })

  it('is checked before, like any other element', () => {
    expect(issuesOf(patient({ text: { status: 'made', div: 5 } }))).toEqual([
      'code-invalid Patient.text.status',
      'structure Patient.text.div',
    ])
  })
})

describe('a hostile resource', () => {
  it('that is nested 5,000 levels deep, or in a circle, is refused', () => {
    let extension: object = { url: 'a', valueString: 'b' }
    for (let level = 0; level < 5000; level += 1) extension = { url: 'a', extension: [extension] }
    expect(issuesOf(patient({ extension: [extension] }))).toEqual(['too-costly Patient'])
    const circle: { resourceType: string; contained: unknown[] } = { resourceType: 'Patient', contained: [] }
    circle.contained.push(circle)
    expect(issuesOf(circle)).toEqual(['structure Patient.contained[0].contained'])
    const round: { url: string; extension: unknown[] } = { url: 'x', extension: [] }
    round.extension.push(round)
    expect(issuesOf(patient({ extension: [round] }))).toEqual(['too-costly Patient'])
  })

  it('never makes the parser throw, and never has its values repeated', () => {
    const canary = 'Canary-0190'
    const leaf = fc.constantFrom(null, true, 5, -1.5, canary, '', '2025-01-01', 'Patient', 'active')
    const key = fc.constantFrom(
      'resourceType',
      'name',
      'extension',
      'contained',
      'status',
      'text',
      'valueString',
      '_status',
      'entry',
      'resource',
      'provision',
      `${canary} x`,
    )
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { depthSize: 'medium' },
        leaf,
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(key, tie('json'), { maxKeys: 5 }),
      ),
    }))
    fc.assert(
      fc.property(
        fc.constantFrom('Patient', 'Bundle', 'Consent', 'Task'),
        fc.dictionary(key, json),
        (resourceType, elements) => {
          const found = issues({ ...elements, resourceType })
          expect(JSON.stringify(found)).not.toContain(canary)
          for (const { expression } of found) expect(expression).toMatch(/^[A-Z]\w+(\.\w+|\[\d+\])*$/)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
