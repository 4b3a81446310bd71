import { CompiledQuery } from 'kysely'
import type { Database } from './schema.ts'

type ColumnKind = 'uuid' | 'text' | 'integer' | 'bigint' | 'boolean' | 'jsonb' | 'bytea'
type Table = {
  readonly name: keyof Database
  readonly columns: Readonly<Record<string, ColumnKind>>
}

/** The tables that grow with every message. */
export const tables = {
  resource: {
    name: 'resource',
    columns: {
      id: 'uuid',
      type: 'text',
      party: 'text',
      client_id: 'uuid',
      version: 'integer',
      updated_at: 'bigint',
      payload: 'bytea',
    },
  },
  identifier: {
    name: 'resource_identifier',
    columns: { key: 'text', party: 'text', type: 'text', resource_id: 'uuid' },
  },
  update: {
    name: 'update_record',
    columns: {
      id: 'uuid',
      client_id: 'uuid',
      party: 'text',
      resource_id: 'uuid',
      category: 'text',
      valid_until: 'bigint',
      payload: 'bytea',
    },
  },
  audit: {
    name: 'audit_event',
    columns: {
      id: 'uuid',
      client_id: 'uuid',
      disclosure_id: 'uuid',
      kind: 'text',
      outcome: 'text',
      recorded_at: 'bigint',
      payload: 'bytea',
    },
  },
} satisfies Record<string, Table>

export type Batch = { readonly into: Table; readonly rows: readonly Readonly<Record<string, unknown>>[] }

/**
 * Inserts rows into one or more tables in one statement, each table's rows as one parameter: the statement's text does not
 * depend on how many there are, and is planned once.
 */
export const insertRows = (...batches: readonly Batch[]) => {
  const full = batches.filter(({ rows }) => rows.length > 0)
  const inserts = full.map(({ into }, index) => insertOf(into, index + 1))
  const last = inserts.at(-1) ?? 'select'
  const others = inserts.slice(0, -1).map((insert, index) => `t${index} as (${insert})`)
  const text = others.length === 0 ? last : `with ${others.join(', ')} ${last}`
  return {
    compile: () =>
      CompiledQuery.raw(
        text,
        full.map(({ rows }) => JSON.stringify(rows, asBase64)),
      ),
  }
}

const insertOf = ({ name, columns }: Table, parameter: number): string => {
  const entries = Object.entries(columns)
  const names = entries.map(([column]) => column).join(', ')
  const values = entries.map(([column, kind]) => (kind === 'bytea' ? `decode(${column}, 'base64')` : column)).join(', ')
  const types = entries.map(([column, kind]) => `${column} ${kind === 'bytea' ? 'text' : kind}`).join(', ')
  return `insert into ${name} (${names}) select ${values} from jsonb_to_recordset($${parameter}::jsonb) as r(${types})`
}

const asBase64 = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64') : value
