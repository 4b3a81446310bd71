import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { consent, type Json, medicationMessage } from '../../demo/story-resources.ts'
import { FINNISH_LABEL_SYSTEM, HETU_SYSTEM, NON_DISCLOSURE_CODE } from '../../src/domain/codes.ts'
import { countRows } from '../support/database.ts'
import { change, enrol, type Enrolled, hetu, recordConsent, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('the preview of a consent', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('preview', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story, ['identity', 'referral'])
    await gateway.drain()
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  /** As it stands on the form before anybody has signed or checked it. */
  const draft = (permits: readonly string[], patient = client.patient): Json => {
    const {
      dateTime: _dateTime,
      sourceReference: _source,
      verification: _by,
      performer: _who,
      ...rest
    } = consent({ ...story, run: 'draft' }, patient, 'DocumentReference/none', permits) as any
    return { ...rest, status: 'draft' }
  }
  const preview = (input: unknown, party = 'hospital'): Promise<Answer> =>
    gateway.call(party, 'POST', '/api/preview', input)
  const withNews = (permits: readonly string[], news: Json): Json => ({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [draft(permits), news].map((resource) => ({
      resource,
      request: { method: 'POST', url: resource['resourceType'] },
    })),
  })
  const news = (name: string): Json => medicationMessage(story, client.patient, name)

  it('says in three languages what the coach then reads, to the letter, and changes nothing', async () => {
    const before = await countRows(gateway.opened)
    const { status, body } = await preview(withNews(['medication.effect'], news('previewed')))
    expect(status, JSON.stringify(body)).toBe(200)
    expect(await countRows(gateway.opened)).toEqual(before)
    const [one] = body.previews
    expect(body.previews).toHaveLength(1)
    expect(one).toMatchObject({ from: 'hospital', to: 'team', category: 'medication', told: 'medication.effect' })
    expect(one.levels.map(({ level, permitted }: any) => [level, permitted])).toEqual([
      ['medication.change', true],
      ['medication.effect', true],
      ['medication.detail', false],
    ])

    await recordConsent(gateway, { ...story, run: 'signed' }, client.patient, ['medication.effect'])
    expect((await gateway.call('hospital', 'POST', '/fhir/Communication', news('real'))).status).toBe(201)
    for (const language of ['fi', 'sv', 'en']) {
      const inbox = await gateway.call('team', 'GET', `/api/inbox?limit=100&language=${language}`)
      expect(inbox.body.items.at(-1).text).toBe(one.text[language])
    }
  })

  it('without news shows every kind of it at every level, and only what is ticked is told', async () => {
    const { body } = await preview(draft(['medication.change', 'benefit.amount']))
    const told = Object.fromEntries(body.previews.map(({ category, told: level }: any) => [category, level]))
    expect(told).toEqual({
      identity: null,
      medication: 'medication.change',
      'care-meeting': null,
      benefit: 'benefit.amount',
      referral: null,
    })
    for (const { text, levels } of body.previews) {
      const texts = levels.map((one: any) => one.text.en)
      expect(new Set(texts).size).toBe(texts.length)
      expect(levels.filter(({ permitted }: any) => permitted).at(-1)?.text ?? null).toEqual(text)
    }
  })

  it('knows no other consent, neither for nor against', async () => {
    await recordConsent(gateway, { ...story, run: 'denied' }, client.patient, [], {
      provision: {
        type: 'deny',
        provision: [
          { ...(consent(story, client.patient, '', ['benefit']) as any).provision.provision[0], type: 'deny' },
        ],
      },
    })
    const patient = { resourceType: 'Patient', identifier: [{ system: HETU_SYSTEM, value: story.hetu }] }
    const other = await gateway.call('other-hospital', 'POST', '/fhir/Patient', patient)
    const { body } = await preview(draft(['benefit.period'], `Patient/${other.body.id}`), 'other-hospital')
    expect(body.previews.map(({ told }: any) => told)).toContain('benefit.period')
  })

  it('is of own clients only', async () => {
    const stranger = await preview(draft(['benefit.period']), 'other-hospital')
    expect(stranger.status).toBe(422)
    for (const input of [
      null,
      [],
      {},
      { resourceType: 'Consent' },
      news('alone'),
      { resourceType: 'Bundle', type: 'transaction' },
    ]) {
      const { status } = await preview(input)
      expect(status, JSON.stringify(input)).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    }
  })

  it('leaves out what a protected person would be found by, and everything once she has died', async () => {
    await change(gateway, 'hospital', client.patient, (one) => {
      one.meta.security = [{ system: FINNISH_LABEL_SYSTEM, code: NON_DISCLOSURE_CODE }]
    })
    const shown = await preview(draft(['medication.change', 'identity']))
    expect(JSON.stringify(shown.body)).not.toContain('555 0100')
    expect(JSON.stringify(shown.body)).toContain('Aino')
    await change(gateway, 'hospital', client.patient, (one) => (one.deceasedBoolean = true))
    const { body } = await preview(draft(['medication.change']))
    expect(new Set(body.previews.map(({ told }: any) => told))).toEqual(new Set([null]))
  })
})
