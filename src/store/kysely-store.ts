import type { Kysely } from 'kysely'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { encodePayload } from './codec.ts'
import type { HintTopic } from './hints.ts'
import { insertRows } from './insert-rows.ts'
import { tables } from './tables.ts'
import { careTeams } from './queries/care-teams.ts'
import { clients } from './queries/clients.ts'
import { consents } from './queries/consents.ts'
import { endpoints } from './queries/endpoints.ts'
import { inbox } from './queries/inbox.ts'
import { lanes } from './queries/lanes.ts'
import { leases } from './queries/leases.ts'
import { operations } from './queries/operations.ts'
import { outbox } from './queries/outbox.ts'
import { reports } from './queries/reports.ts'
import { resources } from './queries/resources.ts'
import { sendings } from './queries/sendings.ts'
import { standings } from './queries/standing.ts'
import { updates } from './queries/updates.ts'
import type { Database } from './schema.ts'
import type { Store, Transaction } from './store.ts'

/** What differs between engines besides how they are opened. */
export type StoreEngine = {
  /** Runs work in one READ COMMITTED transaction; commits when it resolves, rolls back when it rejects. */
  transact<T>(work: (db: Kysely<Database>) => Promise<T>): Promise<T>
  /** How workers hear that something was committed for them. */
  readonly onHint: Store['onHint']
  hint(topic: HintTopic): void
  close(): Promise<void>
}

/** The store's promise over any engine that Kysely speaks to; the engines differ only in how they are opened. */
export const kyselyStore = (db: Kysely<Database>, engine: StoreEngine): Store => ({
  transaction: async (work, keeps) => {
    for (let attempt = 1; ; attempt += 1) {
      const dropped: { result?: Awaited<ReturnType<typeof work>> } = {}
      try {
        const pushed = new Set<HintTopic>()
        const done = await engine.transact(async (trx) => {
          const result = await work(
            transactionOn(trx, (topic) => {
              pushed.add(topic)
            }),
          )
          if (keeps === undefined || keeps(result)) return result
          dropped.result = result
          throw new Error('rolled back on purpose')
        })
        for (const topic of pushed) engine.hint(topic)
        return done
      } catch (error) {
        if (dropped.result !== undefined) return dropped.result
        if (attempt >= 5 || !isConflict(error)) throw error
      }
    }
  },
  rememberJti: async (clientId, jti, expiresAt, now) => {
    await db.deleteFrom('used_jti').where('expires_at', '<', now).execute()
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('used_jti')
      .values({ client_id: clientId, jti, expires_at: expiresAt })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    return numInsertedOrUpdatedRows === 1n
  },
  onHint: engine.onHint,
  close: engine.close,
})

const transactionOn = (db: Kysely<Database>, onPush: (topic: HintTopic) => void): Transaction => ({
  clients: clients(db),
  resources: resources(db),
  consents: consents(db),
  careTeams: careTeams(db),
  updates: updates(db),
  outbox: outbox(db, onPush),
  lanes: lanes(db),
  leases: leases(db),
  sendings: sendings(db),
  endpoints: endpoints(db, onPush),
  operations: operations(db, onPush),
  inbox: inbox(db),
  reports: reports(db),
  standings: standings(db),
  audit: async (events) => {
    await insertRows(db, { into: tables.audit, rows: events.map(toRow) })
  },
})

const toRow = (entry: AuditEntry) => ({
  id: entry.id,
  client_id: entry.client ?? null,
  disclosure_id: entry.disclosure ?? null,
  kind: entry.kind,
  outcome: entry.outcome,
  recorded_at: entry.recordedAt,
  payload: encodePayload({ id: entry.id, ...entry.event }),
})

/** unique_violation, serialization_failure, deadlock_detected: somebody else was first; look again and decide anew. */
const conflictCodes = new Set(['23505', '40001', '40P01'])

const isConflict = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && conflictCodes.has(error.code)
