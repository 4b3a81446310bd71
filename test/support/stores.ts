import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Pool, types } from 'pg'
import { describe, inject } from 'vitest'
import { embeddedStore } from '../../src/store/embedded.ts'
import { openPglite } from '../../src/store/pglite.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { Store } from '../../src/store/store.ts'

const engines = ['pglite', 'postgres'] as const
export type Engine = (typeof engines)[number]

/** Whether this engine can run here; PostgreSQL may be missing outside CI. */
export const hasEngine = (engine: Engine): boolean => engine === 'pglite' || inject('postgresUrl') !== ''

export type Row = Readonly<Record<string, any>>

export type TestStore = {
  readonly store: Store
  readonly url: string
  /** Looks past the store's promise at what stands in the tables. */
  rows(query: string, values?: readonly unknown[]): Promise<readonly Row[]>
  close(): Promise<void>
}

/** A fresh, empty, migrated store. */
export const openTestStore = async (engine: Engine): Promise<TestStore> =>
  engine === 'pglite' ? openFromTemplate() : openDatabase()

const openFromTemplate = async (): Promise<TestStore> => {
  const directory = mkdtempSync(join(tmpdir(), 'ips-pglite-'))
  cpSync(inject('embeddedTemplate'), directory, { recursive: true })
  // Tests that are not about durability need none of its price.
  const engine = await openPglite({ directory, durable: false })
  const store = await embeddedStore(engine)
  return {
    store,
    url: directory,
    rows: async (query, values = []) => (await engine.pglite.query<Row>(query, [...values])).rows,
    close: async () => {
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

let counter = 0

const openDatabase = async (): Promise<TestStore> => {
  const base = new URL(inject('postgresUrl'))
  const name = `t_${process.pid}_${(counter += 1)}`
  await admin(base.href, `create database ${name}`)
  const url = new URL(base)
  url.pathname = `/${name}`
  const store = await openPostgres({ url: url.href, connections: 8 })
  const pool = new Pool({
    connectionString: url.href,
    max: 2,
    // bigint as number, as the store reads it
    types: {
      getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)),
    },
  })
  // Dropping the database below may reach a connection before its own end does, idle or not.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return {
    store,
    url: url.href,
    rows: async (query, values = []) => (await pool.query<Row>(query, [...values])).rows,
    close: async () => {
      await pool.end()
      await store.close()
      await admin(base.href, `drop database ${name} with (force)`)
    },
  }
}

const admin = async (url: string, statement: string): Promise<void> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The same suite on every engine; PostgreSQL shows as skipped where none is installed. */
export const describeEachEngine = (title: string, suite: (engine: Engine) => void): void => {
  for (const engine of engines) describe.skipIf(!hasEngine(engine))(`${title} on ${engine}`, () => suite(engine))
}
