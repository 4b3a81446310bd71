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
    tx.sendings.start([{ head: { id, deliveryNumber: undefined } as never, number: 1, told }]),
  'settling a sending': (tx) => tx.sendings.settle([{ id, state: 'delivered', at: now }]),
  'keeping a lease': (tx) => tx.leases.keep([lease], now),
  'taking a lane': (tx) => tx.leases.take([lease], { now, until: now }),
  'releasing a lease': (tx) => tx.leases.release([lease]),
  'ending an item': (tx) => tx.lanes.end({ id, state: 'withheld', at: now }),
  'the open items of a client': (tx) => tx.lanes.openOf(clientId),
  'superseding an update': (tx) => tx.outbox.supersede(id, now),
  'taking an update back': (tx) => tx.outbox.takeBack([id], now),
  'what stands about a client': (tx) => tx.standings.of([clientId]),
}

const LANES = 3000

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
      await opened.rows(`select pg_stat_force_next_flush()`)
      const before = await readSoFar()
      for (let round = 0; round < 3; round += 1) await run()
      expect((await readSoFar()) - before).toBeLessThan(LANES / 10)
      await opened.close()
    })
  },
)
