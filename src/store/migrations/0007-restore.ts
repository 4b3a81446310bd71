import { type Kysely, sql } from 'kysely'

/** From which backups this store was restored, and since when it may tell anybody anything again; epoch milliseconds. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`create table restore (
     backup_at bigint not null, restored_at bigint primary key, released_at bigint)`.execute(db)
}
