import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from '../schema.ts'
import { type Referral, toReferral } from './care-teams.ts'
import { type Disclosure, type DisclosureRow, toDisclosure } from './disclosure-row.ts'
import { type StoredResource, toStored } from './resources.ts'

/**
 * What a search may go through, in the order of ids, which is the order in which things were made: a page that ends at an
 * id neither repeats nor skips what was changed meanwhile. No statement walks through rows of another party.
 */
export type Searches = {
  own(type: string, filter: OwnFilter): Promise<readonly StoredResource[]>
  /** What others told the party, by the id of its Communication. */
  told(filter: SearchFilter): Promise<readonly Disclosure[]>
  /** Referrals that ask the party, by the id of their Task. */
  asked(filter: SearchFilter): Promise<readonly Referral[]>
}

export type SearchFilter = {
  readonly party: string
  /** Undefined: of any id, of any client. */
  readonly ids: readonly string[] | undefined
  readonly clientIds: readonly string[] | undefined
  /** Changed (told) at or after, and before: epoch milliseconds. */
  readonly from: number | undefined
  readonly until: number | undefined
  /** The id the page before ended at. */
  readonly after: string
  readonly most: number
}
/** `keys`: pseudonyms of business identifiers, scoped to party and type. */
export type OwnFilter = SearchFilter & { readonly keys: readonly string[] | undefined }

export const searches = (db: Kysely<Database>): Searches => ({
  own: async (type, filter) => {
    const { party, clientIds, until, from, after, most } = filter
    const narrow = narrowest(type, filter)
    const { rows } = await sql<Parameters<typeof toStored>[0]>`
      ${narrow === undefined ? sql`` : sql`with narrowed as materialized (${narrow})`}
      select r.* from resource r
      where r.party = ${party} and r.type = ${type} and r.id > ${after}
        ${narrow === undefined ? sql`` : sql`and r.id in (select id from narrowed)`}
        ${clientIds === undefined ? sql`` : sql`and r.client_id = any(${clientIds}::uuid[])`}
        ${from === undefined ? sql`` : sql`and r.updated_at >= ${from}`}
        ${until === undefined ? sql`` : sql`and r.updated_at < ${until}`}
      order by r.id limit ${most}`.execute(db)
    return rows.map(toStored)
  },
  told: async ({ party, ids, clientIds, from, until, after, most }) => {
    // Told and partial as the index says, word for word: a parameter there would hide it from the planner.
    const { rows } = await sql<DisclosureRow>`
      select * from disclosure
      where recipient = ${party} and kind = 'update' and sent_at is not null and id > ${after}
        ${ids === undefined ? sql`` : sql`and id = any(${ids}::uuid[])`}
        ${clientIds === undefined ? sql`` : sql`and client_id = any(${clientIds}::uuid[])`}
        ${from === undefined ? sql`` : sql`and sent_at >= ${from}`}
        ${until === undefined ? sql`` : sql`and sent_at < ${until}`}
      order by id limit ${most}`.execute(db)
    return rows.map(toDisclosure)
  },
  asked: async ({ party, ids, clientIds, after, most }) => {
    const { rows } = await sql<Database['referral']>`
      select * from referral
      where performer = ${party} and task_id > ${after}
        ${ids === undefined ? sql`` : sql`and task_id = any(${ids}::uuid[])`}
        ${clientIds === undefined ? sql`` : sql`and client_id = any(${clientIds}::uuid[])`}
      order by task_id limit ${most}`.execute(db)
    return rows.map(toReferral)
  },
})

/**
 * The ids that the most selective condition leaves, looked up first: the planner does not know how few they are and would
 * walk through everything the party has. Undefined when the order of ids is all there is to go by.
 */
const narrowest = (type: string, { party, ids, keys, clientIds, from }: OwnFilter): RawBuilder<unknown> | undefined => {
  if (ids !== undefined) return sql`select id from resource where id = any(${ids}::uuid[])`
  if (keys !== undefined) return sql`select resource_id as id from resource_identifier where key = any(${keys})`
  if (clientIds !== undefined) {
    return sql`select id from resource
      where client_id = any(${clientIds}::uuid[]) and type = ${type} and party = ${party}`
  }
  if (from === undefined) return undefined
  return sql`select id from resource where party = ${party} and type = ${type} and updated_at >= ${from}`
}
