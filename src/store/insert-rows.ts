import { CompiledQuery, type Kysely } from 'kysely'
import { later } from './later.ts'
import type { Database } from './schema.ts'
import type { Table } from './tables.ts'

type Row = Readonly<Record<string, unknown>>
export type Batch = { readonly into: Table; readonly rows: readonly Row[] }

const batchesOf = new WeakMap<object, readonly Batch[]>()

/** Adds rows to tables; see `gatherInserts` for when they are written. */
export const insertRows = async (db: Kysely<Database>, ...batches: readonly Batch[]): Promise<void> => {
  const full = batches.filter(({ rows }) => rows.length > 0)
  if (full.length === 0) return
  const query = insertOf(full)
  batchesOf.set(query, full)
  await later(db, { compile: () => query })
}

/** @returns undefined for any other statement. */
export const gatherable = (query: CompiledQuery): readonly Batch[] | undefined => batchesOf.get(query)

/**
 * One statement for one or more tables, each table's rows as one parameter: its text does not depend on how many there
 * are, so that it is planned once.
 */
export const insertOf = (batches: readonly Batch[]): CompiledQuery =>
  CompiledQuery.raw(textOf(batches.map(({ into }) => into)), batches.map(parameterOf))

const texts = new Map<string, string>()

const textOf = (into: readonly Table[]): string => {
  const key = into.map(({ name }) => name).join(' ')
  const known = texts.get(key)
  if (known !== undefined) return known
  const inserts = into.map((table, index) => insertText(table, index + 1))
  const others = inserts.slice(1).map((insert, index) => `t${index} as (${insert})`)
  const text = others.length === 0 ? String(inserts[0]) : `with ${others.join(', ')} ${inserts[0]}`
  texts.set(key, text)
  return text
}

const insertText = ({ name, columns, onConflict, inOrderOf }: Table, parameter: number): string => {
  const entries = Object.entries(columns)
  const names = entries.map(([column]) => column).join(', ')
  const values = entries.map(([column, kind]) => (kind === 'bytea' ? `decode(${column}, 'base64')` : column)).join(', ')
  const types = entries.map(([column, kind]) => `${column} ${kind === 'bytea' ? 'text' : kind}`).join(', ')
  const order = inOrderOf === undefined ? '' : ` order by ${inOrderOf}`
  const rows = `select ${values} from jsonb_to_recordset($${parameter}::jsonb) as r(${types})${order}`
  return `insert into ${name} (${names}) ${rows}${onConflict === undefined ? '' : ` on conflict ${onConflict}`}`
}

const parameterOf = ({ into, rows }: Batch): string => {
  const bytes = Object.keys(into.columns).filter((column) => into.columns[column] === 'bytea')
  if (bytes.length === 0) return JSON.stringify(rows)
  return JSON.stringify(
    rows.map((row) => ({ ...row, ...Object.fromEntries(bytes.map((column) => [column, base64(row[column])])) })),
  )
}

/** How bytes travel inside a JSON parameter. */
export const base64 = (bytes: unknown): string => {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('a column of bytes needs bytes')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
