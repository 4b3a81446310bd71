import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { careNegotiation, medicationMessage, rehabilitationSupport } from '../../demo/story-resources.ts'
import type { Party } from '../../src/domain/party.ts'
import { change, enrol, type Enrolled, hetu, recordConsent, testStory } from '../support/enrol.ts'
import { type Received, startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const HOUR = 3_600_000
const permits = ['identity', 'referral', 'medication.effect', 'care-meeting.time', 'benefit.period']

/** The team's webhook with thin bodies, which carry the number of the lane. */
const thinParties = (): readonly Party[] =>
  testParties().map((party) => ({
    ...party,
    endpoints: party.endpoints.map((one) => (one.channel === 'webhook' ? { ...one, body: 'thin' as const } : one)),
  }))

describeEachEngine('the relay', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  let story = testStory('none')
  let n = 0
  beforeEach(async () => {
    n += 1
    gateway = await startTestGateway(engine, thinParties())
    story = testStory(`relay-${n}`, hetu(n))
    client = await enrol(gateway, story, permits)
    await gateway.drain()
    gateway.received.length = 0
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })
  afterAll(() => expect(n).toBeGreaterThan(0))

  const tell = async (name: string, about = client): Promise<void> => {
    const message = medicationMessage(testStory(`${name}-${about.patient}`), about.patient, name)
    const answer = await gateway.call('hospital', 'POST', '/fhir/Communication', message)
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  }
  const benefit = async (name: string): Promise<void> => {
    const body = rehabilitationSupport({ ...story, run: name }, client.patient, '2026-06-30')
    expect((await gateway.call('hospital', 'POST', '/fhir/Observation', body)).status).toBe(201)
  }
  const rows = (
    where = `kind = 'update' and channel = 'webhook' and category <> 'identity' and category <> 'referral'`,
  ) =>
    gateway.opened.rows(
      `select id, state, reason, attempts, maybe_received, delivery_number, level from disclosure where ${where} order by position`,
    )
  const withdraw = (category: string) =>
    change(gateway, 'hospital', client.consent, (consent) => {
      consent.provision.provision = consent.provision.provision.filter(
        (one: any) => !one.code[0].coding[0].code.startsWith(category),
      )
    })
  const sequences = (list: readonly Received[]): unknown[] => list.map(({ body }) => body.sequence)

  it('sends the same id and the same bytes at every retry, however it failed', async () => {
    await tell('a')
    const answers = ['failed', 'unknown', 'not-sent', 'failed'] as const
    let tries = 0
    gateway.answer = () => {
      const outcome = answers[tries]
      tries += 1
      if (outcome === undefined) return { outcome: 'delivered' }
      return outcome === 'failed' ? { outcome, why: 'http-500', retryAfterMs: undefined } : { outcome, why: 'x' }
    }
    for (let round = 0; round < 5; round += 1) {
      await gateway.drain()
      gateway.clock.now += 12 * HOUR
    }
    expect(gateway.received.length).toBe(5)
    expect(new Set(gateway.received.map(({ id }) => id)).size).toBe(1)
    expect(new Set(gateway.received.map(({ raw }) => raw)).size).toBe(1)
    expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 5, maybe_received: true, delivery_number: 3 }])
  })

  it('keeps the order of a client while its lane waits, and does not hold up another client', async () => {
    const other = await enrol(gateway, testStory('other', hetu(90)), permits)
    await gateway.drain()
    gateway.received.length = 0
    const failing = client.patient
    const [handle] = await gateway.opened.rows(
      `select t.patient_id from patient_link t join patient_link h using (client_id) where t.party = 'team' and h.patient_id = $1`,
      [failing.split('/')[1]],
    )
    gateway.answer = ({ body }) =>
      body.subject === `Patient/${String(handle?.['patient_id'])}`
        ? { outcome: 'failed', why: 'http-500', retryAfterMs: undefined }
        : { outcome: 'delivered' }
    for (const name of ['1', '2', '3']) {
      await tell(name)
      await tell(name, other)
    }
    await gateway.drain()
    expect(gateway.received.length).toBe(4)
    expect((await rows(`state = 'delivered' and category = 'medication'`)).length).toBe(3)
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += HOUR
    gateway.received.length = 0
    await gateway.drain()
    expect(sequences(gateway.received)).toEqual(['3', '4', '5'])
  })

  it('never sends again what was withdrawn, and the client learns that it may have arrived', async () => {
    await tell('a')
    gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
    await gateway.drain()
    expect(await rows()).toMatchObject([{ state: 'possibly-received', maybe_received: true }])
    expect((await withdraw('medication')).status).toBe(200)
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += 24 * HOUR
    gateway.received.length = 0
    await gateway.drain()
    expect(gateway.received.map(({ body }) => body.type)).toEqual(['fi.ips-gateway.notice'])
    expect(await rows()).toMatchObject([{ state: 'withheld', reason: 'no-applicable-consent', attempts: 1 }])
  })

  it('leaves no gap in the numbers of a lane where something was withheld before it arrived', async () => {
    gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
    await tell('a')
    await gateway.drain()
    await benefit('b')
    expect((await withdraw('medication')).status).toBe(200)
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.received.length = 0
    // The withheld head does not keep the rest of its lane waiting for its own next try.
    await gateway.drain()
    expect(sequences(gateway.received)).toEqual(['3', '4'])
    await benefit('c')
    await gateway.drain()
    expect(sequences(gateway.received)).toEqual(['3', '4', '5'])
  })

  it('lets the rest of a lane go when its waiting head is withheld, without waiting for the next try of that head', async () => {
    gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
    const fresh = testStory('fresh', hetu(80))
    client = await enrol(gateway, fresh, permits)
    for (let round = 0; round < 4; round += 1) {
      await gateway.drain()
      gateway.clock.now += 301_000
    }
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.received.length = 0
    await gateway.drain()
    expect(gateway.received).toEqual([])
    expect((await withdraw('identity')).status).toBe(200)
    await gateway.drain()
    expect(sequences(gateway.received)).toEqual(['1'])
  })

  it('waits as long as the recipient asks', async () => {
    await tell('a')
    gateway.answer = () => ({ outcome: 'failed', why: 'http-429', retryAfterMs: 2 * HOUR })
    await gateway.drain()
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += 2 * HOUR - 1
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    gateway.clock.now += 1
    await gateway.drain()
    expect(gateway.received.length).toBe(2)
  })

  it('stops a lane visibly when the endpoint is gone or the schedule is used up', async () => {
    await tell('a')
    await tell('b')
    gateway.answer = () => ({ outcome: 'gone' })
    await gateway.drain()
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += 200 * HOUR
    await gateway.drain()
    await tell('c')
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    expect((await rows()).map(({ state }) => state)).toEqual(['dead', 'queued', 'queued'])
    const { body } = await gateway.call('hospital', 'GET', `/api/disclosures?client=${client.patient}&language=en`)
    expect(body.items.filter((item: any) => item.state === 'dead').length).toBe(1)
  })

  it('gives up after eleven tries, each at its time', async () => {
    await tell('a')
    gateway.answer = () => ({ outcome: 'failed', why: 'http-500', retryAfterMs: undefined })
    for (let round = 0; round < 200; round += 1) {
      await gateway.drain()
      gateway.clock.now += HOUR
    }
    expect(gateway.received.length).toBe(11)
    expect(await rows()).toMatchObject([{ state: 'dead', attempts: 11 }])
  })

  it('does not send the invitation to a meeting that is over', async () => {
    const meeting = careNegotiation(story, client.patient, '2026-03-09T13:00:00+02:00', { identifier: story.team })
    expect((await gateway.call('hospital', 'POST', '/fhir/Appointment', meeting)).status).toBe(201)
    gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
    await gateway.drain()
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now = Date.parse('2026-03-09T11:01:01Z')
    gateway.received.length = 0
    await gateway.drain()
    expect(gateway.received).toEqual([])
    expect(await rows()).toMatchObject([{ state: 'expired', reason: 'meeting-has-passed', delivery_number: null }])
    await benefit('after')
    await gateway.drain()
    expect(sequences(gateway.received)).toEqual(['3'])
  })

  it('tells anew under another id when another level is permitted than the frozen bytes show', async () => {
    await tell('a')
    gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
    await gateway.drain()
    const [first] = gateway.received
    await recordConsent(gateway, { ...story, run: `${story.run}-deeper` }, client.patient, ['medication.detail'])
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += HOUR
    gateway.received.length = 0
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    expect(gateway.received[0]?.id).not.toBe(first?.id)
    const all = await rows()
    expect(all).toMatchObject([
      { state: 'withheld', maybe_received: true, level: 'effect' },
      { state: 'delivered', level: 'detail', attempts: 1 },
    ])
    for (const { id } of all) {
      const audits = await gateway.opened.rows('select outcome from audit_event where disclosure_id = $1', [id])
      expect(audits.map(({ outcome }) => outcome)).toContain('permit')
    }
  })

  it('lets an item that cannot be read hold up its own lane only, and not for ever', async () => {
    const other = await enrol(gateway, testStory('readable', hetu(91)), permits)
    await gateway.drain()
    gateway.received.length = 0
    await tell('broken')
    await tell('sound', other)
    const [broken] = await gateway.opened.rows(`select update_id from disclosure where source is not null
      and category = 'medication' and channel = 'webhook' order by created_at, id limit 1`)
    const [{ payload }] = (await gateway.opened.rows(
      `update update_record u set payload = 'not what was written' from update_record old
       where u.id = $1 and old.id = u.id returning old.payload`,
      [broken?.['update_id']],
    )) as [{ payload: Uint8Array }]
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    expect(gateway.faults.length).toBeGreaterThan(0)
    expect(JSON.stringify(gateway.faults)).not.toContain('not what was written')
    gateway.faults.length = 0
    await gateway.drain()
    expect(gateway.faults).toEqual([])
    await gateway.opened.rows(`update update_record set payload = $2 where id = $1`, [broken?.['update_id'], payload])
    gateway.clock.now += 31_000
    await gateway.drain()
    expect(gateway.received.length).toBe(2)
    const all = await rows(`category = 'medication' and channel = 'webhook'`)
    expect(all.map(({ state }) => state)).toEqual(['delivered', 'delivered'])
  })

  it('looks at the lane anew when a correction commits while a sending starts', async () => {
    if (engine === 'pglite') return
    const posted = await gateway.call(
      'hospital',
      'POST',
      '/fhir/Observation',
      rehabilitationSupport(story, client.patient, '2026-06-30'),
    )
    const raced = await startTestGateway(engine, thinParties(), {
      opened: gateway.opened,
      seed: 'raced',
      wrap: (store) => ({
        ...store,
        transaction: (work, keeps) =>
          store.transaction(
            (tx) =>
              work({
                ...tx,
                sendings: {
                  ...tx.sendings,
                  heads: async (lanes) => {
                    const heads = await tx.sendings.heads(lanes)
                    if (heads.size > 0) await correct?.()
                    return heads
                  },
                },
              }),
            keeps,
          ),
      }),
    })
    let correcting: ReturnType<typeof change> | undefined
    let correct: (() => Promise<void>) | undefined = async () => {
      correct = undefined
      // It must wait for the lane or come first; either way the old words are not sent after it.
      correcting = change(gateway, 'hospital', `Observation/${posted.body.id}`, (one) => {
        one.effectivePeriod.end = '2026-09-30'
      })
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await raced.drain()
    expect((await correcting)?.status).toBe(200)
    await raced.drain()
    await gateway.drain()
    const all = await rows()
    expect(all.map(({ state }) => state)).toEqual([expect.stringMatching(/delivered|superseded/), 'delivered'])
    const numbers = all.flatMap(({ delivery_number: one }) => (one === null ? [] : [one]))
    expect(numbers).toEqual(numbers.map((_, index) => 3 + index))
    expect(raced.faults).toEqual([])
  })
})
