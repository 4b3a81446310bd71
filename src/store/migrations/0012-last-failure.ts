import { type Kysely, sql } from 'kysely'

/** Why the last attempt did not arrive, in one of our own words, for the operator. Only adds. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`alter table disclosure add column last_failure text`.execute(db)
  await sql`alter table mail_notice add column last_failure text`.execute(db)
}
