import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Json } from '../../demo/story-resources.ts'
import { countRows, tablesWith } from '../support/database.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { furtherResources, keptTypes } from '../support/further-resources.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const types = Object.keys(furtherResources(testStory('names'), 'Patient/1'))

describeEachEngine('what an EHR keeps here beside its events', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('further', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story, [
      'identity',
      'referral',
      'medication.detail',
      'diagnosis.code',
      'hospital.unit',
    ])
    await gateway.drain()
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const resource = (type: string, run = story.run, patient = client.patient): any =>
    furtherResources({ ...story, run }, patient)[type]
  const post = (type: string, body: Json, headers: Record<string, string> = {}): Promise<Answer> =>
    gateway.call('hospital', 'POST', `/fhir/${type}`, body, headers)

  it.each(types)('%s is created once, changed, and read in every version', async (type) => {
    const body = resource(type, `life-${type}`)
    const identifier = [body.identifier].flat()[0]
    const once = { 'if-none-exist': `identifier=${identifier.system}|${identifier.value}` }
    const created = await post(type, body, once)
    expect(created.status, JSON.stringify(created.body)).toBe(201)
    const place = `${type}/${created.body.id}`
    const again = await post(type, body, once)
    expect([again.status, again.body]).toEqual([200, created.body])
    expect((await post(type, body)).status).toBe(409)

    const changed = await change(gateway, 'hospital', place, (one) => (one.language = 'sv'))
    expect(changed.status, JSON.stringify(changed.body)).toBe(200)
    const stale = await gateway.call('hospital', 'PUT', `/fhir/${place}`, created.body, { 'if-match': 'W/"1"' })
    expect(stale.status).toBe(412)
    const read = async (path: string) => (await gateway.call('hospital', 'GET', `/fhir/${path}`)).body
    expect(await read(place)).toEqual(changed.body)
    expect(await read(`${place}/_history/1`)).toEqual(created.body)
    expect((await read(`${place}/_history`)).total).toBe(2)
  })

  it.each(types.filter((type) => resourceIsAboutClient(type)))('%s needs a client of its own sender', async (type) => {
    const nobody = '99999999-9999-4999-8999-999999999999'
    const before = await countRows(gateway.opened)
    const answer = await post(type, resource(type, `nobody-${type}`, `Patient/${nobody}`))
    expect([answer.status, answer.body.issue[0].details.coding[0].code]).toEqual([422, 'sender-unknown-client'])
    const { subject: _subject, patient: _patient, ...without } = resource(type, `without-${type}`)
    const unsaid = await post(type, without)
    // R4 itself demands the client of most of these types.
    expect([400, 422]).toContain(unsaid.status)
    expect(unsaid.body.issue[0].expression[0]).toMatch(/\.(subject|patient)$/)
    expect(await countRows(gateway.opened)).toEqual(before)
  })

  it.each(keptTypes)('%s is told to nobody, whatever the consent permits, and the sender hears so', async (type) => {
    await gateway.drain()
    const before = await countRows(gateway.opened)
    const answer = await post(type, resource(type, `kept-${type}`), { prefer: 'return=OperationOutcome' })
    expect(answer.status).toBe(201)
    const [note, ...more] = answer.body.issue
    expect(more).toEqual([])
    expect([note.severity, note.details.coding[0].code, note.diagnostics]).toEqual([
      'information',
      'gateway-nothing-told',
      `kept for you and told to nobody: nothing of a ${type} is passed on`,
    ])
    const after = await countRows(gateway.opened)
    const grown = Object.keys(after).filter((table) => after[table] !== before[table])
    expect(grown.toSorted()).toEqual(['resource', 'resource_identifier'])
    expect(await gateway.drain()).toBe(0)
  })

  it.each(['coaching-note.summary', 'wellbeing', 'questionnaire.score'])(
    'an Observation of %s is kept until there are words for it',
    async (code) => {
      const { code: benefit, ...base } = observation()
      const body = { ...base, code: { coding: [{ ...benefit.coding[0], code }] }, valueString: 'kanaria' }
      const answer = await post('Observation', body, { prefer: 'return=OperationOutcome' })
      expect(answer.body.issue).toMatchObject([
        { details: { coding: [{ code: 'gateway-nothing-told' }] }, expression: ['Observation.code'] },
      ])
      expect(await gateway.drain()).toBe(0)
      expect(await tablesWith(gateway.opened, 'kanaria')).toEqual(['resource'])
    },
  )

  it.each([
    ['no category', undefined],
    ['a category nobody knows', 'horoscope'],
  ])('an Observation of %s is a mistake that its sender hears of', async (_what, code) => {
    const { code: benefit, ...base } = observation()
    const body = { ...base, code: code === undefined ? { text: 'x' } : { coding: [{ ...benefit.coding[0], code }] } }
    const answer = await post('Observation', body)
    expect([answer.status, answer.body.issue[0].details.coding[0].code]).toEqual([422, 'sender-category-missing'])
  })

  const observation = (): any => ({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'https://ips-gateway.example/fhir/CodeSystem/ips-information', code: 'benefit' }] },
    subject: { reference: client.patient },
  })
})

const resourceIsAboutClient = (type: string): boolean =>
  JSON.stringify(furtherResources(testStory('names'), 'Patient/1')[type]).includes('Patient/1')
