import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { medicationMessage, patient as patientOf, rehabilitationSupport } from '../../demo/story-resources.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('what became of what was told', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  let own: string
  const story = testStory('reports', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story)
    for (let n = 0; n < 5; n += 1) {
      gateway.clock.now += n % 2 === 0 ? 1000 : 0
      const told = await gateway.call(
        'hospital',
        'POST',
        '/fhir/Communication',
        medicationMessage(story, client.patient, `m${n}`),
      )
      expect(told.status).toBe(201)
    }
    await gateway.drain()
    await gateway.call('team', 'GET', '/api/inbox')
    gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
    await gateway.call('hospital', 'POST', '/fhir/Communication', medicationMessage(story, client.patient, 'maybe'))
    await gateway.drain()
    const withdrawn = await change(gateway, 'hospital', client.consent, (consent) => {
      consent.provision.provision = consent.provision.provision.filter(
        (one: any) => !one.code[0].coding[0].code.startsWith('medication'),
      )
    })
    expect(withdrawn.status).toBe(200)
    const refused = await gateway.call(
      'hospital',
      'POST',
      '/fhir/Communication',
      medicationMessage(story, client.patient, 'no'),
    )
    expect(refused.status).toBe(403)
    const portal = await gateway.call('portal', 'POST', '/fhir/Patient', patientOf(story))
    own = `Patient/${portal.body.id}`
    gateway.clock.now += 120_000
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const log = async (party: string, patient: string): Promise<any[]> =>
    (await gateway.call(party, 'GET', `/api/log?client=${patient}&language=en`)).body.entries

  it('is paged for its sender without missing or repeating a line', async () => {
    const all = (await gateway.call('hospital', 'GET', '/api/disclosures?limit=200')).body.items
    for (const limit of [1, 2, 3, 7]) {
      const seen: string[] = []
      for (let after: string | undefined = ''; after !== undefined;) {
        const { body }: { body: any } = await gateway.call(
          'hospital',
          'GET',
          `/api/disclosures?limit=${limit}&after=${after}`,
        )
        expect(body.items.length).toBeLessThanOrEqual(limit)
        seen.push(...body.items.map(({ id }: { id: string }) => id))
        after = body.next
      }
      expect(seen).toEqual(all.map(({ id }: { id: string }) => id))
    }
    expect(all.length).toBe(17)
  })

  it('says to the sender what was told, what was withheld and what may have arrived', async () => {
    const { body } = await gateway.call(
      'hospital',
      'GET',
      `/api/disclosures?client=${client.patient}&language=en&limit=200`,
    )
    const states = body.items.map((item: any) => `${item.category.split('.')[0]} ${item.state}`)
    expect(states.filter((state: string) => state === 'medication delivered').length).toBe(10)
    expect(states.filter((state: string) => state === 'medication withheld').length).toBe(2)
    expect(states.filter((state: string) => state === 'medication refused').length).toBe(1)
    const maybe = body.items.find((item: any) => item.state === 'withheld' && item.channel === 'webhook')
    expect(maybe).toMatchObject({ attempts: 1, sentAt: expect.any(String) })
    expect(JSON.stringify(body)).not.toMatch(/tiredness|lighten|Aino/)
  })

  it('tells the client herself everything, also that something may have arrived before it was withheld', async () => {
    const entries = await log('portal', own)
    const maybe = entries.filter((entry) => entry.state === 'possibly-received')
    expect(maybe.length).toBe(1)
    expect(maybe[0]).toMatchObject({ kind: 'told', category: { category: 'medication', level: 'effect' } })
    expect(maybe[0].text).toContain('It is not certain that this arrived')
    expect(entries.filter(({ kind }) => kind === 'not-told').length).toBe(1)
    expect(entries.filter(({ kind }) => kind === 'consent-changed').length).toBe(1)
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted((one, other) => one - other))
  })

  it('tells the hospital what it sent and did itself', async () => {
    const entries = await log('hospital', client.patient)
    expect(new Set(entries.map(({ kind }) => kind))).toEqual(
      new Set(['consent-recorded', 'consent-changed', 'told', 'not-told']),
    )
    expect(new Set(entries.filter(({ kind }) => !kind.startsWith('consent')).map(({ from }) => from))).toEqual(
      new Set(['hospital']),
    )
  })

  it('never tells a recipient that there is something it was not told', async () => {
    const handle = gateway.received[0]?.body.subject.reference
    const entries = await log('team', handle)
    expect(entries.length).toBeGreaterThan(0)
    expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(['told']))
    expect(new Set(entries.map(({ state }) => state))).toEqual(new Set(['delivered']))
    const waiting = await gateway.call(
      'hospital',
      'POST',
      '/fhir/Observation',
      rehabilitationSupport(story, client.patient, '2026-06-30'),
    )
    expect(waiting.status).toBe(201)
    expect((await log('team', handle)).length).toBe(entries.length)
    const report = await gateway.call('team', 'GET', '/api/disclosures')
    expect(report.body.items).toEqual([])
  })

  it('is nobody else’s', async () => {
    for (const party of ['other-hospital', 'other-team', 'office']) {
      expect((await gateway.call(party, 'GET', `/api/log?client=${client.patient}`)).status).toBe(404)
      const mine = await gateway.call(party, 'POST', '/fhir/Patient', patientOf(story))
      expect(await log(party, `Patient/${mine.body.id}`)).toEqual([])
    }
  })

  it('has an audit record for every decision and every delivery', async () => {
    const [row] = await gateway.opened.rows(`
      select
        (select count(*)::int from disclosure where kind = 'update') as disclosures,
        (select count(*)::int from audit_event where kind = 'decision') as decisions,
        (select count(*)::int from disclosure d where kind = 'update' and not exists
          (select from audit_event a where a.disclosure_id = d.id and a.kind = 'decision')) as undecided,
        (select count(*)::int from disclosure d where sent_at is not null and channel = 'webhook' and not exists
          (select from audit_event a where a.disclosure_id = d.id and a.outcome = 'sending')) as unsent,
        (select count(*)::int from disclosure d where state = 'delivered' and kind = 'update' and not exists
          (select from audit_event a where a.disclosure_id = d.id and a.outcome in ('delivered', 'read'))) as undelivered`)
    expect(row).toMatchObject({ undecided: 0, unsent: 0, undelivered: 0 })
    expect(Number(row?.['decisions'])).toBeGreaterThanOrEqual(Number(row?.['disclosures']))
  })

  it('misses nothing that a slow submission commits behind what was read already', async () => {
    const seen = new Set<string>()
    let after = ''
    const readOn = async (): Promise<void> => {
      for (let next: string | undefined = after; next !== undefined;) {
        after = next
        const { body }: { body: any } = await gateway.call('hospital', 'GET', `/api/disclosures?limit=2&after=${after}`)
        for (const { id } of body.items) seen.add(id)
        next = body.next
      }
    }
    const benefit = (run: string) =>
      gateway.call(
        'hospital',
        'POST',
        '/fhir/Observation',
        rehabilitationSupport({ ...story, run }, client.patient, '2026-06-30'),
      )
    expect((await benefit('quick')).status).toBe(201)
    await readOn()
    gateway.clock.now -= 30_000
    expect((await benefit('slow')).status).toBe(201)
    gateway.clock.now += 120_000
    await readOn()
    const { body } = await gateway.call('hospital', 'GET', '/api/disclosures?limit=200')
    expect([...seen].toSorted()).toEqual(body.items.map(({ id }: { id: string }) => id).toSorted())
  })
})
