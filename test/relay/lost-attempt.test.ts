import { afterEach, beforeEach, expect, it } from 'vitest'
import { medicationMessage, rehabilitationSupport } from '../../demo/story-resources.ts'
import { createWorker } from '../../src/relay/drain.ts'
import { pushEndpoints } from '../../src/relay/relay.ts'
import { playRound } from '../../src/relay/round.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const LEASE_MS = 30_000

describeEachEngine('an attempt that never came back', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('lost', hetu(1))
  beforeEach(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story, ['identity', 'referral', 'medication.effect', 'benefit.period'])
    await gateway.drain()
    gateway.received.length = 0
    const message = medicationMessage(story, client.patient, 'lost')
    expect((await gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  const rows = () =>
    gateway.opened.rows(
      `select category, state, delivery_number, sent_at is not null as sent, maybe_received from disclosure
       where channel = 'webhook' and category in ('medication', 'benefit') order by position`,
    )
  const round = () => playRound(gateway.relay, pushEndpoints(gateway.relay.parties), { finished: [], most: 16 })

  it('keeps its number when the retry surely did not arrive and the consent is withdrawn: it may have arrived itself', async () => {
    // Started, and then the process dies.
    expect((await round()).sendings.length).toBe(1)
    gateway.clock.now += LEASE_MS + 1000
    gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
    await gateway.drain()
    await change(gateway, 'hospital', client.consent, ({ provision }) => {
      provision.provision = provision.provision.filter(
        (one: any) => !one.code[0].coding[0].code.startsWith('medication'),
      )
    })
    gateway.answer = () => ({ outcome: 'delivered' })
    const news = rehabilitationSupport(story, client.patient, '2026-06-30')
    expect((await gateway.call('hospital', 'POST', '/fhir/Observation', news)).status).toBe(201)
    await gateway.drain()
    const [lost, next] = await rows()
    expect(lost).toMatchObject({ state: 'withheld', delivery_number: 3, sent: true, maybe_received: true })
    // The notice has number 4: 3 is never given to anything else.
    expect(next).toMatchObject({ state: 'delivered', delivery_number: 5 })
  })

  it('is made no more often than any other: in the end it is a dead letter, which may have arrived', async () => {
    for (let attempt = 1; attempt <= 11; attempt += 1) {
      expect((await round()).sendings.length, `attempt ${attempt}`).toBe(1)
      gateway.clock.now += LEASE_MS + 1000
    }
    for (let look = 0; look < 2; look += 1) {
      expect((await round()).sendings).toEqual([])
      gateway.clock.now += LEASE_MS + 1000
    }
    const [lost] = await rows()
    expect(lost).toMatchObject({ state: 'dead', delivery_number: 3, sent: true, maybe_received: true })
    const { id } = (await gateway.opened.rows(`select id from disclosure where state = 'dead'`))[0] ?? {}
    const which = { id: String(id), endpoint: undefined, since: undefined, until: undefined, delivered: false }
    await gateway.relay.store.transaction((tx) => tx.operations.replay({ ...which, at: gateway.clock.now }))
    await gateway.drain()
    expect((await rows())[0]).toMatchObject({ state: 'delivered', delivery_number: 3 })
  })

  it('is on record when its sender has left the configuration meanwhile', async () => {
    const parties = { ...gateway.relay.parties, byId: () => undefined }
    const started = await round()
    const worker = createWorker({ ...gateway.relay, parties })
    worker.adopt(started.sendings)
    await worker.drain()
    const told = await gateway.opened.rows(
      `select outcome from audit_event where kind = 'disclosure' and disclosure_id = $1 order by seq`,
      [started.sendings[0]?.disclosure.id],
    )
    expect(told.map(({ outcome }) => outcome)).toEqual(['sending', 'delivered'])
  })

  it('is not made at all by a process that slept past its lease', async () => {
    const { store } = gateway.relay
    const sleepy = {
      ...gateway.relay,
      store: {
        ...store,
        transaction: (async (work, keeps) => {
          const result = await store.transaction(work, keeps)
          gateway.clock.now += LEASE_MS
          return result
        }) as typeof store.transaction,
      },
    }
    const worker = createWorker(sleepy)
    const drained = worker.drain()
    worker.close()
    await drained
    expect(gateway.received).toEqual([])
    await gateway.drain()
    expect((await rows()).map(({ state }) => state)).toEqual(['delivered'])
  })
})
