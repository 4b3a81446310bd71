import type { AuditEntry } from '../audit/audit-entry.ts'
import type { HintTopic } from './hints.ts'
import type { AuditTrail } from './queries/audit-trail.ts'
import type { CareTeams } from './queries/care-teams.ts'
import type { Clients } from './queries/clients.ts'
import type { Consents } from './queries/consents.ts'
import type { Endpoints } from './queries/endpoints.ts'
import type { Inbox } from './queries/inbox.ts'
import type { Lanes } from './queries/lanes.ts'
import type { LaneKey, Leases } from './queries/leases.ts'
import type { MailNotices } from './queries/mail-notices.ts'
import type { Messages } from './queries/messages.ts'
import type { Operations } from './queries/operations.ts'
import type { Outbox } from './queries/outbox.ts'
import type { Reports } from './queries/reports.ts'
import type { Manifest } from './backup/backup-format.ts'
import type { BackupLines } from './backup/restore-backup.ts'
import type { Resources } from './queries/resources.ts'
import type { Restores } from './queries/restores.ts'
import type { Searches } from './queries/searches.ts'
import type { Sendings } from './queries/sendings.ts'
import type { Standings } from './queries/standing.ts'
import type { Updates } from './queries/updates.ts'

/**
 * The promise every store engine keeps, proved by one contract suite: what a transaction returned is on disk, and
 * effect, disclosure and audit commit together or not at all.
 */
export type Store = {
  /**
   * Runs work in one READ COMMITTED transaction. Unique, serialization and deadlock conflicts run it again (at most
   * five times), so work must have no effect outside the transaction.
   *
   * @param keeps when given and false for the result, everything is rolled back and the result returned all the same:
   * a refusal is a value, and leaves nothing behind.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, keeps?: (result: T) => boolean): Promise<T>
  /** Remembers a token assertion's `jti`. @returns false when any replica has seen it before. */
  rememberJti(clientId: string, jti: string, expiresAt: number, now: number): Promise<boolean>
  /**
   * Has what a transaction queues started in that same transaction, before it commits, while the store has little to do.
   * When the starter fails, the transaction runs again without it. @returns how to end it.
   */
  onQueued(starter: Starter): () => void
  /**
   * Calls back when lanes may have become due, or when there may be something new in an inbox, here or in another
   * process. A hint only: always poll as well.
   */
  onHint(listener: () => void, topic?: HintTopic): () => void
  /** Writes everything the store holds, as of one moment; see `writeBackup`. */
  backup(options: BackupOptions, write: (lines: readonly string[]) => Promise<void>): Promise<Manifest>
  /** Fills this store, which must be empty, from a backup; see `restoreBackup`. */
  restore(options: BackupOptions, lines: BackupLines): Promise<Manifest>
  close(): Promise<void>
}

/** `key`: the gateway's pseudonym key, which vouches for a backup; `at`: epoch milliseconds. */
export type BackupOptions = { readonly key: Uint8Array; readonly at: number }

/** @returns what to do once it is on disk; undefined leaves the lanes to the workers, who are given a hint. */
export type Starter = (tx: Transaction, lanes: readonly LaneKey[]) => Promise<AfterCommit | undefined>
export type AfterCommit = () => void

/** INVARIANT (audit and effect share a transaction): `audit` and `outbox.enqueue` exist nowhere else. */
export type Transaction = {
  readonly clients: Clients
  readonly resources: Resources
  readonly consents: Consents
  readonly careTeams: CareTeams
  readonly updates: Updates
  readonly outbox: Outbox
  readonly lanes: Lanes
  readonly leases: Leases
  readonly sendings: Sendings
  readonly endpoints: Endpoints
  readonly operations: Operations
  readonly inbox: Inbox
  readonly reports: Reports
  readonly restores: Restores
  readonly standings: Standings
  readonly searches: Searches
  readonly messages: Messages
  readonly auditTrail: AuditTrail
  readonly mailNotices: MailNotices
  audit(events: readonly AuditEntry[]): Promise<void>
}
