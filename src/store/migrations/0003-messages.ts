import { type Kysely, sql } from 'kysely'

/** Messages that were taken, so that the same one is answered the same and done once. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // key: keyed pseudonym of the sender's message id, which may be any number, a personal one too.
  `create table message (
     party text not null, key text not null, digest text not null, answer bytea, created_at bigint not null,
     primary key (party, key))`,
  `create index message_age on message (created_at)`,
]
