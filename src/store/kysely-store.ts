import type { Kysely } from 'kysely'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { restoreBackup } from './backup/restore-backup.ts'
import { writeBackup } from './backup/write-backup.ts'
import { encodePayload } from './codec.ts'
import type { Signals } from './hints.ts'
import { insertRows } from './insert-rows.ts'
import { tables } from './tables.ts'
import { auditTrail } from './queries/audit-trail.ts'
import { careTeams } from './queries/care-teams.ts'
import { clients } from './queries/clients.ts'
import { consents } from './queries/consents.ts'
import { endpoints } from './queries/endpoints.ts'
import { inbox } from './queries/inbox.ts'
import { lanes } from './queries/lanes.ts'
import { leases } from './queries/leases.ts'
import { mailNotices } from './queries/mail-notices.ts'
import { messages } from './queries/messages.ts'
import { operations } from './queries/operations.ts'
import { outbox } from './queries/outbox.ts'
import { reports } from './queries/reports.ts'
import { resources } from './queries/resources.ts'
import { restores } from './queries/restores.ts'
import { searches } from './queries/searches.ts'
import { sendings } from './queries/sendings.ts'
import { standings } from './queries/standing.ts'
import { updates } from './queries/updates.ts'
import type { Database } from './schema.ts'
import type { Store, Transaction } from './store.ts'
import { type StoreEngine, transactions } from './transactions.ts'

/** The store's promise over any engine that Kysely speaks to; the engines differ only in how they are opened. */
export const kyselyStore = (db: Kysely<Database>, engine: StoreEngine): Store => ({
  ...transactions(engine, transactionOn),
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
  backup: (options, write) => writeBackup(db, options, write),
  restore: (options, lines) => restoreBackup(db, options, lines),
  close: engine.close,
})

const transactionOn = (db: Kysely<Database>, signals: Signals): Transaction => ({
  clients: clients(db),
  resources: resources(db),
  consents: consents(db),
  careTeams: careTeams(db),
  updates: updates(db),
  outbox: outbox(db, signals),
  lanes: lanes(db),
  leases: leases(db),
  sendings: sendings(db),
  endpoints: endpoints(db, signals),
  operations: operations(db, signals),
  inbox: inbox(db),
  reports: reports(db),
  restores: restores(db),
  standings: standings(db),
  searches: searches(db),
  messages: messages(db),
  auditTrail: auditTrail(db),
  mailNotices: mailNotices(db),
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
