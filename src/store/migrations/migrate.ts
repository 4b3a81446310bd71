import { type Kysely, sql } from 'kysely'
import { storeError } from '../store-error.ts'
import { raiseFloor, readFloor } from './floor.ts'
import { buildOf, type Migration, migrations } from './migrations.ts'

/** What a backup has to carry to be restored by this build. */
export const schemaVersion = String(migrations.at(-1)?.name)

/**
 * Brings the schema up to date, all steps or none, under an advisory lock, so that several gateways may start at once.
 * Steps of newer builds are left alone as long as they only added something.
 *
 * @param known for tests and trials of a build that knows other steps than this one.
 * @throws `schema-unknown` when a newer build has taken away what this one needs; `schema-in-use` when this one would
 * take away what an older build that is running needs. Both leave everything as it was.
 */
export const migrate = async (db: Kysely<unknown>, known: readonly Migration[] = migrations): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute((tx) => step(tx, known))
    } catch (error) {
      if (attempt >= MOST_ATTEMPTS || !isInTheWay(error)) throw error
      await new Promise((resolve) => void setTimeout(resolve, ATTEMPT_AGAIN_MS))
    }
  }
}

const step = async (tx: Kysely<unknown>, known: readonly Migration[]): Promise<void> => {
  await sql`select pg_advisory_xact_lock(${sql.raw(MIGRATION_LOCK)})`.execute(tx)
  // Whoever comes behind a waiting change of a table waits too: rather than hold up a gateway at work, try again.
  await sql`set local lock_timeout = '2s'`.execute(tx)
  await sql`create table if not exists kysely_migration (
    name varchar(255) not null primary key, timestamp varchar(255) not null)`.execute(tx)
  const { rows } = await sql<{ readonly name: string }>`select name from kysely_migration`.execute(tx)
  const done = new Set(rows.map(({ name }) => name))
  const pending = known.filter(({ name }) => !done.has(name))
  if (done.size > known.length - pending.length) return refuseUnlessFit(tx, known, pending)
  for (const { name, up, oldestBuild } of pending) {
    await up(tx)
    if (oldestBuild !== undefined) await raiseFloor(tx, oldestBuild)
    await sql`insert into kysely_migration values (${name}, ${new Date().toISOString()})`.execute(tx)
  }
}

/** For a build that does not know everything that was done. */
const refuseUnlessFit = async (
  tx: Kysely<unknown>,
  known: readonly Migration[],
  pending: readonly Migration[],
): Promise<void> => {
  const [build, oldest] = [buildOf(known), await readFloor(tx)]
  if (pending.length > 0) {
    throw storeError('schema-unknown', 'the database schema does not belong to this build: run the newest build')
  }
  if (oldest > build) {
    throw storeError(
      'schema-unknown',
      `the database schema needs build ${oldest} or newer and this is build ${build}: run the newest build`,
    )
  }
}

const MOST_ATTEMPTS = 10
const ATTEMPT_AGAIN_MS = 300

/** The key earlier builds take for it too. */
const MIGRATION_LOCK = '3853314791062309107'

/** deadlock_detected, lock_not_available: others are at work on the tables. Who has just ended is seen for a moment more. */
const passing = new Set(['40P01', '55P03', 'schema-in-use'])

const isInTheWay = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && passing.has(String(error.code))
