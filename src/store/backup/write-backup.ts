import { type Kysely, sql } from 'kysely'
import type { Database } from '../schema.ts'
import type { BackupOptions } from '../store.ts'
import { headerOf, type Manifest, manifestOf, rowLine } from './backup-format.ts'
import { readTable, tableNames, type TableDigest } from './table-rows.ts'

/**
 * Everything the store holds as of one moment, as lines of a backup. Others go on meanwhile on PostgreSQL; the embedded
 * engine does one thing at a time, so there everybody waits.
 */
export const writeBackup = (
  db: Kysely<Database>,
  { key, at }: BackupOptions,
  write: (lines: readonly string[]) => Promise<void>,
): Promise<Manifest> =>
  db.transaction().execute(async (trx) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(trx)
    const header = headerOf(key, at)
    await write([JSON.stringify(header)])
    const tables: Record<string, TableDigest> = {}
    for (const table of await tableNames(trx)) {
      tables[table] = await readTable(trx, table, (rows) => write(rows.map((row) => rowLine(table, row))))
    }
    const manifest = manifestOf(key, header, tables)
    await write([JSON.stringify(manifest)])
    return manifest
  })
