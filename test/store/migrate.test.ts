import { rmSync } from 'node:fs'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { expect, it } from 'vitest'
import { openEmbedded } from '../../src/store/embedded.ts'
import { migrate } from '../../src/store/migrations/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { Database } from '../../src/store/schema.ts'
import { describeEachEngine, openTestStore } from '../support/stores.ts'

describeEachEngine('the schema', (engine) => {
  it('of a newer build is refused by an older one, which says what to do', { timeout: 120_000 }, async () => {
    const opened = await openTestStore(engine)
    await opened.rows(
      `insert into kysely_migration (name, timestamp) values ('9999-newer', '2030-01-01T00:00:00.000Z')`,
    )
    const refused = { code: 'schema-unknown', message: /does not belong to this build: run the newest build/ }
    if (engine === 'pglite') {
      await opened.store.close()
      await expect(openEmbedded({ directory: opened.url, durable: false })).rejects.toMatchObject(refused)
      rmSync(opened.url, { recursive: true, force: true })
    } else {
      await expect(openPostgres({ url: opened.url })).rejects.toMatchObject(refused)
      await opened.close()
    }
  })
})

it('is not blamed when the server cannot be reached', async () => {
  const pool = new Pool({ connectionString: 'postgres://nobody@127.0.0.1:9/none' })
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  await expect(migrate(db)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await db.destroy()
})
