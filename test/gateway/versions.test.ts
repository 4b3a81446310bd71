import { afterAll, beforeAll, expect, it } from 'vitest'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('versions of a resource', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, testStory('versions', hetu(1)))
    await gateway.drain()
  })
  afterAll(() => gateway.close())
  const read = (party: string, path: string) => gateway.call(party, 'GET', `/fhir/${path}`)

  it('are found where the answer to a write says they are', async () => {
    const posted = await gateway.call('hospital', 'POST', '/fhir/Organization', {
      resourceType: 'Organization',
      name: 'Ward one',
    })
    const location = new URL(posted.headers.get('location') ?? '').pathname
    const found = await gateway.call('hospital', 'GET', location)
    expect(found.status).toBe(200)
    expect(found.body).toEqual(posted.body)
    expect(found.headers.get('etag')).toBe('W/"1"')
  })

  it('stay as they were when a newer one is written, and stand in the history, newest first', async () => {
    const changed = await change(gateway, 'hospital', client.patient, (patient) => {
      patient.telecom = [{ system: 'phone', value: '0400 000 001' }]
    })
    expect(changed.status).toBe(200)
    const [first, second] = [
      await read('hospital', `${client.patient}/_history/1`),
      await read('hospital', `${client.patient}/_history/2`),
    ]
    expect(first.body.telecom).not.toEqual(second.body.telecom)
    expect(second.body).toEqual(changed.body)
    const { status, body } = await read('hospital', `${client.patient}/_history`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'history', total: 2 })
    expect(body.entry.map((entry: any) => entry.resource)).toEqual([second.body, first.body])
    expect(body.entry.map((entry: any) => entry.request.method)).toEqual(['PUT', 'POST'])
    expect(body.entry[0].response.etag).toBe('W/"2"')
  })

  it.each(['3', '0', '01', '-1', 'x', '1/2', '99999999999'])(
    'that do not exist (%s) are not found',
    async (version) => {
      const { status, body } = await read('hospital', `${client.patient}/_history/${version}`)
      expect(status).toBe(404)
      expect(body.resourceType).toBe('OperationOutcome')
    },
  )

  it('show nobody else anything, also not that they exist', async () => {
    const nothing = await read('other-hospital', 'Patient/00000000-0000-4000-8000-000000000000/_history/1')
    for (const path of [`${client.patient}/_history/1`, `${client.patient}/_history`, `${client.consent}/_history/1`]) {
      const { status, body } = await read('other-hospital', path)
      expect(status).toBe(404)
      expect(body).toEqual(nothing.body)
    }
    expect((await read('team', `${client.consent}/_history/1`)).status).toBe(404)
  })

  it('show the asked team its Task as it may read it now, and no earlier one', async () => {
    const now = await read('team', client.task)
    expect(now.status).toBe(200)
    const version = String(now.body.meta.versionId)
    expect((await read('team', `${client.task}/_history/${version}`)).body).toEqual(now.body)
    const answered = await gateway.call(
      'team',
      'PUT',
      `/fhir/${client.task}`,
      { ...now.body, status: 'accepted' },
      { 'if-match': `W/"${version}"` },
    )
    expect(answered.status).toBe(200)
    expect((await read('team', `${client.task}/_history/${version}`)).status).toBe(404)
    const { body } = await read('team', `${client.task}/_history`)
    expect(body.entry.map((entry: any) => entry.resource.status)).toEqual(['accepted'])
    expect((await read('hospital', `${client.task}/_history`)).body.total).toBe(2)
  })

  it('are only read', async () => {
    const { status, headers } = await gateway.call('hospital', 'DELETE', `/fhir/${client.patient}/_history/1`)
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe('GET')
    expect((await read('hospital', 'Account/1/_history')).status).toBe(404)
  })
})
