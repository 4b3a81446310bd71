import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, medicationMessage } from '../../demo/story-resources.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { LaneClaim } from '../../src/store/queries/leases.ts'
import type { Store, Transaction } from '../../src/store/store.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { hasEngine, openTestStore, type TestStore } from '../support/stores.ts'

const ROUNDS = 200

/** Small, seeded and good enough to spread the rounds. */
const randomOf = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

/** Days of many different people, all of age. */
const code = (round: number): string => hetu(round % 90, `${String(1 + Math.floor(round / 90)).padStart(2, '0')}0180`)

/** Widens the moment between reading what a decision rests on and writing its effect. */
const pausing =
  (pause: () => Promise<void>, claim?: Transaction['leases']['claim']) =>
  (store: Store): Store => ({
    ...store,
    transaction: (work, keeps) =>
      store.transaction(
        (tx) =>
          work({
            ...tx,
            leases: claim === undefined ? tx.leases : { ...tx.leases, claim },
            standings: {
              ...tx.standings,
              of: async (ids) => {
                const standings = await tx.standings.of(ids)
                if (ids.length > 0) await pause()
                return standings
              },
            },
          }),
        keeps,
      ),
  })

/** A withdrawal that does not look through the queue, so that nothing but the second decision can stop a sending. */
const blind = (store: Store): Store => ({
  ...store,
  transaction: (work, keeps) =>
    store.transaction((tx) => work({ ...tx, lanes: { ...tx.lanes, openOf: async () => [] } }), keeps),
})

