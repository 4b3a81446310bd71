import { sql } from 'kysely'
import type { Migration } from '../src/store/migrations/migrations.ts'

/** The step of the next build: a column more in every table, and a table. Nothing of it is known to this build. */
export const widening = (build: number): Migration => ({
  name: stepName(build, 'widen'),
  up: async (db) => {
    const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables
      where table_schema = 'public' and table_name not like 'kysely%' order by table_name`.execute(db)
    for (const { name } of rows) await sql`alter table ${sql.table(name)} add column of_next text`.execute(db)
    await sql`create table of_next (id text primary key)`.execute(db)
  },
})

/** A step of the build after that one, which takes something away that its predecessor does without. */
export const narrowing = (build: number): Migration => ({
  name: stepName(build, 'narrow'),
  up: async (db) => {
    await sql`alter table quarantine drop column of_next`.execute(db)
  },
  oldestBuild: build - 1,
})

const stepName = (build: number, what: string): string => `${String(build).padStart(4, '0')}-${what}`
