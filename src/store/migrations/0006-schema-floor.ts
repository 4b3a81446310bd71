import { type Kysely, sql } from 'kysely'

/** One row: the oldest build that can work on the schema as it is; see `migrations.ts`. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`create table schema_floor (oldest_build integer not null)`.execute(db)
  await sql`insert into schema_floor (oldest_build) values (1)`.execute(db)
}