describe.skipIf(!hasEngine('postgres'))('two gateways on one PostgreSQL', () => {
  let opened: TestStore
  let second: Store
  let office: TestGateway
  let blindOffice: TestGateway

  beforeAll(async () => {
    opened = await openTestStore('postgres')
    second = await openPostgres({ url: opened.url, connections: 4 })
    office = await startTestGateway('postgres', testParties(), { opened: { ...opened, store: second }, seed: 'office' })
    blindOffice = await startTestGateway('postgres', testParties(), {
      opened: { ...opened, store: second },
      seed: 'blind office',
      wrap: blind,
    })
    const [{ setting } = { setting: 'off' }] = await opened.rows(
      `select setting from pg_settings where name = 'track_commit_timestamp'`,
    )
    expect(setting).toBe('on')
  })
  afterAll(async () => {
    await second.close()
    await opened.close()
  })

  const count = async (query: string): Promise<number> => Number((await opened.rows(query))[0]?.['n'])
  const withheldSoFar = `select count(*)::int as n from disclosure where state = 'withheld' and channel = 'webhook'`

  /** Withdraws consents on one gateway while the other starts to send, and counts what went out too late. */
  const race = async (
    seed: string,
    { rounds, days, by }: { readonly rounds: number; readonly days: number; readonly by: TestGateway },
    wrap: (store: Store) => Store,
  ): Promise<{ readonly late: number; readonly sent: number; readonly withheld: number }> => {
    const sender = await startTestGateway('postgres', testParties(), { opened, seed, wrap })
    const random = randomOf(rounds)
    const withheldBefore = await count(withheldSoFar)
    for (let round = 0; round < rounds; round += 1) {
      const client = await enrol(office, testStory(`${seed}-${round}`, code(days * 90 + round)))
      const delay = Math.floor(random() * 12)
      const [withdrawn] = await Promise.all([
        sleep(delay).then(() => withdraw(by, client)),
        sleep(4).then(() => sender.drain()),
      ])
      expect(withdrawn).toBe(200)
    }
    expect(sender.faults).toEqual([])
    // The audit row of a sending and the event row of a withdrawal are written once, each in the transaction it tells of.
    const [row] = await opened.rows(
      `select
         count(*) filter (where pg_xact_commit_timestamp(a.xmin) > pg_xact_commit_timestamp(w.xmin))::int as late,
         count(*) filter (where pg_xact_commit_timestamp(a.xmin) <= pg_xact_commit_timestamp(w.xmin))::int as sent,
         (${withheldSoFar}) - $2::int as withheld
       from audit_event a join disclosure d on d.id = a.disclosure_id
       join client_event w on w.client_id = a.client_id and w.kind = 'consent-withdrawn'
       where d.kind = 'update' and a.kind = 'disclosure' and a.outcome = 'sending' and a.seq > $1`,
      [mark, withheldBefore],
    )
    mark = Number((await opened.rows('select coalesce(max(seq), 0) as top from audit_event'))[0]?.['top'])
    return { late: Number(row?.['late']), sent: Number(row?.['sent']), withheld: Number(row?.['withheld']) }
  }
  let mark = 0

  it.each([
    ['as built', ROUNDS, 0, () => office],
    ['with a withdrawal that leaves the queue alone', ROUNDS / 2, 10, () => blindOffice],
  ] as const)(
    'start no sending after a withdrawal has committed, %s, in %i races',
    { timeout: 240_000 },
    async (how, rounds, days, by) => {
      const pauses = randomOf(7)
      const { late, sent, withheld } = await race(
        `race ${how}`,
        { rounds, days, by: by() },
        pausing(() => sleep(Math.floor(pauses() * 4))),
      )
      expect(late).toBe(0)
      // Both ways happened, or the rounds have shown nothing.
      expect(sent).toBeGreaterThan(10)
      expect(withheld).toBeGreaterThan(10)
    },
  )

  it(
    'would send too late without the lock on the client: the rounds above can fail',
    { timeout: 120_000 },
    async () => {
      // Leased in a transaction of its own, which has ended: the lane is ours, but the client is not locked any more.
      const unlocked = (claim: LaneClaim) => opened.store.transaction((tx) => tx.leases.claim(claim))
      const { late } = await race(
        'control',
        { rounds: 40, days: 13, by: blindOffice },
        // Long enough for the withdrawal to commit between what the decision saw and what the sending writes.
        pausing(() => sleep(80), unlocked),
      )
      expect(late).toBeGreaterThan(0)
    },
  )

  it('make one resource of 50 conditional creates of one identifier', { timeout: 60_000 }, async () => {
    const other = await startTestGateway('postgres', testParties(), { opened, seed: 'creates' })
    const client = await enrol(office, testStory('creates', code(15 * 90)))
    const before = await count(`select count(*)::int as n from disclosure where client_id is not null`)
    const message = medicationMessage(testStory('creates'), client.patient, 'many')
    const condition = { 'if-none-exist': 'identifier=urn:demo:hospital:messages|many-creates' }
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        (n % 2 === 0 ? office : other).call('hospital', 'POST', '/fhir/Communication', message, condition),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      ...Array.from({ length: 49 }, () => 200),
      201,
    ])
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(await count(`select count(*)::int as n from disclosure where client_id is not null`)).toBe(before + 2)
    const patients = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? office : other).call(
          'other-hospital',
          'POST',
          '/fhir/Patient',
          { resourceType: 'Patient', identifier: [{ system: 'urn:oid:1.2.246.21', value: code(16 * 90) }] },
          { 'if-none-exist': `identifier=urn:oid:1.2.246.21|${code(16 * 90)}` },
        ),
      ),
    )
    expect(new Set(patients.map(({ body }) => body.id)).size).toBe(1)
    expect([...office.faults, ...other.faults]).toEqual([])
  })

  it('drain one database and deliver each item once, in the order of its client', { timeout: 120_000 }, async () => {
    const other = await startTestGateway('postgres', testParties(), { opened, seed: 'drains' })
    const clients: Enrolled[] = []
    for (let n = 0; n < 40; n += 1) clients.push(await enrol(office, testStory(`drain-${n}`, code(17 * 90 + n))))
    for (let n = 0; n < 2; n += 1) {
      await Promise.all(
        clients.map(async ({ patient }, index) => {
          const message: Json = medicationMessage(testStory(`drain-${index}`), patient, `n${n}`)
          expect((await office.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
        }),
      )
    }
    office.received.length = 0
    const slowly = async (): Promise<{ readonly outcome: 'delivered' }> => {
      await sleep(2)
      return { outcome: 'delivered' }
    }
    office.answer = slowly
    other.answer = slowly
    await Promise.all([office.drain(), other.drain(), office.drain(), other.drain()])
    await office.drain()
    const all = [...office.received, ...other.received]
    const ids = all.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThanOrEqual(40 * 4)
    expect(office.received.length).toBeGreaterThan(0)
    expect(other.received.length).toBeGreaterThan(0)
    const waiting = await count(
      `select count(*)::int as n from disclosure where channel = 'webhook' and state in ('queued', 'sending')`,
    )
    expect(waiting).toBe(0)
    const wrong = await count(
      `select count(*)::int as n from disclosure a join disclosure b using (endpoint, client_id)
       where a.channel = 'webhook' and a.position < b.position and a.delivery_number > b.delivery_number`,
    )
    expect(wrong).toBe(0)
  })

  it('leave an item alone that another worker took over while they slept', { timeout: 60_000 }, async () => {
    const sleeper = await startTestGateway('postgres', testParties(), { opened, seed: 'sleeper' })
    const awake = await startTestGateway('postgres', testParties(), { opened, seed: 'awake' })
    await enrol(office, testStory('lease', code(18 * 90)))
    let taken = 0
    sleeper.answer = async () => {
      if (taken > 0) return { outcome: 'delivered' }
      // Longer than the lease: the other worker comes, finds the lane free and works it off.
      awake.clock.now += 31_000
      taken = await awake.drain()
      return { outcome: 'failed', why: 'http-500', retryAfterMs: undefined }
    }
    await sleeper.drain()
    expect(taken).toBe(2)
    const [first] = sleeper.received
    const [row] = await opened.rows('select state, attempts, maybe_received from disclosure where id = $1', [first?.id])
    // Nobody knows what became of the first attempt: it did arrive.
    expect(row).toEqual({ state: 'delivered', attempts: 2, maybe_received: true })
    expect(awake.received.map(({ id }) => id)).toContain(first?.id)
    expect(awake.received.find(({ id }) => id === first?.id)?.raw).toBe(first?.raw)
    expect(sleeper.received.length).toBe(1)
    expect([...sleeper.faults, ...awake.faults]).toEqual([])
  })
})

const withdraw = async (gateway: TestGateway, client: Enrolled): Promise<number> => {
  const { body } = await gateway.call('hospital', 'GET', `/fhir/${client.consent}`)
  const put = await gateway.call(
    'hospital',
    'PUT',
    `/fhir/${client.consent}`,
    { ...body, status: 'inactive' },
    { 'if-match': 'W/"1"' },
  )
  return put.status
}
