import { Kysely, PostgresDialect } from 'kysely'
import { Pool, type PoolClient, types } from 'pg'
import { kyselyStore } from './kysely-store.ts'
import { pipelinedTransactions } from './pipelined-session.ts'
import { sharedHints } from './shared-hints.ts'
import { holdBuild } from './migrations/floor.ts'
import { migrate } from './migrations/migrate.ts'
import { buildOf, migrations } from './migrations/migrations.ts'
import type { Database } from './schema.ts'
import { storeError } from './store-error.ts'
import type { Store } from './store.ts'

/**
 * The store on PostgreSQL ≥ 15, for several gateways on one database.
 *
 * @throws `engine-unsafe` when the server is too old or runs without `fsync` or `full_page_writes`; `schema-unknown` or
 * `schema-in-use`, see `migrate.ts`. Transactions fail with `schema-unknown` when the schema has moved on meanwhile.
 */
export const openPostgres = async (options: {
  readonly url: string
  readonly connections?: number
}): Promise<Store> => {
  await prepare(options.url)
  const pool = new Pool({
    connectionString: options.url,
    max: options.connections ?? 10,
    pipeline: true,
    types: { getTypeParser },
    verify: (client, done) => void verify(client, done),
  })
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  // While it is lent out the pool does not listen; the query under way fails all the same.
  pool.on('connect', (client) => client.on('error', () => {}))
  // Goes out before anything the connection is lent out for.
  pool.on('connect', (client) => void client.query(PLANNING).catch(() => {}))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  // Always there, when the pool has let all its connections go, too: an idle gateway is seen by newer builds.
  const hints = await sharedHints(options.url, pool, (client) => holdBuild(client, buildOf(migrations)))
  return kyselyStore(db, {
    transact: pipelinedTransactions(pool),
    onHint: hints.subscribe,
    hint: hints.hint,
    close: async () => {
      await hints.close()
      // Kysely ends a pool only when it has used it itself.
      if (!pool.ending) await pool.end()
    },
  })
}

/** No connection is lent out before its build is known to fit. */
const verify = async (client: PoolClient, done: (error?: Error) => void): Promise<void> => {
  let error: Error | undefined
  try {
    await holdBuild(client, buildOf(migrations))
  } catch (cause) {
    error = cause instanceof Error ? cause : new Error('the schema could not be looked at', { cause })
  }
  done(error)
}

/** On a connection of its own, which holds no build's lock yet. */
const prepare = async (url: string): Promise<void> => {
  const pool = new Pool({ connectionString: url, max: 1 })
  pool.on('error', () => {})
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    await refuseUnsafe(pool)
    await migrate(db)
  } finally {
    await db.destroy()
  }
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
  // A plan that has to do without what is off counts as so dear that it would be compiled at every execution.
  'jit = off',
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
