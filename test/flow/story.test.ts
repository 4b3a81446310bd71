import { afterAll, beforeAll, expect, it } from 'vitest'
import { careNegotiation, medicationChange, rehabilitationSupport } from '../../demo/story-resources.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('the story of Aino', (engine) => {
  let gateway: TestGateway
  let aino: Enrolled
  const story = testStory('story', hetu(1))

  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterAll(() => gateway?.close())

  it('tells the team identity and referral as soon as the signed consent is there', async () => {
    aino = await enrol(gateway, story)
    await gateway.drain()
    expect(gateway.received.map(({ body }) => body.category[0].coding[0].code)).toEqual(['identity', 'referral'])
    const { body } = await gateway.call('team', 'GET', '/api/inbox?language=en')
    expect(body.items.map((item: { category: string }) => item.category)).toEqual(['identity', 'referral'])
  })

  // Whole numbers only: an id may hold any digits.
  it('tells a medication change at the consented level only', async () => {
    const posted = await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, aino.patient))
    expect(posted.status, JSON.stringify(posted.body)).toBe(200)
    await gateway.drain()
    const { body } = await gateway.call('team', 'GET', '/api/inbox?language=en&after=2')
    expect(body.items.map((item: { text: string }) => item.text)).toEqual([
      'Treatment changed 9.3.; may affect work; expect tiredness for about two weeks; go lightly, ask the client',
    ])
    expect(gateway.received.at(-1)?.raw).not.toMatch(/Ketiapiini|\b300\b|tabletti|started/)
  })

  it('tells a care negotiation and rehabilitation support within the same moment', async () => {
    const coach = { identifier: story.team }
    const meeting = careNegotiation(story, aino.patient, '2026-03-18T13:00:00+02:00', coach)
    expect((await gateway.call('hospital', 'POST', '/fhir/Appointment', meeting)).status).toBe(201)
    const benefit = rehabilitationSupport(story, aino.patient, '2026-06-30')
    expect((await gateway.call('hospital', 'POST', '/fhir/Observation', benefit)).status).toBe(201)
    await gateway.drain()
    const { body } = await gateway.call('team', 'GET', '/api/inbox?language=en&after=3')
    expect(body.items.map((item: { text: string }) => item.text)).toEqual([
      'Care negotiation 18.3. at 13:00, you are invited',
      'Rehabilitation support applied for, until 30.6.2026 (source: care team)',
    ])
    expect(JSON.stringify(body)).not.toMatch(/\b812\b/)
  })

  it('withholds what is queued and refuses what comes after a withdrawal', async () => {
    gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
    const queued = await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, aino.patient, 'second'))
    expect(queued.status).toBe(200)
    await gateway.drain()

    const consent = await gateway.call('hospital', 'GET', `/fhir/${aino.consent}`)
    const { provision } = consent.body
    const without = provision.provision.filter(
      (one: { code: { coding: { code: string }[] }[] }) => !one.code[0]!.coding[0]!.code.startsWith('medication'),
    )
    const withdrawn = { ...consent.body, provision: { ...provision, provision: without } }
    const put = await gateway.call('hospital', 'PUT', `/fhir/${aino.consent}`, withdrawn, { 'if-match': 'W/"1"' })
    expect(put.status, JSON.stringify(put.body)).toBe(200)

    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += 3_600_000
    const before = gateway.received.length
    await gateway.drain()
    const after = gateway.received.slice(before)
    expect(after.map(({ body }) => body.category[0].coding[0].code)).toEqual(['permissions-changed'])

    const refused = await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, aino.patient, 'third'))
    expect(refused.status).toBe(403)
    expect(refused.body.issue[0]).toMatchObject({ code: 'forbidden', expression: ['Bundle.entry[1].resource'] })

    const { body } = await gateway.call('team', 'GET', '/api/inbox?language=en')
    expect(JSON.stringify(body)).not.toContain('Treatment changed')
    const report = await gateway.call('hospital', 'GET', '/api/disclosures?language=en')
    const states = report.body.items.map(
      (item: { category: string; state: string }) => `${item.category} ${item.state}`,
    )
    expect(states).toContain('medication.effect withheld')
    expect(states).toContain('medication refused')
    expect(gateway.faults).toEqual([])
  })

  it('shows the client all of it in her own log', async () => {
    const own = await gateway.call('portal', 'POST', '/fhir/Patient', {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:oid:1.2.246.21', value: story.hetu }],
      name: [{ family: 'Esimerkki', given: ['Aino'] }],
    })
    expect(own.status).toBe(201)
    const { body } = await gateway.call('portal', 'GET', `/api/log?client=Patient/${own.body.id}&language=en`)
    const kinds = new Set(body.entries.map((entry: { kind: string }) => entry.kind))
    expect(kinds).toEqual(new Set(['consent-recorded', 'told', 'not-told', 'consent-changed']))
    expect(body.entries.every((entry: { text: string }) => entry.text.length > 20)).toBe(true)
  })
})
