import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { rehabilitationSupport } from '../../demo/story-resources.ts'
import type { Party } from '../../src/domain/party.ts'
import { FAILURES_TO_OPEN } from '../../src/relay/breaker.ts'
import type { Delivery } from '../../src/relay/channel.ts'
import { type EndpointState, quietState } from '../../src/store/queries/endpoints.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

vi.setConfig({ testTimeout: 240_000 })

const CLIENTS = FAILURES_TO_OPEN + 1
const failed: Delivery = { outcome: 'failed', why: 'http-500', retryAfterMs: undefined }

/** Both push endpoints belong to the team, so that every client has a lane at each. */
const parties = (): readonly Party[] => {
  const [office] = testParties().filter(({ id }) => id === 'office')
  const second = office?.endpoints.filter(({ channel }) => channel === 'webhook') ?? []
  return testParties().flatMap((party) => {
    if (party.id === 'office') return []
    return [party.id === 'team' ? { ...party, endpoints: [...party.endpoints, ...second] } : party]
  })
}

describeEachEngine('an endpoint', (engine) => {
  let gateway: TestGateway
  let clients: Enrolled[]
  let run = 0
  beforeAll(async () => {
    gateway = await startTestGateway(engine, parties())
    clients = []
    for (let n = 1; n <= CLIENTS; n += 1) clients.push(await enrol(gateway, testStory(`e-${n}`, hetu(n))))
    await gateway.drain()
    gateway.received.length = 0
  }, 180_000)
  afterEach(async () => {
    expect(gateway.faults.splice(0)).toEqual([])
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += 86_400_000
    await change('team-webhook', quietState)
    const which = { id: undefined, endpoint: undefined, since: undefined, until: undefined, delivered: false }
    await gateway.exchange.store.transaction((tx) => tx.operations.replay({ ...which, at: gateway.clock.now }))
    await gateway.drain()
    gateway.received.length = 0
  })
  afterAll(() => gateway.close())

  const tellAll = async (): Promise<void> => {
    for (const { patient } of clients) {
      run += 1
      const body = rehabilitationSupport(testStory(`benefit-${run}`), patient, '2026-06-30')
      expect((await gateway.call('hospital', 'POST', '/fhir/Observation', body)).status).toBe(201)
    }
  }
  const change = (endpoint: string, what: Partial<EndpointState>) =>
    gateway.exchange.store.transaction((tx) => tx.endpoints.change(endpoint, (state) => ({ ...state, ...what })))
  const hits = (endpoint: string): number => gateway.received.filter((one) => one.endpoint === endpoint).length
  const lanes = (endpoint: string, where: string, what = '1') =>
    gateway.opened.rows(`select ${what} from lane where endpoint = $1 and ${where}`, [endpoint])
  /** Another process on the same store, which has seen nothing. */
  const other = () =>
    startTestGateway(engine, parties(), { opened: gateway.opened, seed: `other-${run}` }).then((one) => {
      one.clock.now = gateway.clock.now
      return one
    })

  it('that is paused gets nothing from any process, however often they look, and everything when it goes on', async () => {
    await change('team-webhook', { pausedAt: 1 })
    await tellAll()
    const second = await other()
    for (let poll = 0; poll < 5; poll += 1) {
      await gateway.drain()
      await second.drain()
      gateway.clock.now += 60_000
      second.clock.now += 60_000
    }
    expect(hits('team-webhook')).toBe(0)
    expect(second.received.filter(({ endpoint }) => endpoint === 'team-webhook')).toEqual([])
    expect(hits('office-webhook') + second.received.length).toBe(CLIENTS)
    // Nobody has to look past its lanes.
    expect((await lanes('team-webhook', 'due_at is not null')).length).toBe(0)
    expect((await lanes('team-webhook', 'parked')).length).toBe(CLIENTS)
    await change('team-webhook', { pausedAt: undefined })
    await gateway.drain()
    expect(hits('team-webhook')).toBe(CLIENTS)
    expect((await lanes('team-webhook', 'parked')).length).toBe(0)
  })

  it('that is paused is not claimed, also before its lanes are parked', async () => {
    await tellAll()
    await change('team-webhook', { pausedAt: 1 })
    const { now } = gateway.clock
    const claim = { endpoints: ['team-webhook'], now, until: now, most: 1 }
    const claimed = await gateway.exchange.store.transaction(async (tx) => [
      await tx.leases.due(claim),
      await tx.leases.claim(claim),
    ])
    expect(claimed).toEqual([[], []])
    expect((await lanes('team-webhook', `due_at <= ${now}`)).length).toBe(CLIENTS)
    await change('team-webhook', quietState)
    expect((await gateway.exchange.store.transaction((tx) => tx.leases.claim(claim))).length).toBe(1)
  })

  it('that is paused while something is under way gets nothing after it, on the same lane neither', async () => {
    await tellAll()
    await tellAll()
    gateway.answer = async ({ endpoint }) => {
      if (endpoint === 'team-webhook') await change(endpoint, { pausedAt: 1 })
      return { outcome: 'delivered' }
    }
    await gateway.drain()
    expect(hits('team-webhook')).toBe(CLIENTS)
    expect(hits('office-webhook')).toBe(2 * CLIENTS)
  })

  it('that says it is gone gets nothing more on any lane, from any process', async () => {
    await tellAll()
    gateway.answer = ({ endpoint }) => (endpoint === 'team-webhook' ? { outcome: 'gone' } : { outcome: 'delivered' })
    await gateway.drain()
    const first = hits('team-webhook')
    expect(first).toBeGreaterThan(0)
    await tellAll()
    const second = await other()
    for (const one of [gateway, second]) {
      one.clock.now += 500_000_000
      await one.drain()
      await one.drain()
    }
    expect(hits('team-webhook')).toBe(first)
    expect(second.received.filter(({ endpoint }) => endpoint === 'team-webhook')).toEqual([])
    expect((await lanes('office-webhook', 'due_at is not null')).length).toBe(0)
  })

  it('that is taken out of the configuration gets nothing more, and everything when it comes back', async () => {
    const without = parties().map((party) => ({
      ...party,
      endpoints: party.endpoints.filter(({ id }) => id !== 'team-webhook'),
    }))
    await tellAll()
    const second = await startTestGateway(engine, without, { opened: gateway.opened, seed: `without-${run}` })
    for (let poll = 0; poll < 3; poll += 1) {
      second.clock.now = gateway.clock.now + poll * 60_000
      await second.drain()
    }
    expect(second.received.map(({ endpoint }) => endpoint)).toEqual(Array(CLIENTS).fill('office-webhook'))
    await gateway.drain()
    expect(hits('team-webhook')).toBe(CLIENTS)
  })

  it('that fails on many lanes is left alone but for one lane that tries, and others do not notice', async () => {
    gateway.answer = ({ endpoint }) => (endpoint === 'team-webhook' ? failed : { outcome: 'delivered' })
    await tellAll()
    await gateway.drain()
    expect(hits('office-webhook')).toBe(CLIENTS)
    gateway.received.length = 0
    await tellAll()
    await gateway.drain()
    expect(hits('office-webhook')).toBe(CLIENTS)
    expect(hits('team-webhook')).toBe(0)
    // Waits of 5, 10 and 20 seconds, not a moment less, and one lane at the end of each.
    const tries: number[] = []
    for (const wait of [4_999, 1, 9_999, 1, 19_999, 1]) {
      gateway.clock.now += wait
      gateway.received.length = 0
      await gateway.drain()
      tries.push(hits('team-webhook'))
    }
    expect(tries).toEqual([0, 1, 0, 1, 0, 1])
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += 300_000
    gateway.received.length = 0
    await gateway.drain()
    await gateway.drain()
    expect(hits('team-webhook')).toBe(2 * CLIENTS)
    expect(
      await gateway.opened.rows(`select 1 from disclosure where channel = 'webhook' and state <> 'delivered'`),
    ).toEqual([])
  })

  it('that works again is found although what was chosen to try it cannot be worked on', async () => {
    gateway.answer = ({ endpoint }) => (endpoint === 'team-webhook' ? failed : { outcome: 'delivered' })
    await tellAll()
    await gateway.drain()
    gateway.answer = () => ({ outcome: 'delivered' })
    const open = `select d.update_id as id, u.payload from disclosure d join update_record u on u.id = d.update_id
      where d.endpoint = 'team-webhook' and d.state = 'queued' order by d.client_id`
    const unreadable = (await gateway.opened.rows(open)).slice(0, -1)
    for (const { id } of unreadable) {
      await gateway.opened.rows(`update update_record set payload = 'not what was written' where id = $1`, [id])
    }
    gateway.clock.now += 10_000
    gateway.received.length = 0
    for (let look = 0; look < CLIENTS; look += 1) {
      await gateway.drain()
      gateway.clock.now += 1000
    }
    expect(hits('team-webhook')).toBe(1)
    expect(gateway.faults.splice(0).length).toBeGreaterThan(0)
    for (const { id, payload } of unreadable) {
      await gateway.opened.rows('update update_record set payload = $2 where id = $1', [id, payload])
    }
    gateway.clock.now += gateway.relay.leaseMs
    await gateway.drain()
    expect(hits('team-webhook')).toBe(CLIENTS)
  })

  it('that finds fault with items is not left alone for it', async () => {
    gateway.answer = () => ({ ...failed, why: 'http-422', blames: 'item' })
    await tellAll()
    await gateway.drain()
    await tellAll()
    gateway.clock.now += 6_000
    await gateway.drain()
    expect(hits('team-webhook')).toBe(2 * CLIENTS)
  })

  it.skipIf(engine === 'pglite')(
    'that is resumed finds a parked lane that somebody held, and then undid what he did',
    async () => {
      const [lane] = await lanes('team-webhook', 'true', 'client_id')
      const clientId = String(lane?.['client_id'])
      const notice = {
        id: gateway.relay.newId(),
        clientId,
        sender: 'hospital',
        recipient: 'team',
        at: gateway.clock.now,
      }
      await change('team-webhook', { pausedAt: 1 })
      await tellAll()
      await gateway.drain()
      await gateway.exchange.store.transaction(
        async (tx) => {
          const place = { endpoint: 'team-webhook', channel: 'webhook', template: 'permissions-changed' } as const
          await tx.outbox.notify([{ ...notice, ...place }])
          // Waits until the lane is held.
          await tx.reports.toldParties(clientId)
          await change('team-webhook', { pausedAt: undefined })
          return 'undone'
        },
        () => false,
      )
      expect((await lanes('team-webhook', 'parked')).length).toBe(1)
      await gateway.drain()
      expect(hits('team-webhook')).toBe(CLIENTS)
    },
  )

  it.skipIf(engine === 'pglite')('that is resumed sends what is queued while its lanes are let go', async () => {
    await change('team-webhook', { pausedAt: 1 })
    await tellAll()
    await gateway.drain()
    // Given up meanwhile, so that nothing is due there.
    await gateway.opened.rows(`update disclosure set state = 'skipped' where state = 'queued'`)
    const holder = new Client(gateway.opened.url)
    await holder.connect()
    try {
      // Between the moment of which the statement knows and that at which it takes the first lane.
      await holder.query(`
        select pg_advisory_lock(1);
        create function wait() returns trigger language plpgsql as $$ begin
          if current_query() like '%where l.parked%' then perform pg_advisory_xact_lock(1); end if;
          return null;
        end $$;
        create trigger wait before update on lane execute function wait()`)
      const resumed = change('team-webhook', { pausedAt: undefined })
      await vi.waitFor(async () => {
        const waits = `select 1 from pg_locks where locktype = 'advisory' and not granted`
        expect((await gateway.opened.rows(waits)).length).toBe(1)
      })
      await tellAll()
      await holder.query('select pg_advisory_unlock(1)')
      await resumed
    } finally {
      await holder.query('drop trigger wait on lane; drop function wait')
      await holder.end()
    }
    await gateway.drain()
    expect(hits('team-webhook')).toBe(CLIENTS)
  })
})
