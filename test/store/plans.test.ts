import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/store/store.ts'
import { hasEngine, openTestStore } from '../support/stores.ts'

const [endpoint, clientId, id, now] = ['team-webhook', randomUUID(), randomUUID(), 1_000_000]
const lease = { endpoint, clientId, token: 1 }
const told = { frozen: {}, level: undefined, basis: [], at: now }

/** What relay and exchange do about a few lanes or items, none of which is there. */
const statements: Readonly<Record<string, (tx: Transaction) => Promise<unknown>>> = {
  'claiming lanes': (tx) => tx.leases.claim({ endpoints: [endpoint], now, until: now, most: 4 }),
  'the heads of lanes': (tx) => tx.sendings.heads([{ ...lease, recipient: 'team' }]),
  'starting a sending': (tx) =>
    tx.sendings.start([{ head: { id, deliveryNumber: undefined } as never, number: 1, passes: id, told }]),
  'settling a sending': (tx) => tx.sendings.settle([{ id, state: 'delivered', at: now }]),
  'keeping a lease': (tx) => tx.leases.keep([lease], now),
  'taking a lane': (tx) => tx.leases.take([lease], { now, until: now }),
  'releasing a lease': (tx) => tx.leases.release([lease]),
  'ending an item': (tx) => tx.lanes.end({ id, state: 'withheld', at: now }),
  'the open items of a client': (tx) => tx.lanes.openOf(clientId),
  'superseding an update': (tx) => tx.outbox.supersede(id, now),
  'whether a version is being tried': (tx) => tx.outbox.isBeingTried(id),
  'taking an update back': (tx) => tx.outbox.takeBack([id], now),
  'what stands about a client': (tx) => tx.standings.of([clientId]),
  'the standing of clients, locked': (tx) => tx.clients.hold([clientId], 'share'),
  'clients by identifier': (tx) => tx.clients.byIdentifierKeys(['key']),
  'the records of a client': (tx) => tx.clients.linksOfClient(clientId),
  'the clients of records': (tx) => tx.clients.linksOfParty('hospital', [id]),
  'resources by id': (tx) => tx.resources.read([id]),
  'consents that a party recorded': (tx) => tx.consents.recordedBy('hospital', clientId),
  'a referral by its task': (tx) => tx.careTeams.referralOfTask(id),
  'what a resource has told': (tx) => tx.updates.ofResource(id),
  'what waits for a consent': (tx) => tx.outbox.heldOf(clientId),
  'what was told by its id': (tx) => tx.reports.toldTo('team', id),
  'who was told of a client': (tx) => tx.reports.toldParties(clientId),
  'the log of a client': (tx) => tx.reports.ofClient(clientId, 20),
  'own resources by name and id': (tx) => tx.resources.ofParty('hospital', ['key'], [id]),
  'the versions of a resource': (tx) => tx.resources.versions('hospital', 'Patient', id),
}

const LANES = 3000

/** What stands beside each lane: one row a client. */
const among = [
  ['client_identifier', 'key, client_id', 'id::text, id'],
  ['patient_link', 'party, patient_id, client_id, state', `'hospital', gen_random_uuid(), id, 'linked'`],
  ['resource_identifier', 'key, party, type, resource_id', `id::text, 'hospital', 'Patient', gen_random_uuid()`],
  [
    'resource_history',
    'id, type, party, client_id, version, updated_at, payload',
    `id, 'Patient', 'hospital', id, 1, 1, ''`,
  ],
  ['consent', 'id, client_id, party, version, status, digest, payload', `id, id, 'hospital', 1, 'active', '', ''`],
  [
    'referral',
    'service_request_id, task_id, client_id, sender, performer, live',
    `id, id, id, 'hospital', 'team', true`,
  ],
  ['update_record', 'id, client_id, party, resource_id, category, payload', `id, id, 'hospital', id, 'medication', ''`],
] as const

describe.skipIf(!hasEngine('postgres'))(
  'among thousands of lanes, as planned when there was none, on PostgreSQL',
  () => {
    it.each(Object.entries(statements))('%s reads what it is about', { timeout: 60_000 }, async (_what, statement) => {
      const opened = await openTestStore('postgres')
      const run = async (): Promise<void> => {
        await opened.store.transaction(statement)
      }
      /** A connection tells what it has read when a second has passed since it last told. */
      const readSoFar = async (): Promise<number> => {
        await sleep(1100)
        await opened.store.transaction((tx) => tx.endpoints.states())
        await sleep(100)
        const [row] = await opened.rows(
          `select coalesce((select sum(idx_tup_read) from pg_stat_user_indexes), 0)::int
           + coalesce((select sum(seq_tup_read) from pg_stat_user_tables), 0)::int as read`,
        )
        return row?.['read']
      }
      for (let round = 0; round < 2; round += 1) await run()
      await opened.rows(
        `insert into client (id, created_at) select gen_random_uuid(), 1 from generate_series(1, ${LANES})`,
      )
      await opened.rows(`insert into lane (endpoint, client_id, due_at) select '${endpoint}', id, 1 from client`)
      await opened.rows(
        `insert into disclosure (id, kind, endpoint, channel, client_id, sender, recipient, position, state, basis, created_at)
       select gen_random_uuid(), 'update', endpoint, 'webhook', client_id, 'hospital', 'team', 1, 'queued', '[]', 1 from lane`,
      )
      await opened.rows(
        `insert into resource (id, type, party, client_id, version, updated_at, payload)
       select gen_random_uuid(), 'Patient', 'hospital', id, 1, 1, '' from client`,
      )
      for (const [table, columns, values] of among) {
        await opened.rows(`insert into ${table} (${columns}) select ${values} from client`)
      }
      await opened.rows(`select pg_stat_force_next_flush()`)
      const before = await readSoFar()
      for (let round = 0; round < 3; round += 1) await run()
      expect((await readSoFar()) - before).toBeLessThan(LANES / 10)
      await opened.close()
    })
  },
)
