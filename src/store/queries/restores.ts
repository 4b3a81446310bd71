import type { Kysely } from 'kysely'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'

/** What stands about backups this store was restored from. */
export type Restores = {
  /** The newest restore after which nobody may be told anything yet. */
  unreleased(): Promise<Restore | undefined>
  release(at: number): Promise<void>
}

/** Epoch milliseconds. */
export type Restore = {
  /** What was recorded later than this is not in the store: withdrawals, deaths, erasures. */
  readonly backupAt: number
  readonly restoredAt: number
}

export const restores = (db: Kysely<Database>): Restores => ({
  unreleased: async () => {
    const row = await db
      .selectFrom('restore')
      .selectAll()
      .where('released_at', 'is', null)
      .orderBy('restored_at', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row && { backupAt: row.backup_at, restoredAt: row.restored_at }
  },
  release: async (at) => {
    await later(db, db.updateTable('restore').set({ released_at: at }).where('released_at', 'is', null))
  },
})
