import { afterEach, beforeEach, expect, it } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import type { Endpoint, Party } from '../../src/domain/party.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

/** The office has the team's endpoints now, and the team none. */
const moved = (): readonly Party[] => {
  const of = (party: string): readonly Endpoint[] => testParties().find(({ id }) => id === party)?.endpoints ?? []
  const given: Readonly<Record<string, readonly Endpoint[]>> = { team: [], office: of('team') }
  return testParties().map((party) => ({ ...party, endpoints: given[party.id] ?? party.endpoints }))
}

describeEachEngine('an endpoint that belongs to another party now', (engine) => {
  const story = testStory('moved', hetu(1))
  let gateway: TestGateway
  let after: TestGateway
  let client: Enrolled
  beforeEach(async () => {
    gateway = await startTestGateway(engine)
    after = await startTestGateway(engine, moved(), { opened: gateway.opened, seed: 'after' })
    client = await enrol(gateway, story)
    await gateway.drain()
    await gateway.call('team', 'GET', '/api/inbox')
  })
  afterEach(async () => {
    expect([...gateway.faults, ...after.faults]).toEqual([])
    await gateway.close()
  })

  const ofOffice = () => gateway.opened.rows(`select 1 from patient_link where party = 'office'`)

  it('shows it nothing of what the one before has read', async () => {
    const before = await gateway.call('team', 'GET', '/api/inbox')
    await change(gateway, 'hospital', client.consent, (consent) => (consent.status = 'inactive'))
    const { body: notices } = await gateway.call('team', 'GET', `/api/inbox?after=${before.body.next}`)
    expect(notices.items.length).toBe(1)
    const { body } = await after.call('office', 'GET', '/api/inbox')
    expect([body.items, await ofOffice()]).toEqual([[], []])
  })

  it('tells it nothing that was meant for the one before, not even that there is such a client', async () => {
    const told = medicationMessage(story, client.patient, 'moved')
    expect((await gateway.call('hospital', 'POST', '/fhir/Communication', told)).status).toBe(201)
    await change(gateway, 'hospital', client.consent, (consent) => (consent.status = 'inactive'))
    await after.drain()
    expect(after.received).toEqual([])
    const { body } = await after.call('office', 'GET', '/api/inbox')
    expect(body.items).toEqual([])
    expect(await ofOffice()).toEqual([])
    const ended = await gateway.opened.rows(`select state, reason from disclosure where kind = 'notice'`)
    expect(ended.map(({ state, reason }) => [state, reason])).toEqual([
      ['withheld', 'no-recipient'],
      ['withheld', 'no-recipient'],
    ])
  })
})
