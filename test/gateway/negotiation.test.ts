import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'

describe('what a request may ask of its answer', () => {
  let gateway: TestGateway
  let client: Enrolled
  beforeAll(async () => {
    gateway = await startTestGateway('pglite')
    client = await enrol(gateway, testStory('negotiation', hetu(1)))
  })
  afterAll(() => gateway.close())
  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    gateway.call('hospital', 'GET', path, undefined, headers)

  it.each([
    ['application/fhir+json'],
    ['application/json'],
    ['application/json+fhir'],
    ['text/json'],
    ['*/*'],
    ['application/*;q=0.8'],
    ['application/fhir+xml;q=0.5, application/fhir+json'],
    ['application/fhir+json; fhirVersion=4.0'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ])('JSON to whoever accepts %s', async (accept) => {
    const answer = await get(`/fhir/${client.patient}`, { accept })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/fhir+json; charset=utf-8')
  })

  it.each([
    ['application/fhir+xml'],
    ['text/turtle'],
    ['application/fhir+json;q=0'],
    ['application/fhir+json; fhirVersion=5.0'],
  ])('an explanation to whoever accepts only %s', async (accept) => {
    for (const path of [`/fhir/${client.patient}`, '/fhir/metadata']) {
      const answer = await get(path, { accept })
      expect([answer.status, answer.body.resourceType]).toEqual([406, 'OperationOutcome'])
      expect(answer.body.issue[0].diagnostics).toContain('application/fhir+json')
    }
  })

  it('by `_format`, which goes before `Accept`, also unescaped', async () => {
    const xml = { accept: 'application/fhir+xml' }
    for (const format of ['json', 'application/json', 'application/fhir+json', 'application%2Ffhir%2Bjson']) {
      expect((await get(`/fhir/${client.patient}?_format=${format}`, xml)).status, format).toBe(200)
    }
    expect((await get(`/fhir/${client.patient}?_format=xml`)).status).toBe(406)
  })

  it('refuses before anything is done', async () => {
    const organization = { resourceType: 'Organization', identifier: [{ system: 'urn:test:xml', value: '1' }] }
    const refused = await gateway.call('hospital', 'POST', '/fhir/Organization', organization, {
      accept: 'text/turtle',
    })
    expect(refused.status).toBe(406)
    const later = await gateway.call('hospital', 'POST', '/fhir/Organization', organization, {
      'if-none-exist': 'identifier=urn:test:xml|1',
    })
    expect(later.status).toBe(201)
  })

  it('takes JSON in every spelling of it, and nothing else', async () => {
    const send = (type: string) =>
      gateway.call(
        'hospital',
        'POST',
        '/fhir/Organization',
        { resourceType: 'Organization', name: 'o' },
        { 'content-type': type },
      )
    for (const type of ['application/json', 'application/fhir+json;charset=UTF-8', 'application/json+fhir']) {
      expect((await send(type)).status, type).toBe(201)
    }
    for (const type of ['application/fhir+xml', 'text/plain', 'application/fhir+json; charset=latin1', '']) {
      const { status, body } = await send(type)
      expect([status, body.resourceType], type).toEqual([415, 'OperationOutcome'])
    }
  })

  it('sends a version only to whoever does not have it', async () => {
    const first = await get(`/fhir/${client.patient}`)
    const etag = first.headers.get('etag') ?? ''
    for (const known of [etag, '"1"', `W/"7", ${etag}`, '*']) {
      const again = await get(`/fhir/${client.patient}`, { 'if-none-match': known })
      expect([again.status, again.body, again.headers.get('etag')], known).toEqual([304, undefined, etag])
    }
    expect((await get(`/fhir/${client.patient}`, { 'if-none-match': 'W/"7"' })).status).toBe(200)
  })

  it('answers HEAD like GET, without the resource', async () => {
    const { status, body, headers } = await gateway.call('hospital', 'HEAD', `/fhir/${client.patient}`)
    expect([status, body, headers.get('etag')]).toEqual([200, undefined, 'W/"1"'])
    expect((await gateway.call('other-hospital', 'HEAD', `/fhir/${client.patient}`)).status).toBe(404)
  })

  it('changes under any form of `If-Match` that names the version', async () => {
    const read = async () => (await get(`/fhir/${client.careTeam}`)).body
    for (const form of [
      (v: string) => `W/"${v}"`,
      (v: string) => `"${v}"`,
      () => '*',
      (v: string) => `"99", W/"${v}"`,
    ]) {
      const body = await read()
      const answer = await gateway.call('hospital', 'PUT', `/fhir/${client.careTeam}`, body, {
        'if-match': form(body.meta.versionId),
      })
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    }
    const body = await read()
    for (const form of ['W/"1"', '1', 'W/1', '']) {
      const { status } = await gateway.call('hospital', 'PUT', `/fhir/${client.careTeam}`, body, { 'if-match': form })
      expect(status, form).toBe(412)
    }
  })

  it('opens nothing to pages of other origins', async () => {
    const answer = await get(`/fhir/${client.patient}`, { origin: 'https://elsewhere.test' })
    const preflight = await gateway.call('hospital', 'OPTIONS', `/fhir/${client.patient}`, undefined, {
      origin: 'https://elsewhere.test',
      'access-control-request-method': 'GET',
    })
    for (const { headers } of [answer, preflight]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('repeats the request id when it is harmless, and makes one when not', async () => {
    expect((await get('/fhir/metadata', { 'x-request-id': 'ehr-42' })).headers.get('x-request-id')).toBe('ehr-42')
    for (const odd of ['131052-308T 1', 'x'.repeat(65), '<script>']) {
      const given = (await get('/fhir/metadata', { 'x-request-id': odd })).headers.get('x-request-id')
      expect(given).not.toBe(odd)
      expect(given).toMatch(/^[A-Za-z0-9._-]{1,64}$/)
    }
  })
})
