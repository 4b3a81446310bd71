import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import {
  careNegotiation,
  type Json,
  medicationChange,
  medicationMessage,
  referralBundle,
  rehabilitationSupport,
} from '../../demo/story-resources.ts'
import { countRows } from '../support/database.ts'
import { enrol, type Enrolled, hetu, referralWithoutConsent, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('the dry run', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('explain', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story, ['identity', 'referral', 'medication.effect', 'care-meeting.time'])
    await gateway.drain()
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const explain = (input: unknown, recipient = 'team', party = 'hospital') =>
    gateway.call(party, 'POST', '/api/explain?language=en', { recipient, input })
  const post = (input: Json) =>
    gateway.call(
      'hospital',
      'POST',
      input['resourceType'] === 'Bundle' ? '/fhir' : `/fhir/${String(input['resourceType'])}`,
      input,
    )
  const coach = { identifier: story.team }

  const cases: readonly [string, () => Json, readonly (string | undefined)[]][] = [
    ['a permitted medication change', () => medicationChange(story, client.patient, 'permitted'), [undefined]],
    [
      'a permitted meeting',
      () => careNegotiation(story, client.patient, '2026-03-18T13:00:00+02:00', coach),
      [undefined],
    ],
    [
      'a benefit without consent',
      () => rehabilitationSupport(story, client.patient, '2026-06-30'),
      ['no-applicable-consent'],
    ],
    ['a whole referral', () => referralBundle(testStory('explain-new', hetu(2))), [undefined, undefined]],
    [
      'a referral of a minor',
      () => referralBundle(testStory('explain-young', hetu(3, '010112', 'A'))),
      ['client-minor', 'client-minor'],
    ],
    [
      'a referral without consent',
      () => referralWithoutConsent(testStory('explain-without', hetu(4))),
      ['no-applicable-consent', 'no-applicable-consent'],
    ],
  ]

  it.each(cases)('of %s changes nothing and says what the real post then does', async (_what, make, reasons) => {
    const input = make()
    const before = await countRows(gateway.opened)
    const { status, body } = await explain(input)
    expect(status, JSON.stringify(body)).toBe(200)
    expect(await countRows(gateway.opened)).toEqual(before)
    expect(body.explanations.map((one: any) => one.reason)).toEqual(reasons)

    const real = await post(input)
    const refused = real.status === 403
    expect(refused).toBe(
      reasons.every((reason) => reason !== undefined) && !JSON.stringify(real.body).includes('gateway-waits'),
    )
    for (const reason of refused ? reasons : []) expect(real.body.issue[0].diagnostics).toContain(reason)
    const sentBefore = gateway.received.length
    await gateway.drain()
    const sent = gateway.received.slice(sentBefore).map(({ body: one }) => one)
    const told = body.explanations.flatMap((one: any) => (one.sent === null ? [] : [one.sent]))
    expect(sent.length).toBe(told.length)
    // Ids, the recipient's own name for a client it did not know yet, and the Task's place differ from run to run.
    const plain = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'))
    expect(plain(told)).toEqual(plain(sent))
  })

  it('says for somebody outside the care team what a stranger would hear, and names no consent', async () => {
    for (const recipient of ['office', 'other-team', 'portal', 'other-hospital']) {
      const { body } = await explain(medicationMessage(story, client.patient, 'out'), recipient)
      expect(body.explanations[0]).toMatchObject({ outcome: 'deny', sent: null, reason: 'recipient-not-in-care-team' })
      expect(JSON.stringify(body)).not.toContain('Consent/')
    }
  })

  it('shows a sender its own consents and no others', async () => {
    const { body } = await explain(rehabilitationSupport({ ...story, run: 'own' }, client.patient, '2026-06-30'))
    expect(body.explanations[0].decision.notApplicable).toEqual([{ consent: client.consent, why: expect.any(String) }])
    const other = await enrol(
      gateway,
      { ...testStory('explain-b', story.hetu), hospital: { system: 'urn:test:parties', value: 'other-hospital' } },
      ['identity', 'referral'],
      'other-hospital',
    )
    const theirs = await explain(
      rehabilitationSupport(testStory('b'), other.patient, '2026-06-30'),
      'team',
      'other-hospital',
    )
    expect(theirs.body.explanations[0].decision.notApplicable).toEqual([
      { consent: other.consent, why: expect.any(String) },
    ])
    // They change with every consent of the client, whoever recorded it.
    for (const { decision } of [body.explanations[0], theirs.body.explanations[0]]) {
      expect(decision).toMatchObject({ engine: expect.any(String) })
      expect(decision).not.toHaveProperty('inputs')
      expect(decision).not.toHaveProperty('epoch')
    }
  })

  it('takes nothing it would not take in earnest', async () => {
    for (const input of [null, 'x', [], {}, { resourceType: 'Patient' }, { resourceType: 'Encounter' }]) {
      const answer = await explain(input)
      expect(answer.status, JSON.stringify(input)).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
    }
    const unknown = await explain(medicationMessage(story, client.patient, 'y'), 'Aino Esimerkki')
    expect(unknown.status).toBe(422)
    expect(JSON.stringify(unknown.body)).not.toContain('Aino')
  })
})
