import { type Kysely, sql } from 'kysely'

/** What passes what waits in its lane, and the index by which a lane's head is found. A build that does not know it lets nothing pass. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`alter table disclosure add column urgent boolean not null default false`.execute(db)
  await sql`
    create index disclosure_head on disclosure (endpoint, client_id, urgent desc, position)
      where state in ('queued', 'sending', 'possibly-received', 'dead')`.execute(db)
  await sql`drop index disclosure_open`.execute(db)
}
