import { type Kysely, sql } from 'kysely'

/**
 * The notice by e-mail of each address: the one under way, and the inbox items the last one was about, so that nobody is
 * told twice of the same. Only adds.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`
    create table mail_notice (
      endpoint text primary key, id uuid, state text, attempts integer not null default 0, not_before bigint,
      frozen bytea, created_at bigint, started_at bigint, about uuid[] not null default '{}',
      told uuid[] not null default '{}', lease_token bigint not null default 0, leased_until bigint)`.execute(db)
}
