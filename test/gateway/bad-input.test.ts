import { describe, expect, it } from 'vitest'
import {
  careNegotiation,
  type Json,
  medicationMessage,
  patient,
  rehabilitationSupport,
} from '../../demo/story-resources.ts'
import { aino, gateway, post, story, withAino } from '../support/aino.ts'
import { hetu, testStory } from '../support/enrol.ts'
import { type Expected, expectNoSecrets, expectRefused } from '../support/refusal.ts'

withAino()

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

describe('bytes that are no message', () => {
  it.each<[string, string | Uint8Array, string | undefined, Expected]>([
    ['a cut message', '{"resourceType":"Patient"', undefined, { status: 400, error: 'sender-json-not-json' }],
    ['no body', '', undefined, { status: 400, error: 'sender-json-not-json' }],
    [
      'XML',
      '<Patient xmlns="http://hl7.org/fhir"/>',
      'application/fhir+xml',
      { status: 415, error: 'sender-media-type' },
    ],
    ['XML that says it is JSON', '<Patient/>', undefined, { status: 400, error: 'sender-json-not-json' }],
    ['a form', 'name=Aino', 'application/x-www-form-urlencoded', { status: 415, error: 'sender-media-type' }],
    ['no content type', '{}', '', { status: 415, error: 'sender-media-type' }],
    [
      'a wrong charset in bytes',
      Buffer.from('{"a":"\xe4"}', 'latin1'),
      undefined,
      { status: 400, error: 'sender-json-not-utf8' },
    ],
    [
      'an escaped half of a character',
      '{"resourceType":"Patient","id":"\\ud800"}',
      undefined,
      { status: 400, error: 'sender-json-forbidden-character', at: 'Patient' },
    ],
    [
      'a NUL',
      '{"resourceType":"Patient","id":"\\u0000"}',
      undefined,
      { status: 400, error: 'sender-json-forbidden-character', at: 'Patient' },
    ],
    [
      'nesting 5,000 deep',
      nested(5000),
      undefined,
      { status: 400, error: 'sender-json-too-deep', at: `$this${'.a'.repeat(40)}` },
    ],
    [
      '20,001 values',
      `[${'1,'.repeat(19_999)}1]`,
      undefined,
      { status: 400, error: 'sender-json-too-many-nodes', at: '$this' },
    ],
    [
      '`__proto__`',
      '{"resourceType":"Patient","__proto__":{"deceasedBoolean":true}}',
      undefined,
      { status: 400, error: 'sender-json-forbidden-key', at: 'Patient' },
    ],
    [
      '`constructor` deep inside',
      '{"resourceType":"Patient","name":[{"constructor":1}]}',
      undefined,
      { status: 400, error: 'sender-json-forbidden-key', at: 'Patient.name[0]' },
    ],
    [
      'a name given twice',
      '{"resourceType":"Patient","active":true,"active":false}',
      undefined,
      { status: 400, error: 'sender-json-duplicate-key', at: 'Patient' },
    ],
    ['1 MB and one byte', `"${'a'.repeat(999_999)}"`, undefined, { status: 413, error: 'sender-body-too-large' }],
    ['a list', '[]', undefined, { status: 400, error: 'sender-invalid-resource', at: 'Resource' }],
    ['null', 'null', undefined, { status: 400, error: 'sender-invalid-resource', at: 'Resource' }],
  ])('%s is refused at every address that takes a body', async (_what, body, type, expected) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    for (const path of ['/fhir', '/fhir/Patient']) expectRefused(await post(path, body, headers), expected)
    const explain = await post('/api/explain', body, headers)
    expect(explain.status).toBe(expected.status)
    expectNoSecrets(explain)
  })

  it('a length that lies is found out while reading', async () => {
    const body = `{"resourceType":"Patient","id":"${'a'.repeat(1_000_000)}"}`
    const answer = await post('/fhir/Patient', body, { 'content-length': '10' })
    expectRefused(answer, { status: 413, error: 'sender-body-too-large' })
  })

  it('a signed form of 5 MB is taken and one above 6 MB is not', async () => {
    const pdf = { 'content-type': 'application/pdf' }
    const taken = await post('/fhir/Binary', Buffer.alloc(5_000_000, 65), { ...pdf, prefer: 'return=minimal' })
    expect(taken.status).toBe(201)
    const large = await post('/fhir/Binary', Buffer.alloc(6_000_001, 65), pdf)
    expectRefused(large, { status: 413, error: 'sender-body-too-large' })
    const inJson = { resourceType: 'Binary', contentType: 'application/pdf', data: 'A'.repeat(6_000_000) }
    expectRefused(await post('/fhir/Binary', inJson), { status: 413, error: 'sender-body-too-large' })
    const elsewhere = await post('/fhir/DocumentReference', Buffer.alloc(10, 65), pdf)
    expectRefused(elsewhere, { status: 415, error: 'sender-media-type' })
  })

  it('201 entries are too many', async () => {
    const entry = Array.from({ length: 201 }, () => ({ request: { method: 'POST', url: 'Patient' } }))
    const answer = await post('/fhir', { resourceType: 'Bundle', type: 'transaction', entry })
    expectRefused(answer, { status: 400, error: 'sender-json-too-many-entries', at: 'Bundle.entry' })
  })
})

