import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { runRelay } from '../../src/relay/run-relay.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { Store } from '../../src/store/store.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine, openTestStore, type TestStore } from '../support/stores.ts'

type Withdrawal = {
  readonly what: string
  readonly asked: object
  /** Which of the client's items it forbids; SQL on `disclosure d`. */
  readonly forbids: string
}
const everything: Withdrawal = { what: 'everything', asked: {}, forbids: 'true' }
const withdrawals: readonly Withdrawal[] = [
  everything,
  { what: 'a category', asked: { category: 'medication' }, forbids: `d.category = 'medication'` },
  {
    what: 'a level',
    asked: { category: 'medication', keep: 'change' },
    // The decision on an item that may be told at another level is a permit.
    forbids: `d.category = 'medication' and d.level <> 'change' and a.outcome <> 'permit'`,
  },
]

const permits = ['identity', 'referral', 'medication.effect']

/** Between one message and the next: together they spread over the time that a withdrawal takes. */
const STEP_MS = 15
const MESSAGES = 6

/** Widens the moment between reading what a decision rests on and writing its effect. */
const dawdling = (store: Store): Store => ({
  ...store,
  transaction: (work, keeps) =>
    store.transaction((tx) => {
      const slowly = async <T>(reading: Promise<T>): Promise<T> => {
        const read = await reading
        await sleep(STEP_MS)
        return read
      }
      const standings: typeof tx.standings = {
        of: (ids) => slowly(tx.standings.of(ids)),
        lockBehind: (party, ids) => slowly(tx.standings.lockBehind(party, ids)),
      }
      return work({ ...tx, standings })
    }, keeps),
})

/** Decides without a lock on the client. */
const careless = (store: Store): Store => ({
  ...store,
  transaction: (work, keeps) =>
    store.transaction((tx) => {
      const hold: typeof tx.clients.hold = async (ids, mode) => {
        if (mode === 'update') await tx.clients.hold(ids, mode)
      }
      const lockBehind: typeof tx.standings.lockBehind = async (party, ids) =>
        tx.standings.of((await tx.clients.linksOfParty(party, ids)).map(({ clientId }) => clientId))
      return work({ ...tx, clients: { ...tx.clients, hold }, standings: { ...tx.standings, lockBehind } })
    }, keeps),
})

