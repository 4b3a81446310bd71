import { Kysely, PostgresDialect } from 'kysely'
import { Pool, type PoolClient, types } from 'pg'
import { kyselyStore } from '../../src/store/kysely-store.ts'
import { pipelinedTransactions } from '../../src/store/pipelined-session.ts'
import type { Database } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'

/** Asked before each statement of a transaction; it is sent once this resolves. @returns what to call when it is done. */
export type Gate = (text: string) => Promise<() => void>

export type GatedStore = {
  readonly store: Store
  /** Server process of the one connection that carries every transaction. */
  readonly pid: number
  close(): Promise<void>
}

/** The real store and the real statements, on one connection of its own, one statement at a time as the gate lets them. */
export const openGatedStore = async (url: string, gate: Gate): Promise<GatedStore> => {
  const pool = new Pool({
    connectionString: url,
    max: 1,
    pipeline: true,
    types: {
      getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)),
    },
  })
  // It goes with its database.
  pool.on('error', () => {})
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  const store = kyselyStore(db, {
    transact: pipelinedTransactions(gatedPool(pool, gate)),
    onHint: () => () => {},
    hint: () => {},
    close: () => db.destroy(),
  })
  return { store, pid: rows[0]!.pid, close: () => store.close() }
}

/** What the transactions use of a pool, and no more. */
const gatedPool = (pool: Pool, gate: Gate): Pool => {
  const known = new WeakMap<PoolClient, PoolClient>()
  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect()
    const gated = known.get(client) ?? gatedClient(client, gate)
    known.set(client, gated)
    return gated
  }
  return { connect } as unknown as Pool
}

const gatedClient = (client: PoolClient, gate: Gate): PoolClient => {
  // Statements keep their order though each one waits: the session sends some without waiting for an answer.
  let last: Promise<unknown> = Promise.resolve()
  const query = (statement: string | { readonly text: string }): Promise<unknown> => {
    const text = typeof statement === 'string' ? statement : statement.text
    const send = async (): Promise<unknown> => {
      const done = await gate(text)
      try {
        return await client.query(statement as { text: string })
      } finally {
        done()
      }
    }
    const sent = last.then(send)
    last = sent.catch(() => {})
    return sent
  }
  const connection = { stream: { cork: () => {}, uncork: () => {} } }
  return { query, connection, release: (broken?: boolean) => client.release(broken) } as unknown as PoolClient
}
