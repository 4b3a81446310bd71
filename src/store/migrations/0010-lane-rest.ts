import { type Kysely, sql } from 'kysely'

/**
 * How long an attempt that got no answer may still arrive, and how long a lane rests when such an item has ended. Only
 * adds: a build that does not know it lets a lane go on at once.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`alter table disclosure add column may_arrive_until bigint`.execute(db)
  await sql`alter table lane add column rests_until bigint`.execute(db)
}
