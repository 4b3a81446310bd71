import { createHash, type Hash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../schema.ts'
import type { BackupOptions } from '../store.ts'
import { storeError } from '../store-error.ts'
import { type Header, type Manifest, readHeader, readManifest, readRowLine, refused } from './backup-format.ts'
import { readTable, tableNames } from './table-rows.ts'

/** The lines of a backup, from its start each time it is called. */
export type BackupLines = () => AsyncIterable<string>

/** Characters of rows that go in in one statement. */
const TEXT_AT_ONCE = 4_000_000

/**
 * Fills an empty store from a backup, all of it or nothing, and compares what then stands in the tables with the backup's
 * manifest. The store tells nobody anything until it is released (`Restores`).
 *
 * @throws `store-not-empty`, `store-in-use`, `backup-refused`; `message` says what to do.
 */
export const restoreBackup = async (
  db: Kysely<Database>,
  { key, at }: BackupOptions,
  lines: BackupLines,
): Promise<Manifest> => {
  const { header, manifest } = await readThrough(lines, key)
  await db.transaction().execute(async (trx) => {
    await refuseUsed(trx)
    await insertAll(trx, lines)
    for (const table of await tableNames(trx)) {
      const { rows, sha256 } = await readTable(trx, table)
      const said = manifest.tables[table]
      if (rows !== said?.rows || sha256 !== said.sha256) throw refused(`table \`${table}\` would not be the same`)
    }
    await beginAnew(trx, header, at)
  })
  return manifest
}

/** Reads a backup to its end before anything is changed. */
const readThrough = async (
  lines: BackupLines,
  key: Uint8Array,
): Promise<{ readonly header: Header; readonly manifest: Manifest }> => {
  let header: Header | undefined
  let last: string | undefined
  const found = new Map<string, { rows: number; readonly hash: Hash }>()
  for await (const line of lines()) {
    if (header === undefined) header = readHeader(line, key)
    else {
      const read = readRowLine(line)
      if (last !== undefined) throw refused('something stands in it that is no row')
      if (read === undefined) last = line
      else {
        const table = found.get(read.table) ?? { rows: 0, hash: createHash('sha256') }
        table.hash.update(`${read.row}\n`)
        table.rows += 1
        found.set(read.table, table)
      }
    }
  }
  if (header === undefined) throw refused('this is not a backup of a gateway')
  const manifest = readManifest(last, header, key)
  for (const [table, said] of Object.entries(manifest.tables)) {
    const { rows, hash } = found.get(table) ?? { rows: 0, hash: createHash('sha256') }
    if (rows !== said.rows) throw refused(`table \`${table}\` has ${rows} rows instead of ${said.rows}`)
    if (hash.digest('hex') !== said.sha256) throw refused(`a row of table \`${table}\` was altered`)
  }
  for (const table of found.keys()) if (manifest.tables[table] === undefined) throw refused('a table is too many')
  return { header, manifest }
}

const refuseUsed = async (trx: Kysely<Database>): Promise<void> => {
  // Every gateway on PostgreSQL keeps a connection that listens; one of them is ours.
  const { rows: listening } = await sql<{ readonly many: number }>`
    select count(*)::int as many from pg_stat_activity where datname = current_database() and query = 'listen ips_lanes'`.execute(
    trx,
  )
  if ((listening[0]?.many ?? 0) > 1) {
    throw storeError('store-in-use', 'nothing was restored: a gateway has this store open; stop every one of them')
  }
  for (const table of await tableNames(trx)) {
    await sql`lock table ${sql.id(table)} in access exclusive mode`.execute(trx)
    const { rows } = await sql`select from ${sql.id(table)} limit 1`.execute(trx)
    if (rows.length > 0) {
      throw storeError('store-not-empty', `nothing was restored: table \`${table}\` has rows; restore into a new store`)
    }
  }
}

const insertAll = async (trx: Kysely<Database>, lines: BackupLines): Promise<void> => {
  let batch: string[] = []
  let [size, into] = [0, '']
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    const table = sql.id(into)
    const rows = `[${batch.join(',')}]`
    await sql`insert into ${table} select * from jsonb_populate_recordset(null::${table}, ${rows}::jsonb)`.execute(trx)
    batch = []
    size = 0
  }
  for await (const line of lines()) {
    const read = readRowLine(line)
    if (read === undefined) continue
    if (read.table !== into || size > TEXT_AT_ONCE) await flush()
    into = read.table
    batch.push(read.row)
    size += read.row.length
  }
  await flush()
}

/**
 * What must not be as it was: numbers that the next rows get, leases, and that anything is told.
 *
 * INVARIANT (no lease outlives a restore): lease tokens grow by one a claim, so the time in milliseconds is above every
 * token any worker has ever been given, also after the backup was taken.
 */
const beginAnew = async (trx: Kysely<Database>, { takenAt }: Header, at: number): Promise<void> => {
  await sql`select setval(pg_get_serial_sequence('audit_event', 'seq'),
    (select coalesce(max(seq), 0) + 1 from audit_event), false)`.execute(trx)
  for (const table of ['lane', 'mail_notice']) {
    await sql`update ${sql.id(table)} set leased_until = null, lease_token = greatest(lease_token, ${at}::bigint)`.execute(
      trx,
    )
  }
  await trx.insertInto('restore').values({ backup_at: takenAt, restored_at: at, released_at: null }).execute()
}
