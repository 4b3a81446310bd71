import { type Kysely, sql } from 'kysely'

/** Indexes by which a party's search finds what is its own without meeting anybody else's. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // Pages are in the order of ids, which is the order in which resources were made.
  `create index resource_own on resource (party, type, id)`,
  `create index resource_own_updated on resource (party, type, updated_at)`,
  `create index resource_own_client on resource (client_id, type, party)`,
  // The same without the party, which nothing asked for.
  `drop index resource_client`,
  `create index disclosure_told on disclosure (recipient, id) where kind = 'update' and sent_at is not null`,
  `create index referral_asked on referral (performer, task_id)`,
]
