import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import {
  careNegotiation,
  type Json,
  medicationChange,
  medicationMessage,
  patient as patientOf,
  referralBundle,
  rehabilitationSupport,
} from '../../demo/story-resources.ts'
import { countRows, tablesWith } from '../support/database.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('what nobody may be told', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('refused', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story, ['identity', 'referral'])
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const canaries = (event: Json): Json => {
    const text = JSON.stringify(event)
      .replace('Ketiapiini 300 mg', 'Kanariadoni 77 mg')
      .replace('1 tabletti illalla', 'kanarianannos')
      .replace('lääkityksen arvio ja kuntoutussuunnitelma', 'kanarianneuvottelu')
      .replace('812.4', '812.777')
    return JSON.parse(text)
  }

  it.each<[string, () => Json]>([
    ['a medication change', () => medicationChange(story, client.patient, 'canary')],
    ['a prescription alone', () => (medicationChange(story, client.patient, 'alone')['entry'] as any)[0].resource],
    ['a care negotiation', () => careNegotiation(story, client.patient, '2026-03-18T13:00:00+02:00', { display: 'x' })],
    ['a benefit', () => rehabilitationSupport(story, client.patient, '2026-06-30')],
  ])('%s stands nowhere in the database; reference, reason and audit do', async (_what, make) => {
    const event = canaries(make())
    const path = event['resourceType'] === 'Bundle' ? '/fhir' : `/fhir/${String(event['resourceType'])}`
    const before = await countRows(gateway.opened)
    const answer = await gateway.call('hospital', 'POST', path, event)
    expect(answer.status).toBe(403)
    for (const canary of ['anariadoni', 'kanarianannos', 'kanarianneuvottelu', '812.777', 'lighten', 'tiredness']) {
      expect(await tablesWith(gateway.opened, canary), canary).toEqual([])
    }
    const after = await countRows(gateway.opened)
    const grown = Object.keys(after).filter((table) => after[table] !== before[table])
    expect(grown.toSorted()).toEqual(['audit_event', 'disclosure'])
    // The team has two endpoints and is refused once.
    expect(Number(after['disclosure'])).toBe(Number(before['disclosure']) + 1)
    expect(Number(after['audit_event'])).toBe(Number(before['audit_event']) + 1)
    const { body } = await gateway.call('hospital', 'GET', `/api/disclosures?client=${client.patient}&language=en`)
    const last = body.items.filter((item: any) => item.state === 'refused').at(-1)
    expect(last).toMatchObject({ recipient: 'team', state: 'refused', reason: 'no-applicable-consent', attempts: 0 })
  })

  it('leaves no trace of a person who came with it', async () => {
    const stranger = testStory('stranger', hetu(2))
    const message = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
          resource: patientOf(stranger),
          request: { method: 'POST', url: 'Patient' },
        },
        {
          resource: medicationMessage(stranger, 'urn:uuid:00000000-0000-4000-8000-000000000001', 'with'),
          request: { method: 'POST', url: 'Communication' },
        },
      ],
    }
    const before = await countRows(gateway.opened)
    const answer = await gateway.call('hospital', 'POST', '/fhir', message)
    expect(answer.status).toBe(422)
    expect(answer.body.issue[0].details.coding[0].code).toBe('sender-no-recipient')
    expect(await countRows(gateway.opened)).toEqual(before)
    expect(await tablesWith(gateway.opened, stranger.hetu)).toEqual([])
  })

  it('is counted but not linked to a client who was refused together with it', async () => {
    const young = testStory('young', hetu(3, '010112', 'A'))
    const answer = await gateway.call('hospital', 'POST', '/fhir', referralBundle(young))
    expect(answer.status).toBe(403)
    expect(await tablesWith(gateway.opened, young.hetu)).toEqual([])
    const rows = await gateway.opened.rows(
      `select client_id, category, reason from disclosure where reason = 'client-minor'`,
    )
    expect(rows).toEqual([{ client_id: null, category: 'referral', reason: 'client-minor' }])
  })
})
