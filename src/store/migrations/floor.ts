import { type Kysely, sql } from 'kysely'
import type { ClientBase } from 'pg'
import { storeError } from '../store-error.ts'

/**
 * INVARIANT (no statement on a schema its build does not know): a connection holds its build's number in a shared lock for
 * as long as it lives, and only then looks at the floor. Raising the floor takes the locks of all builds below until it
 * has committed. So a build is either seen, or sees. A process that is asleep is seen too.
 */
export const holdBuild = async (client: ClientBase, build: number): Promise<void> => {
  // Two statements: the second one must see what was committed while the first one waited.
  const holding = client.query(`select pg_advisory_lock_shared(${LOCKS}, ${build})`)
  const looking = client.query<{ oldest_build: number }>('select oldest_build from schema_floor')
  const [, { rows }] = await Promise.all([holding, looking])
  const oldest = rows[0]?.oldest_build ?? Infinity
  if (oldest > build) {
    throw storeError(
      'schema-unknown',
      `the database schema has been changed and now needs build ${oldest} or newer, this is build ${build}: end it`,
    )
  }
}

export const readFloor = async (tx: Kysely<unknown>): Promise<number> => {
  const { rows } = await sql<{ readonly oldest_build: number }>`select oldest_build from schema_floor`.execute(tx)
  return rows[0]?.oldest_build ?? Infinity
}

/** @throws `schema-in-use`. */
export const raiseFloor = async (tx: Kysely<unknown>, oldest: number): Promise<void> => {
  const { rows } = await sql<{ readonly build: number }>`
    select build from schema_floor, generate_series(oldest_build, ${oldest - 1}) build
    where not pg_try_advisory_xact_lock(${sql.raw(LOCKS)}, build)`.execute(tx)
  const builds = rows.map(({ build }) => build)
  if (builds.length > 0) {
    throw storeError(
      'schema-in-use',
      `gateways of build ${builds.join(', ')} have the database open and would not know it any more: stop them first`,
    )
  }
  await sql`update schema_floor set oldest_build = greatest(oldest_build, ${oldest})`.execute(tx)
}

/** The first half of the keys, ours alone; the second is the build. */
const LOCKS = '1229210439'
