import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { careTeam, consent, medicationMessage, patient, permit, type Story } from '../../demo/story-resources.ts'
import { change, enrol, hetu, referralWithoutConsent, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('a second hospital with a care team of its own', (engine) => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const post = async (party: string, resource: any): Promise<string> => {
    const { status, body } = await gateway.call(party, 'POST', `/fhir/${resource.resourceType}`, resource)
    expect(status, JSON.stringify(body)).toBe(201)
    return `${body.resourceType}/${body.id}`
  }
  const withoutIds = (body: unknown): unknown =>
    JSON.parse(JSON.stringify(body).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'))

  /** Everything the second hospital gets to see when it tells of somebody. */
  const whatItLearns = async (story: Story): Promise<unknown> => {
    const other = { ...story, run: `${story.run}-other`, hospital: { ...story.hospital, value: 'other-hospital' } }
    const own = await post('other-hospital', patient(other))
    const organization = { resourceType: 'Organization', identifier: [story.team], name: 'IPS-tiimi' }
    const team = gateway.call('other-hospital', 'POST', '/fhir/Organization', organization, {
      'if-none-exist': `identifier=${story.team.system}|${story.team.value}`,
    })
    await post('other-hospital', careTeam(other, own, `Organization/${(await team).body.id}`))
    const message = medicationMessage(other, own, 'm')
    const dryRun = await gateway.call('other-hospital', 'POST', '/api/explain?language=en', {
      recipient: 'team',
      input: message,
    })
    const answer = await gateway.call('other-hospital', 'POST', '/fhir/Communication', message)
    const report = await gateway.call('other-hospital', 'GET', `/api/disclosures?client=${own}&language=en`)
    const log = await gateway.call('other-hospital', 'GET', `/api/log?client=${own}&language=en`)
    return withoutIds([dryRun.body, answer.status, answer.body, report.body, log.body])
  }

  it('learns neither of a deny nor of a death that the first one recorded', async () => {
    const nobody = await whatItLearns(testStory('nobody', hetu(1)))
    expect(JSON.stringify(nobody)).toContain('no-applicable-consent')

    const denied = testStory('denied', hetu(2))
    const enrolled = await enrol(gateway, denied)
    const { sourceReference: _source, ...written } = consent({ ...denied, run: 'no' }, enrolled.patient, 'urn:none', [])
    const { actor: _actor, ...deny } = permit(denied, 'medication')
    await post('hospital', { ...written, provision: { ...deny, type: 'deny' } })
    expect(await whatItLearns(denied)).toEqual(nobody)

    const dead = testStory('dead', hetu(3))
    const { patient: record } = await enrol(gateway, dead)
    expect((await change(gateway, 'hospital', record, (one) => (one.deceasedBoolean = true))).status).toBe(200)
    expect(await whatItLearns(dead)).toEqual(nobody)
  })

  it('hears of the deny and the death that it recorded itself, and the audit has the true reason always', async () => {
    const story = testStory('own', hetu(4))
    const { patient: record } = await enrol(gateway, story)
    await change(gateway, 'hospital', record, (one) => (one.deceasedBoolean = true))
    const told = await gateway.call('hospital', 'POST', '/fhir/Communication', medicationMessage(story, record, 'm'))
    expect(told.body.issue[0].diagnostics).toContain('client-deceased')
    await whatItLearns(story)
    const audits = await gateway.opened.rows(
      `select convert_from(a.payload, 'UTF8') as text from audit_event a join disclosure d on d.id = a.disclosure_id
       where d.sender = 'other-hospital' and d.client_id =
         (select client_id from patient_link where patient_id = $1)`,
      [record.split('/')[1]],
    )
    expect(audits.length).toBe(1)
    expect(audits[0]?.['text']).toContain('client-deceased')
  })

  it('hears of something withheld later only that the permission is gone, whoever took it away', async () => {
    const story = testStory('later', hetu(7))
    const elsewhere = {
      ...story,
      run: 'later-other',
      hospital: { system: 'urn:test:parties', value: 'other-hospital' },
    }
    const { patient: record } = await enrol(gateway, story)
    const { patient } = await enrol(gateway, elsewhere, undefined, 'other-hospital')
    await change(gateway, 'hospital', record, (one) => (one.deceasedBoolean = true))
    const { body } = await gateway.call('other-hospital', 'GET', `/api/disclosures?client=${patient}&language=en`)
    const withheld = body.items.filter(({ state }: any) => state === 'withheld')
    expect(withheld.length).toBeGreaterThan(0)
    expect(new Set(withheld.map(({ reason }: any) => reason))).toEqual(new Set(['no-applicable-consent']))
    expect(JSON.stringify(body)).not.toMatch(/died|deceased/)
    const [row] = await gateway.opened.rows(
      `select reason from disclosure where sender = 'other-hospital' and state = 'withheld' limit 1`,
    )
    expect(row?.['reason']).toBe('client-deceased')
  })

  it('cannot tell from a referral that waits whether the client has died elsewhere', async () => {
    const story = testStory('waits', hetu(5))
    const { patient: record } = await enrol(gateway, story)
    await change(gateway, 'hospital', record, (one) => (one.deceasedBoolean = true))
    const ask = async (run: string, code: string) => {
      const bundle = referralWithoutConsent({ ...story, run, hetu: code })
      const { status, body } = await gateway.call('other-hospital', 'POST', '/fhir', bundle)
      return [status, body.issue?.[0].diagnostics, body.entry?.[3]?.response.outcome.issue[0].details.coding[0].code]
    }
    expect(await ask('waits-dead', story.hetu)).toEqual(await ask('waits-nobody', hetu(6)))
  })
})
