import { rmSync } from 'node:fs'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import { narrowing, widening } from '../../chaos/next-build.ts'
import { openEmbedded } from '../../src/store/embedded.ts'
import { migrate } from '../../src/store/migrations/migrate.ts'
import { buildOf, type Migration, migrations } from '../../src/store/migrations/migrations.ts'
import { openPglite } from '../../src/store/pglite.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { Store } from '../../src/store/store.ts'
import { describeEachEngine, type Engine, hasEngine, openTestStore, type TestStore } from '../support/stores.ts'
import { tablesOf } from '../support/database.ts'

const ours = buildOf(migrations)
const nameOf = (build: number, what: string): string => `${String(build).padStart(4, '0')}-${what}`

const next = [...migrations, widening(ours + 1)]
const afterNext = [...next, narrowing(ours + 2)]

/** As a build that knows these steps would when it starts. */
const startBuild = async (engine: Engine, url: string, known: readonly Migration[]): Promise<void> => {
  if (engine === 'postgres') return migrateAt(url, known)
  const { dialect, close } = await openPglite({ directory: url, durable: false })
  try {
    await migrate(new Kysely({ dialect }), known)
  } finally {
    await close()
  }
}

const migrateAt = async (url: string, known: readonly Migration[]): Promise<void> => {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url }) }) })
  try {
    await migrate(db, known)
  } finally {
    await db.destroy()
  }
}

/** A database on which nobody is at work. */
const idleDatabase = async (engine: Engine): Promise<{ readonly url: string; remove(): Promise<void> }> => {
  const opened = await openTestStore(engine)
  await opened.store.close()
  const remove = engine === 'postgres' ? opened.close : async () => rmSync(opened.url, { recursive: true, force: true })
  return { url: opened.url, remove }
}

const openAt = (engine: Engine, url: string): Promise<Store> =>
  engine === 'postgres' ? openPostgres({ url }) : openEmbedded({ directory: url, durable: false })

describeEachEngine('the schema', (engine) => {
  it('that a newer build has only added to is good enough for an older one', { timeout: 120_000 }, async () => {
    const { url, remove } = await idleDatabase(engine)
    await startBuild(engine, url, next)
    const store = await openAt(engine, url)
    expect(await store.rememberJti('somebody', 'once', 2, 1)).toBe(true)
    await store.close()
    await remove()
  })

  it(
    'from which a newer build has taken is refused by an older one, with what to do',
    { timeout: 120_000 },
    async () => {
      const { url, remove } = await idleDatabase(engine)
      await startBuild(engine, url, afterNext)
      await expect(openAt(engine, url)).rejects.toMatchObject({
        code: 'schema-unknown',
        message: `the database schema needs build ${ours + 1} or newer and this is build ${ours}: run the newest build`,
      })
      await startBuild(engine, url, next)
      await startBuild(engine, url, afterNext)
      await remove()
    },
  )

  it('of a build that went another way is refused', { timeout: 120_000 }, async () => {
    const { url, remove } = await idleDatabase(engine)
    await startBuild(engine, url, next)
    const other = [...migrations, { ...widening(ours + 1), name: nameOf(ours + 1, 'other') }]
    await expect(startBuild(engine, url, other)).rejects.toMatchObject({
      code: 'schema-unknown',
      message: /does not belong to this build/,
    })
    await remove()
  })
})

describe.skipIf(!hasEngine('postgres'))('a build at work on PostgreSQL', () => {
  const atWork = async (opened: TestStore): Promise<unknown> =>
    opened.store.transaction(async (tx) => [
      await tx.clients.byIdentifierKeys(['nobody']),
      await tx.resources.versions('hospital', 'Patient', '00000000-0000-4000-8000-000000000001'),
      await tx.endpoints.states(),
    ])

  it('works on when a newer one widens every table', async () => {
    const opened = await openTestStore('postgres')
    // Several connections, each with statements that were planned for the tables as they were.
    await Promise.all(Array.from({ length: 8 }, () => atWork(opened)))
    await migrateAt(opened.url, next)
    expect((await tablesOf(opened)).length).toBeGreaterThan(15)
    await Promise.all(Array.from({ length: 24 }, () => atWork(opened)))
    await opened.close()
  })

  it('keeps a newer one from taking away what it needs, until it ends', async () => {
    const opened = await openTestStore('postgres')
    await atWork(opened)
    await expect(migrateAt(opened.url, afterNext)).rejects.toMatchObject({
      code: 'schema-in-use',
      message: new RegExp(`^gateways of build ${ours} have the database open`),
    })
    // All or nothing: the first of the two steps was not taken either.
    expect(await opened.rows(`select name from kysely_migration where name > $1`, [nameOf(ours, '~')])).toEqual([])
    await opened.store.close()
    await migrateAt(opened.url, afterNext)
    await opened.close()
  })

  it('is seen by a newer one also when it has nothing to do', async () => {
    const { url, remove } = await idleDatabase('postgres')
    const store = await openPostgres({ url })
    await expect(migrateAt(url, afterNext)).rejects.toMatchObject({ code: 'schema-in-use' })
    await store.close()
    await remove()
  })

  it('does nothing more when it was away while something was taken from it', async () => {
    const opened = await openTestStore('postgres')
    await atWork(opened)
    // Its connections are gone, as after a crash of the server, and a newer build was quicker to come back.
    await opened.rows(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`)
    await migrateAt(opened.url, afterNext)
    await expect(
      Promise.all(Array.from({ length: 3 }, () => atWork(opened).catch(() => atWork(opened)))),
    ).rejects.toMatchObject({ code: 'schema-unknown', message: /now needs build \d+ or newer/ })
    await opened.close()
  })
})

it('the schema is not blamed when the server cannot be reached', async () => {
  await expect(migrateAt('postgres://nobody@127.0.0.1:9/none', migrations)).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  })
})
