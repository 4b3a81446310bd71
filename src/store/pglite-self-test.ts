import type { PGlite } from '@electric-sql/pglite'
import { storeError } from './store-error.ts'

/**
 * Proves, on the running engine, that an acknowledged commit has been flushed to disk.
 * Throws `store-not-durable` when a setting weakens the promise or when a commit passed without a flush.
 */
export const assertDurable = async (pglite: PGlite, fsyncCount: () => number): Promise<void> => {
  for (const [name, wanted] of Object.entries(REQUIRED)) {
    const { rows } = await pglite.query<{ readonly value: string }>('select current_setting($1) as value', [name])
    if (rows[0]?.value !== wanted) {
      throw storeError('store-not-durable', `store setting \`${name}\` must be \`${wanted}\` before data is accepted`)
    }
  }
  const before = fsyncCount()
  await pglite.query(PROBE)
  if (fsyncCount() === before) {
    throw storeError('store-not-durable', 'store refused: a commit was acknowledged without being flushed to disk')
  }
}

// What PostgreSQL needs for crash safety (PostgreSQL 18, 19.5 "Write Ahead Log"). `fsync` as method, because the other
// methods go through fdatasync or O_DSYNC, which Emscripten accepts and ignores.
export const REQUIRED = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  wal_sync_method: 'fsync',
} as const

// A transactional message is a log record like a row's, and its commit must be flushed, but it leaves no table behind.
const PROBE = `select pg_logical_emit_message(true, 'durability_probe', 'boot')`
