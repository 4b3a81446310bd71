import { type Kysely, sql } from 'kysely'

/** When a consent permits nothing any more, and the end of which somebody was reminded; epoch milliseconds. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`alter table consent add column ends_at bigint, add column reminded_of bigint`.execute(db)
  await sql`create index consent_ends on consent (ends_at) where status = 'active'`.execute(db)
}
