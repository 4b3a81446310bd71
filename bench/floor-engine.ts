import { Pool } from 'pg'
import { openPglite } from '../src/store/pglite.ts'

type Query = (text: string, values?: readonly unknown[]) => Promise<readonly any[]>

/** The engines as plainly as they can be used: no query builder, no repository, no codec. */
export type FloorEngine = {
  readonly query: Query
  transaction(work: (query: Query) => Promise<void>): Promise<void>
  close(): Promise<void>
}

export type Place =
  | { readonly engine: 'postgres'; readonly url: string }
  | { readonly engine: 'pglite'; readonly directory: string }

export const openFloor = (place: Place): Promise<FloorEngine> | FloorEngine =>
  place.engine === 'postgres' ? overPg(place.url) : overPglite(place.directory)

const overPg = (url: string): FloorEngine => {
  // As many connections as the gateway has.
  const pool = new Pool({ connectionString: url, max: 10 })
  // The server may go first when the run is interrupted.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return {
    query: async (text, values = []) => (await pool.query(text, [...values])).rows,
    transaction: async (work) => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        await work(async (text, values = []) => (await client.query(text, [...values])).rows)
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
}

const overPglite = async (directory: string): Promise<FloorEngine> => {
  const { pglite, close } = await openPglite({ directory })
  return {
    query: async (text, values = []) => (await pglite.query(text, [...values])).rows,
    transaction: (work) =>
      pglite.transaction(async (tx) => work(async (text, values = []) => (await tx.query(text, [...values])).rows)),
    close,
  }
}
