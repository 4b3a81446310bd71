import { Kysely, PostgresDialect } from 'kysely'
import { Pool, types } from 'pg'
import { kyselyStore } from './kysely-store.ts'
import { pipelinedTransactions } from './pipelined-session.ts'
import { sharedHints } from './shared-hints.ts'
import { migrate } from './migrations/migrate.ts'
import type { Database } from './schema.ts'
import { storeError } from './store-error.ts'
import type { Store } from './store.ts'

/**
 * The store on PostgreSQL ≥ 15, for several gateways on one database.
 *
 * @throws `engine-unsafe` when the server is too old or runs without `fsync` or `full_page_writes`.
 */
export const openPostgres = async (options: {
  readonly url: string
  readonly connections?: number
}): Promise<Store> => {
  const pool = new Pool({
    connectionString: options.url,
    max: options.connections ?? 10,
    pipeline: true,
    types: { getTypeParser },
  })
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  // While it is lent out the pool does not listen; the query under way fails all the same.
  pool.on('connect', (client) => client.on('error', () => {}))
  // Goes out before anything the connection is lent out for.
  pool.on('connect', (client) => void client.query(PLANNING).catch(() => {}))
  await refuseUnsafe(pool)
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  await migrate(db)
  const hints = await sharedHints(options.url, pool)
  return kyselyStore(db, {
    transact: pipelinedTransactions(pool),
    onHint: hints.subscribe,
    hint: hints.hint,
    close: async () => {
      await hints.close()
      await db.destroy()
    },
  })
}

/**
 * Every statement of the store finds its rows by an index, a few at a time. So it is planned once a connection (planning
 * anew took longer than most statements), and never by how empty the tables were at that moment: no plan may read a whole
 * table, or one lane would cost more the more lanes there are.
 */
const PLANNING = [
  'plan_cache_mode = force_generic_plan',
  'enable_seqscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
]
  .map((setting) => `set ${setting}`)
  .join('; ')

/** Instants and counters are `bigint` columns well below 2^53; everything else is read as pg reads it. */
const getTypeParser: typeof types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === 20 ? Number : types.getTypeParser(oid, format)

const refuseUnsafe = async (pool: Pool): Promise<void> => {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'server_version_num')`,
  )
  const settings = new Map(rows.map(({ name, setting }) => [name, setting]))
  if (Number(settings.get('server_version_num')) < 150_000) {
    throw storeError('engine-unsafe', 'the PostgreSQL server is older than version 15: upgrade it')
  }
  for (const name of ['fsync', 'full_page_writes']) {
    if (settings.get(name) !== 'on') {
      throw storeError('engine-unsafe', `the PostgreSQL server runs with \`${name}\` off: turn it on`)
    }
  }
}
