import { createHash } from 'node:crypto'
import { CompiledQuery, type Kysely, sql } from 'kysely'
import type { Database } from '../schema.ts'

/** How many rows a table has, and the SHA-256 (hex) of their canonical texts in canonical order, each with a line feed. */
export type TableDigest = { readonly rows: number; readonly sha256: string }

/** Rows fetched at once: one with a signed form in it may have several megabytes. */
const ROWS_AT_ONCE = 32

/** Tables of the gateway without what is known of the schema itself, those that others refer to first, so that rows can go in in this order. */
export const tableNames = async (db: Kysely<Database>): Promise<readonly string[]> => {
  const { rows } = await sql<{ readonly name: string }>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'kysely%' and c.relname <> 'schema_floor'
    order by exists (select from pg_constraint r where r.conrelid = c.oid and r.contype = 'f'), c.relname collate "C"`.execute(
    db,
  )
  return rows.map(({ name }) => name)
}

/**
 * Reads a table inside a transaction, row by row, as the text of `to_jsonb`: its keys have one order and its values one
 * spelling on every engine (bytes as `\x…`). Rows come in the order of the primary key's text by bytes, which no
 * collation changes.
 */
export const readTable = async (
  trx: Kysely<Database>,
  table: string,
  take: (rows: readonly string[]) => Promise<void> = async () => {},
): Promise<TableDigest> => {
  const name = sql.id(table)
  const order = await orderOf(trx, table)
  const hash = createHash('sha256')
  let count = 0
  await sql`declare backup_rows no scroll cursor for select to_jsonb(t)::text as row from ${name} t order by ${order}`.execute(
    trx,
  )
  for (;;) {
    const { rows } = await trx.executeQuery<{ readonly row: string }>(fetchNext)
    for (const { row } of rows) hash.update(`${row}\n`)
    count += rows.length
    await take(rows.map(({ row }) => row))
    if (rows.length < ROWS_AT_ONCE) break
  }
  await sql`close backup_rows`.execute(trx)
  return { rows: count, sha256: hash.digest('hex') }
}

const fetchNext = CompiledQuery.raw(`fetch ${ROWS_AT_ONCE} from backup_rows`)

const orderOf = async (db: Kysely<Database>, table: string) => {
  const { rows } = await sql<{ readonly name: string }>`
    select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = ${table}::regclass and i.indisprimary order by a.attnum`.execute(db)
  // Without a key two rows may be the same, and then their order is the same too.
  if (rows.length === 0) return sql`to_jsonb(t)::text collate "C"`
  return sql.join(rows.map(({ name }) => sql`${sql.id('t', name)}::text collate "C"`))
}
