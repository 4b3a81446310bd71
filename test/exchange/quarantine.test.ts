import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Json, medicationMessage } from '../../demo/story-resources.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('two parties that mean different people by one identifier', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('quarantine', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story)
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const post = (party: string, person: Json): Promise<Answer> =>
    gateway.call(party, 'POST', '/fhir/Patient', { resourceType: 'Patient', ...person })
  const person = (code: string, family: string, given: string, own?: string): Json => ({
    identifier: [
      { system: 'urn:oid:1.2.246.21', value: code },
      ...(own === undefined ? [] : [{ system: 'urn:own', value: own }]),
    ],
    name: [{ family, given: [given] }],
  })
  const clientOf = async (answer: Answer): Promise<unknown> =>
    (await gateway.opened.rows('select client_id, state from patient_link where patient_id = $1', [answer.body.id]))[0]

  it('are kept apart, a person is asked to look, and the caller learns nothing', async () => {
    const answer = await post('other-hospital', person(story.hetu, 'Toinen', 'Tiina'))
    expect(answer.status).toBe(201)
    const [own] = await gateway.opened.rows('select client_id from patient_link where patient_id = $1', [
      client.patient.split('/')[1],
    ])
    expect(await clientOf(answer)).not.toMatchObject({ client_id: own?.['client_id'] })
    expect(await clientOf(answer)).toMatchObject({ state: 'quarantined' })
    const cases = await gateway.opened.rows('select party, patient_id, reason from quarantine')
    expect(cases).toEqual([
      { party: 'other-hospital', patient_id: answer.body.id, reason: 'name-or-birth-date-contradicts' },
    ])
    const log = await gateway.call('other-hospital', 'GET', `/api/log?client=Patient/${answer.body.id}`)
    expect(log.body).toEqual({ entries: [] })
  })

  it('are one client when only one of the names differs, as after a marriage', async () => {
    const answer = await post('other-team', person(story.hetu, 'Uusinimi', 'Aino'))
    const [own] = await gateway.opened.rows('select client_id from patient_link where patient_id = $1', [
      client.patient.split('/')[1],
    ])
    expect(await clientOf(answer)).toEqual({ client_id: own?.['client_id'], state: 'linked' })
  })

  it('get the same answers whether the first record was linked or kept apart', async () => {
    const sequence = async (code: string, run: string): Promise<unknown[]> => {
      const first = await post('office', person(code, 'Väärä', 'Nimi', `${run}-1`))
      const without = {
        ...first.body,
        identifier: [{ system: 'urn:own', value: `${run}-1` }],
      }
      const put = await gateway.call('office', 'PUT', `/fhir/Patient/${first.body.id}`, without, {
        'if-match': 'W/"1"',
      })
      const same = await post('office', person(code, 'Väärä', 'Nimi', `${run}-2`))
      const other = await post('office', person(code, 'Aivan', 'Toinen', `${run}-3`))
      return [first, put, same, other].map(({ status, body }) => [status, body.issue?.[0]])
    }
    expect(await sequence(story.hetu, 'known')).toEqual(await sequence(hetu(2), 'unknown'))
  })

  it('a Bundle with two records of one person is no fault of the gateway', async () => {
    const both = await post('hospital', {
      identifier: [hetu(10), hetu(11)].map((value) => ({ system: 'urn:oid:1.2.246.21', value })),
    })
    expect(both.status).toBe(201)
    const entry = [hetu(10), hetu(11)].map((value) => ({
      resource: { resourceType: 'Patient', identifier: [{ system: 'urn:oid:1.2.246.21', value }] },
      request: { method: 'POST', url: 'Patient' },
    }))
    const answer = await gateway.call('other-hospital', 'POST', '/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry,
    })
    expect(answer.status).toBe(200)
    // Nor does one record after the other tell that the hospital knows both numbers as one person.
    for (const value of [hetu(10), hetu(11)]) {
      const one = await post('other-team', { identifier: [{ system: 'urn:oid:1.2.246.21', value }] })
      expect(one.status).toBe(201)
    }
    const cases = await gateway.opened.rows(
      `select party from quarantine where reason = 'second-record-of-one-client' order by party`,
    )
    expect(cases.map(({ party }) => party)).toEqual(['other-hospital', 'other-team'])
  })

  it('identifiers of two clients in one record are kept apart too', async () => {
    await post('hospital', person(hetu(20), 'Yksi', 'Anna'))
    await post('hospital', person(hetu(21), 'Kaksi', 'Bea'))
    const answer = await post('other-hospital', {
      identifier: [hetu(20), hetu(21)].map((value) => ({ system: 'urn:oid:1.2.246.21', value })),
    })
    expect(answer.status).toBe(201)
    expect(await clientOf(answer)).toMatchObject({ state: 'quarantined' })
    const [row] = await gateway.opened.rows('select reason from quarantine where patient_id = $1', [answer.body.id])
    expect(row?.['reason']).toBe('identifiers-of-two-clients')
  })

  it('a number of a party itself never links to the same number of another party', async () => {
    const local = (party: string) => post(party, { identifier: [{ system: 'urn:local', value: '4711' }] })
    const [one, two] = [await local('hospital'), await local('other-hospital')]
    const links = [await clientOf(one), await clientOf(two)] as { client_id: string }[]
    expect(links[0]?.client_id).not.toBe(links[1]?.client_id)
  })

  it("news under the wrong person's identifier does not reach that person's team", async () => {
    const wrong = await post('other-hospital', person(hetu(30), 'Oma', 'Nimi'))
    expect(wrong.status).toBe(201)
    const message = medicationMessage(testStory('wrong', hetu(30)), `Patient/${wrong.body.id}`, 'x')
    const answer = await gateway.call('other-hospital', 'POST', '/fhir/Communication', message)
    expect(answer.status).toBe(422)
  })
})
