import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { consent, type Json, permit, type Story } from '../../demo/story-resources.ts'
import { purgeHeld } from '../../src/exchange/purge-held.ts'
import { tablesWith } from '../support/database.ts'
import { change, hetu, recordConsent, referralWithoutConsent, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const DAY = 86_400_000

describeEachEngine('a referral that waits for a written consent', (engine) => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const refer = async (run: string, n: number) => {
    const story = testStory(run, hetu(n))
    const { status, body } = await gateway.call('hospital', 'POST', '/fhir', referralWithoutConsent(story))
    const place = (index: number): string => body.entry?.[index]?.response.location.split('/_history')[0]
    return { story, status, body, patient: place(0), careTeam: place(2), referral: place(3), task: place(4) }
  }
  const categories = async (): Promise<unknown[]> => {
    const before = gateway.received.length
    await gateway.drain()
    return gateway.received.slice(before).map(({ body }) => body.category[0].coding[0].code)
  }
  const states = async (patient: string): Promise<unknown[]> => {
    const { body } = await gateway.call('hospital', 'GET', `/api/disclosures?client=${patient}&language=en`)
    return body.items.map((item: any) => `${item.category} ${item.channel ?? '-'} ${item.state}`).toSorted()
  }

  it('is kept, tells the sender so, and goes out when the consent is recorded later', async () => {
    const { story, status, body, patient, task } = await refer('later', 1)
    expect(status).toBe(200)
    expect(body.entry[3].response.outcome.issue[0].details.coding[0].code).toBe('gateway-waits-for-consent')
    expect(await categories()).toEqual([])
    expect(await states(patient)).toEqual(['identity - held', 'referral - held'])
    expect((await gateway.call('team', 'GET', '/api/inbox')).body.items).toEqual([])
    expect((await gateway.call('team', 'GET', `/fhir/${task}`)).status).toBe(404)

    await recordConsent(gateway, story, patient, ['identity', 'referral'])
    expect(await categories()).toEqual(['identity', 'referral'])
    const inbox = await gateway.call('team', 'GET', '/api/inbox?language=en')
    expect(inbox.body.items.map((item: any) => item.category)).toEqual(['identity', 'referral'])
    expect((await gateway.call('team', 'GET', `/fhir/${task}`)).status).toBe(200)
    expect(await states(patient)).toEqual([
      'identity - superseded',
      'identity inbox delivered',
      'identity webhook delivered',
      'referral - superseded',
      'referral inbox delivered',
      'referral webhook delivered',
    ])
  })

  it('also goes out when the consent comes together with a change of the care team', async () => {
    const { story, patient, careTeam: team } = await refer('together', 2)
    const consent = await recordConsent(gateway, { ...story, run: 'draft' }, patient, ['identity', 'referral'], {
      status: 'draft',
    })
    expect(await categories()).toEqual([])
    const { body: draft } = await gateway.call('hospital', 'GET', `/fhir/${consent}`)
    const { id: _id, meta: _meta, identifier: _identifier, ...signed } = draft
    const { body: old } = await gateway.call('hospital', 'GET', `/fhir/${team}`)
    const { status, body } = await gateway.call('hospital', 'POST', '/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { resource: { ...old, name: 'new' }, request: { method: 'PUT', url: team, ifMatch: 'W/"1"' } },
        { resource: { ...signed, status: 'active' }, request: { method: 'POST', url: 'Consent' } },
      ],
    })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(await categories()).toEqual(['identity', 'referral'])
  })

  it('is refused outright when the client has already said no, or has withdrawn', async () => {
    for (const [run, n, status] of [
      ['no', 3, 'rejected'],
      ['withdrawn', 4, 'inactive'],
    ] as const) {
      const story = testStory(run, hetu(n))
      const bundle = referralWithoutConsent(story)
      const [first, ...rest] = bundle['entry'] as { readonly resource: unknown }[]
      const made = await gateway.call('hospital', 'POST', '/fhir/Patient', first?.resource)
      const patient = `Patient/${made.body.id}`
      const consent = await recordConsent(gateway, story, patient, ['identity', 'referral'])
      expect((await change(gateway, 'hospital', consent, (one) => (one.status = status))).status).toBe(200)
      const canary = `Haluan ${run}-metsään.`
      const asked = JSON.stringify({ ...bundle, entry: [first, ...rest] }).replace(
        'Haluan takaisin keittiötöihin.',
        canary,
      )
      const answer = await gateway.call('hospital', 'POST', '/fhir', asked)
      expect(answer.status).toBe(403)
      expect(answer.body.issue[0].details.coding[0].code).toBe('sender-no-permission')
      expect(await tablesWith(gateway.opened, canary)).toEqual([])
    }
  })

  it('waits although the client was asked about another team or another hospital', async () => {
    const story = testStory('elsewhere', hetu(5))
    const [first] = referralWithoutConsent(story)['entry'] as { readonly resource: unknown }[]
    const made = await gateway.call('hospital', 'POST', '/fhir/Patient', first?.resource)
    const patient = `Patient/${made.body.id}`
    const refused = await recordConsent(
      gateway,
      { ...story, team: { system: 'urn:test:parties', value: 'other-team' } },
      patient,
      ['referral'],
      { status: 'rejected' },
    )
    expect(refused).toMatch(/^Consent\//)
    expect((await gateway.call('hospital', 'POST', '/fhir', referralWithoutConsent(story))).status).toBe(200)
    expect(await states(patient)).toEqual(['identity - held', 'referral - held'])
  })

  it('is erased after the configured days; reference, reason and audit remain', async () => {
    const canary = 'Haluan takaisin saaristoon.'
    const story = testStory('purged', hetu(6))
    const bundle = JSON.parse(
      JSON.stringify(referralWithoutConsent(story)).replace('Haluan takaisin keittiötöihin.', canary),
    )
    const { body } = await gateway.call('hospital', 'POST', '/fhir', bundle)
    const patient = body.entry[0].response.location.split('/_history')[0]
    const referral = body.entry[3].response.location.split('/_history')[0]
    expect(await tablesWith(gateway.opened, canary)).toEqual(['resource', 'update_record'])
    gateway.clock.now += 29 * DAY
    await purgeHeld(gateway.exchange, 30)
    expect(await tablesWith(gateway.opened, canary)).toEqual(['resource', 'update_record'])
    gateway.clock.now += 1 * DAY + 1
    expect(await purgeHeld(gateway.exchange, 30)).toBeGreaterThanOrEqual(2)
    expect(await tablesWith(gateway.opened, canary)).toEqual([])
    expect(await states(patient)).toEqual(['identity - expired', 'referral - expired'])
    expect((await gateway.call('hospital', 'GET', `/fhir/${referral}`)).status).toBe(404)
    const audits = await gateway.opened.rows(
      `select a.kind from audit_event a join disclosure d on d.id = a.disclosure_id
       where d.source = $1 and a.kind = 'decision'`,
      [referral],
    )
    expect(audits.length).toBe(2)

    // A consent that comes too late finds nothing to send, and the referral can be sent again.
    await recordConsent(gateway, story, patient, ['identity', 'referral'])
    expect(await categories()).toEqual([])
    const again = await gateway.call('hospital', 'POST', '/fhir', bundle)
    expect(again.status, JSON.stringify(again.body)).toBe(200)
    expect(await categories()).toEqual(['identity', 'referral'])
  })

  it('is not released by a consent that names another team', async () => {
    const { story, patient } = await refer('other-name', 7)
    const elsewhere = { ...story, team: { system: 'urn:test:parties', value: 'other-team' } }
    await recordConsent(gateway, elsewhere, patient, ['identity', 'referral'])
    expect(await categories()).toEqual([])
    expect(await states(patient)).toEqual(['identity - held', 'referral - held'])
  })

  const refusal = (): Json => ({ status: 'rejected' })
  const explicitDeny = (story: Story): Json => ({ provision: { ...permit(story, 'referral'), type: 'deny' } })
  it.each([
    ['a refusal', 10, refusal, 'no-applicable-consent'],
    ['an explicit deny', 11, explicitDeny, 'denied'],
  ] as const)('ends at once at %s of the client, and its content is gone', async (answer, n, edit, reason) => {
    const canary = `Haluan saareen ${n}.`
    const story = testStory(`answer-${n}`, hetu(n))
    const asked = JSON.stringify(referralWithoutConsent(story)).replace('Haluan takaisin keittiötöihin.', canary)
    const { body } = await gateway.call('hospital', 'POST', '/fhir', asked)
    const patient = body.entry[0].response.location.split('/_history')[0]
    expect(await tablesWith(gateway.opened, canary)).toEqual(['resource', 'update_record'])
    const { sourceReference: _source, ...written } = consent(story, patient, 'urn:none', ['medication'])
    const made = await gateway.call('hospital', 'POST', '/fhir/Consent', { ...written, ...edit(story) })
    expect([answer, made.status, JSON.stringify(made.body.issue)]).toEqual([answer, 201, undefined])
    expect(await tablesWith(gateway.opened, canary)).toEqual([])
    const report = await gateway.call('hospital', 'GET', `/api/disclosures?client=${patient}&language=en`)
    expect(report.body.items.map((item: any) => [item.category, item.state, item.reason])).toEqual([
      ['identity', 'refused', 'no-applicable-consent'],
      ['referral', 'refused', reason],
    ])
    expect((await gateway.call('team', 'GET', '/api/inbox')).body.items.length).toBeGreaterThan(0)
    // A permission given afterwards finds nothing to release.
    await recordConsent(gateway, { ...story, run: `${story.run}-late` }, patient, ['identity'])
    expect(await categories()).toEqual([])
  })

  it('ends also when its sender records the refusal and revokes the referral in one transaction', async () => {
    const { story, patient, referral } = await refer('both', 12)
    const { body: old } = await gateway.call('hospital', 'GET', `/fhir/${referral}`)
    const { sourceReference: _source, ...written } = consent(story, patient, 'urn:none', ['referral'])
    const { status, body } = await gateway.call('hospital', 'POST', '/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { resource: { ...old, status: 'revoked' }, request: { method: 'PUT', url: referral, ifMatch: 'W/"1"' } },
        { resource: { ...written, status: 'rejected' }, request: { method: 'POST', url: 'Consent' } },
      ],
    })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(await states(patient)).toEqual(['identity - refused', 'referral - refused'])
    expect((await gateway.call('hospital', 'GET', `/fhir/${referral}`)).status).toBe(404)
  })

  it('is not sent when it was revoked while it waited, and once only when it was corrected', async () => {
    const revoked = await refer('revoked', 13)
    await change(gateway, 'hospital', revoked.referral, (one) => (one.status = 'revoked'))
    await recordConsent(gateway, revoked.story, revoked.patient, ['identity', 'referral'])
    expect(await categories()).toEqual([])
    const corrected = await refer('corrected', 14)
    await change(gateway, 'hospital', corrected.referral, (one) => (one.reasonCode[0].text = 'Haluan metsään.'))
    await recordConsent(gateway, corrected.story, corrected.patient, ['identity', 'referral'])
    expect(await categories()).toEqual(['identity', 'referral'])
  })

  it('is told as far as the client permits, and what she left out neither waits on nor takes the rest away', async () => {
    const { story, patient, task } = await refer('in-part', 15)
    await recordConsent(gateway, story, patient, ['referral'])
    expect(await categories()).toEqual(['referral'])
    expect(await states(patient)).toContain('identity - refused')
    gateway.clock.now += 91 * DAY
    await purgeHeld(gateway.exchange, 90)
    expect((await gateway.call('team', 'GET', `/fhir/${task}`)).status).toBe(200)
  })
})