describe('resources that are not what they should be', () => {
  const valid = patient(story)
  it.each<[string, string, unknown, Expected]>([
    [
      'a text where a list belongs',
      'Patient',
      { ...valid, name: 'Aino' },
      { status: 400, error: 'sender-invalid-resource', at: 'Patient.name' },
    ],
    [
      'a number where a text belongs',
      'Patient',
      { ...valid, gender: 1 },
      { status: 400, error: 'sender-invalid-resource', at: 'Patient.gender' },
    ],
    [
      'a code nobody knows',
      'Patient',
      { ...valid, gender: 'Aino' },
      { status: 400, error: 'sender-invalid-resource', at: 'Patient.gender' },
    ],
    [
      'an element nobody knows',
      'Patient',
      { ...valid, hetu: story.hetu },
      { status: 400, error: 'sender-invalid-resource', at: 'Patient.hetu' },
    ],
    [
      'a day that does not exist',
      'Patient',
      { ...valid, birthDate: '1980-02-30' },
      { status: 400, error: 'sender-invalid-resource', at: 'Patient.birthDate' },
    ],
    [
      'a null',
      'Patient',
      { ...valid, active: null },
      { status: 400, error: 'sender-invalid-resource', at: 'Patient.active' },
    ],
    [
      'another type than the address',
      'Patient',
      { resourceType: 'Organization', name: 'Aino' },
      { status: 422, error: 'sender-invalid-request', at: 'Organization' },
    ],
    [
      'a type that is not taken',
      'Patient',
      { resourceType: 'Practitioner' },
      { status: 422, error: 'sender-invalid-request', at: 'Practitioner' },
    ],
    [
      'a type that is not read',
      'Patient',
      { resourceType: 'Location' },
      { status: 400, error: 'sender-invalid-resource', at: 'Resource' },
    ],
    [
      'no type',
      'Patient',
      { name: [{ family: 'Esimerkki' }] },
      { status: 400, error: 'sender-invalid-resource', at: 'Resource' },
    ],
    [
      'a missing element',
      'Task',
      { resourceType: 'Task', intent: 'order' },
      { status: 400, error: 'sender-invalid-resource', at: 'Task.status' },
    ],
    [
      'a contained resource inside a contained one',
      'Organization',
      {
        resourceType: 'Organization',
        contained: [{ resourceType: 'Organization', contained: [{ resourceType: 'Organization' }] }],
      },
      { status: 400, error: 'sender-invalid-resource', at: 'Organization.contained[0].contained' },
    ],
    [
      'a foreign address',
      'Organization',
      { resourceType: 'Organization', partOf: { reference: 'http://169.254.169.254/latest' } },
      { status: 422, error: 'sender-reference-not-allowed', at: 'Organization.partOf.reference' },
    ],
    [
      'a Patient without an identifier',
      'Patient',
      { resourceType: 'Patient', name: [{ family: 'Esimerkki' }] },
      { status: 422, error: 'sender-patient-without-identifier', at: 'Patient.identifier' },
    ],
    [
      'a personal identity code with a wrong check character',
      'Patient',
      { ...valid, identifier: [{ system: 'urn:oid:1.2.246.21', value: '131052-308A' }] },
      { status: 422, error: 'sender-identity-code-invalid', at: 'Patient.identifier[0].value' },
    ],
    [
      'a personal identity code of no shape',
      'Patient',
      { ...valid, identifier: [{ system: 'urn:oid:1.2.246.21', value: 'Salainen' }] },
      { status: 422, error: 'sender-identity-code-invalid', at: 'Patient.identifier[0].value' },
    ],
    [
      'a personal identity code that contradicts the birth date',
      'Patient',
      { ...patient(testStory('x', hetu(9))), birthDate: '1981-01-01' },
      { status: 422, error: 'sender-identity-contradiction', at: 'Patient.birthDate' },
    ],
  ])('%s', async (_what, type, body, expected) => {
    expectRefused(await post(`/fhir/${type}`, body), expected)
    const bundle = transaction([{ type, resource: body as Json }])
    const inBundle = await post('/fhir', bundle)
    expect([400, 422]).toContain(inBundle.status)
    expect(inBundle.body.issue[0].expression[0]).toMatch(/^Bundle\.entry\[0\]/)
    expectNoSecrets(inBundle)
  })

  it.each<[string, (own: string) => Json, Expected]>([
    [
      'an unknown client',
      () => medicationMessage(story, 'Patient/99999999-9999-4999-8999-999999999999', 'm'),
      { status: 422, error: 'sender-unknown-client', at: 'Communication.subject.reference' },
    ],
    [
      'no client',
      () => ({ ...medicationMessage(story, '', 'm'), subject: undefined }),
      { status: 422, error: 'sender-unknown-client', at: 'Communication.subject' },
    ],
    [
      'a client by an identifier nobody sent',
      () => ({ ...medicationMessage(story, '', 'm'), subject: { identifier: { system: 'urn:x', value: story.hetu } } }),
      { status: 422, error: 'sender-unknown-client', at: 'Communication.subject' },
    ],
    [
      'a category that is not told',
      (own) => ({ ...medicationMessage(story, own, 'm'), category: [{ text: 'Salainen' }] }),
      { status: 422, error: 'sender-category-missing', at: 'Communication.category' },
    ],
    [
      'an unknown field of an update',
      (own) => withField(own, { url: 'Salainen', valueString: 'Salainen' }),
      { status: 422, error: 'sender-update-field-invalid', at: 'Communication.extension[0].extension[6].url' },
    ],
    [
      'a wrong code in an update',
      (own) => withField(own, { url: 'kind', valueCode: 'Salainen' }),
      { status: 422, error: 'sender-update-field-invalid', at: 'Communication.extension[0].extension[6]' },
    ],
    [
      'words instead of a phone number',
      (own) => withField(own, { url: 'contact-phone', valueString: 'kysy Aino Esimerkki' }),
      { status: 422, error: 'sender-update-field-invalid', at: 'Communication.extension[0].extension[6]' },
    ],
    [
      'an attendance',
      (own) => ({ ...careNegotiation(story, own, '2026-03-18T13:00:00+02:00', { display: 'x' }), status: 'noshow' }),
      { status: 422, error: 'sender-attendance-not-told', at: 'Appointment.status' },
    ],
    [
      'an observation of something else',
      (own) => ({ ...rehabilitationSupport(story, own, '2026-06-30'), code: { text: 'Salainen' } }),
      { status: 422, error: 'sender-category-missing', at: 'Observation.code' },
    ],
  ])('news with %s', async (_what, make, expected) => {
    const body = make(aino.patient)
    expectRefused(await post(`/fhir/${String(body['resourceType'])}`, body), expected)
  })

  it('an address that does not exist, and a method that is not taken', async () => {
    for (const path of ['/fhir/Basic', '/fhir/Basic/1', '/fhir/Patient/1/2/3', '/fhir/Binary/abc']) {
      const answer = await gateway.call('hospital', 'GET', path)
      expect(answer.status, path).toBe(404)
      expect(answer.body.issue[0].details.coding[0].code).toMatch(
        /^sender-(unknown-(resource|address)|type-not-supported)$/,
      )
    }
    expectRefused(await post('/fhir/Basic', {}), { status: 404, error: 'sender-type-not-supported' })
    for (const [method, path, allow] of [
      ['GET', '/fhir', 'POST'],
      ['PUT', '/fhir/Patient', 'POST, GET'],
      ['DELETE', `/fhir/${aino.patient}`, 'GET, PUT'],
      ['PATCH', `/fhir/${aino.patient}`, 'GET, PUT'],
      ['POST', '/api/inbox', 'GET'],
      ['PUT', '/api/explain', 'POST'],
      ['DELETE', '/api/log', 'GET'],
    ] as const) {
      const answer = await gateway.call('hospital', method, path)
      expectRefused(answer, { status: 405, error: 'sender-method-not-allowed' })
      expect(answer.headers.get('allow')).toBe(allow)
    }
  })

  it('a query that says what nobody asked for', async () => {
    for (const path of [
      '/api/inbox?limit=0',
      '/api/inbox?limit=101',
      '/api/inbox?after=-1',
      '/api/inbox?after=x',
      '/api/inbox?count=5',
      `/api/inbox?${story.hetu}=1`,
      '/api/disclosures?limit=201',
      `/api/disclosures?client=${story.hetu}`,
      '/api/log',
      '/api/log?client=Patient/Aino',
      `/api/log?client=${aino.patient}&language=Salainen`,
    ]) {
      expectRefused(await gateway.call('hospital', 'GET', path), { status: 400, error: 'sender-query-invalid' })
    }
    for (const cursor of ['x', '1', `1.${'-'.repeat(36)}`, `9.${'z'.repeat(36)}`, '999999999999999.']) {
      expect((await gateway.call('hospital', 'GET', `/api/disclosures?after=${cursor}`)).status, cursor).toBe(200)
    }
  })

  it('a caller without the scope, without a token or with an old one', async () => {
    const none = await gateway.call('hospital', 'GET', `/fhir/${aino.patient}`, undefined, { authorization: '' })
    expectRefused(none, { status: 401, error: 'sender-not-authenticated' })
    const nobody = await gateway.call('nobody', 'GET', `/fhir/${aino.patient}`)
    expectRefused(nobody, { status: 401, error: 'sender-not-authenticated' })
  })
})

const transaction = (list: readonly { readonly type: string; readonly resource: Json }[]): Json => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: list.map(({ type, resource }) => ({ resource, request: { method: 'POST', url: type } })),
})

const withField = (own: string, field: Json): Json => {
  const message = JSON.parse(JSON.stringify(medicationMessage(story, own, 'field')))
  message.extension[0].extension.push(field)
  return message
}
