import type { PGlite } from '@electric-sql/pglite'

const CHECK_EVERY_MS = 30_000
const LOG_LIMIT_BYTES = 64 * 1024 * 1024

/**
 * Keeps the write-ahead log short until the returned function is called. PostgreSQL's checkpointer is a process of its
 * own, which the embedded engine has not: measured, 330 MB of writes kept 330 MB of log under `max_wal_size=64MB`, and
 * all of it would be replayed at the next start.
 */
export const keepLogShort = (pglite: PGlite): (() => void) => {
  const timer = setInterval(() => {
    // A fault here is met again by the next caller, who can report it.
    checkpointWhenDue(pglite).catch(() => undefined)
  }, CHECK_EVERY_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
  }
}

/** Writes a checkpoint if more than `limit` bytes of log were written since the last one. Tells whether it did. */
export const checkpointWhenDue = async (pglite: PGlite, limit: number = LOG_LIMIT_BYTES): Promise<boolean> => {
  const { rows } = await pglite.query<{ readonly due: boolean }>(
    'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) > $1 as due from pg_control_checkpoint()',
    [limit],
  )
  if (rows[0]?.due !== true) return false
  await pglite.exec('checkpoint')
  return true
}