describeEachEngine('news posted, sent and read while a client withdraws', (engine) => {
  // An embedded store takes one transaction after another: fewer rounds show as much.
  const ROUNDS = engine === 'pglite' ? 4 : 10
  const opened: TestStore[] = []
  const running: ReturnType<typeof runRelay>[] = []
  const stores: Store[] = []
  afterEach(async () => {
    for (const relay of running.splice(0)) await relay.stop()
    for (const store of stores.splice(0)) await store.close()
    for (const one of opened.splice(0)) await one.close()
  })

  /** Two gateways on one PostgreSQL; an embedded store has one. Their relays run, so news starts where it is queued. */
  const openGateways = async (
    wraps: { readonly ward?: typeof dawdling } = {},
  ): Promise<{ readonly office: TestGateway; readonly ward: TestGateway }> => {
    const shared = await openTestStore(engine)
    opened.push(shared)
    const open = async (seed: string, store: Store, wrap: typeof dawdling = (one) => one): Promise<TestGateway> => {
      const gateway = await startTestGateway(engine, testParties(), { opened: { ...shared, store }, seed, wrap })
      running.push(runRelay(gateway.relay))
      return gateway
    }
    const ward = await open('ward', shared.store, wraps.ward)
    if (engine === 'pglite') return { office: ward, ward }
    const store = await openPostgres({ url: shared.url, connections: 4 })
    stores.push(store)
    return { office: await open('office', store), ward }
  }

  /** Of one client: messages and readings begin around a withdrawal. @returns how a message after its answer is answered. */
  const race = async (
    { office, ward }: { readonly office: TestGateway; readonly ward: TestGateway },
    round: number,
    asked: object,
  ): Promise<{ readonly clientId: string; readonly afterwards: number }> => {
    const story = testStory(`while-${round}`, hetu(round))
    const client = await enrol(ward, story, permits)
    const later = <T>(steps: number, act: () => Promise<T>): Promise<T> => sleep(steps * STEP_MS).then(act)
    const tell = async (n: number): Promise<number> => {
      const gateway = n % 2 === 0 ? ward : office
      const message = medicationMessage(story, client.patient, `news-${n}`)
      return (await gateway.call('hospital', 'POST', '/fhir/Communication', message)).status
    }
    const read = (): Promise<unknown> => ward.call('team', 'GET', '/api/inbox?language=en&limit=100')
    const withdraw = () => office.call('hospital', 'POST', '/api/withdraw', { client: client.patient, ...asked })
    const [withdrawn] = await Promise.all([
      later(1 + (round % 4), withdraw),
      ...Array.from({ length: MESSAGES }, (_, n) => later(n, () => tell(n))),
      later(2, read),
      later(MESSAGES, read),
    ])
    expect(withdrawn.status, JSON.stringify(withdrawn.body)).toBe(200)
    const [link] = await ward.opened.rows('select client_id from patient_link where patient_id = $1', [
      client.patient.split('/')[1],
    ])
    return { clientId: String(link?.['client_id']), afterwards: await tell(MESSAGES) }
  }

  /**
   * What became of the items a withdrawal forbids, by when the transactions committed that started, showed or permitted
   * them. An embedded store commits in the order in which its one connection began.
   */
  const commits = async ({ opened: { rows } }: TestGateway, clientId: string, forbids: string) => {
    const order = (row: string): string =>
      engine === 'pglite' ? `${row}.xmin::text::bigint` : `pg_xact_commit_timestamp(${row}.xmin)`
    const [row] = await rows(
      `select count(*) filter (where ${order('a')} > ${order('w')})::int as late,
         count(*) filter (where a.outcome in ('sending', 'read') and ${order('a')} < ${order('w')})::int as before
       from audit_event a join disclosure d on d.id = a.disclosure_id
       join client_event w on w.client_id = a.client_id and w.kind in ('consent-withdrawn', 'consent-changed')
       where a.client_id = $1 and d.kind = 'update' and a.outcome in ('sending', 'read', 'permit') and ${forbids}`,
      [clientId],
    )
    return { late: Number(row?.['late']), before: Number(row?.['before']) }
  }

  const raceAll = async (
    gateways: { readonly office: TestGateway; readonly ward: TestGateway },
    rounds: number,
    { asked, forbids }: Withdrawal,
  ) => {
    const sum = { late: 0, before: 0 }
    const afterwards = new Set<number>()
    for (let round = 0; round < rounds; round += 1) {
      const raced = await race(gateways, round, asked)
      const { late, before } = await commits(gateways.ward, raced.clientId, forbids)
      sum.late += late
      sum.before += before
      afterwards.add(raced.afterwards)
    }
    return { ...sum, afterwards }
  }

  it.each(withdrawals)(
    'of $what: nothing it forbids is permitted, started or shown by a transaction that commits after it',
    { timeout: 300_000 },
    async (withdrawal) => {
      const gateways = await openGateways({ ward: dawdling })
      const { late, before, afterwards } = await raceAll(gateways, ROUNDS, withdrawal)
      expect(late).toBe(0)
      // Some came before it, or nothing was shown; what is said after its answer is refused, but for what a level keeps.
      expect(before).toBeGreaterThan(ROUNDS / 3)
      expect([...afterwards]).toEqual([withdrawal.what === 'a level' ? 201 : 403])
      expect([...gateways.ward.faults, ...gateways.office.faults]).toEqual([])
    },
  )

  it.skipIf(engine === 'pglite')(
    'would be too late if those who decide did not lock the client: these races can be lost',
    { timeout: 300_000 },
    async () => {
      const gateways = await openGateways({ ward: (store) => dawdling(careless(store)) })
      expect((await raceAll(gateways, ROUNDS, everything)).late).toBeGreaterThan(0)
    },
  )
})
