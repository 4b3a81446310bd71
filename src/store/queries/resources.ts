import { type Kysely, sql } from 'kysely'
import { decodePayload, encodePayload } from '../codec.ts'
import { insertRows } from '../insert-rows.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { tables } from '../tables.ts'

/** FHIR resources of the parties, current version and history. */
export type Resources = {
  /** A party's own resources by identifier key (pseudonyms scoped to it) or by id; one found by both comes twice. */
  ofParty(party: string, keys: readonly string[], ids: readonly string[]): Promise<readonly FoundResource[]>
  read(ids: readonly string[]): Promise<readonly StoredResource[]>
  /** Every version of a party's own resource, oldest first. */
  versions(party: string, type: string, id: string): Promise<readonly StoredResource[]>
  insert(resources: readonly StoredResource[], identifiers: readonly IdentifierRow[]): Promise<void>
  /** Keeps the old version in the history. @returns false when the version was not `next.version - 1`. */
  replace(next: StoredResource): Promise<boolean>
  replaceIdentifiers(id: string, identifiers: readonly IdentifierRow[]): Promise<void>
  /** Removes content for good (purge of what was only held). */
  erase(ids: readonly string[]): Promise<void>
}

export type StoredResource = {
  readonly id: string
  readonly type: string
  readonly party: string
  readonly clientId: string | undefined
  readonly version: number
  readonly updatedAt: number
  readonly resource: unknown
}
export type IdentifierRow = {
  readonly party: string
  readonly type: string
  readonly key: string
  readonly resourceId: string
}
export type FoundResource = { readonly key: string | undefined; readonly stored: StoredResource }

export const resources = (db: Kysely<Database>): Resources => ({
  ofParty: async (party, keys, ids) => {
    if (keys.length === 0 && ids.length === 0) return []
    // `offset 0`: by id first. The planner would rather look through everything of the party in the index of the searches.
    const { rows } = await sql<Parameters<typeof toStored>[0] & { readonly key: string | null }>`
      select k.key, r.* from resource_identifier k join resource r on r.id = k.resource_id
        where k.key = any(${keys}) and k.party = ${party}
      union all select null, r.* from (select * from resource where id = any(${ids}::uuid[]) offset 0) r
        where r.party = ${party}`.execute(db)
    return rows.map((row) => ({ key: row.key ?? undefined, stored: toStored(row) }))
  },
  read: async (ids) => {
    if (ids.length === 0) return []
    const rows = await db
      .selectFrom('resource')
      .selectAll()
      .where('id', 'in', [...new Set(ids)])
      .execute()
    return rows.map(toStored)
  },
  versions: async (party, type, id) => {
    const { rows } = await sql<Parameters<typeof toStored>[0]>`
      select ${columns} from (
        (select ${columns} from resource where id = ${id} offset 0)
        union all (select ${columns} from resource_history where id = ${id} offset 0)) v
      where party = ${party} and type = ${type} order by version`.execute(db)
    return rows.map(toStored)
  },
  insert: async (stored, identifiers) => {
    const named = { into: tables.resourceIdentifier, rows: identifiers.map(fromIdentifier) }
    await insertRows(db, { into: tables.resource, rows: stored.map(toRow) }, named)
  },
  replace: async (next) => {
    const { numAffectedRows } = await sql`
      with old as (
        select ${columns} from resource where id = ${next.id} and version = ${next.version - 1} for update),
      kept as (insert into resource_history (${columns}) select ${columns} from old)
      update resource set version = ${next.version}, updated_at = ${next.updatedAt}, client_id = ${next.clientId ?? null},
        payload = ${encodePayload(next.resource)} where id in (select id from old)`.execute(db)
    return numAffectedRows === 1n
  },
  replaceIdentifiers: async (id, identifiers) => {
    await later(db, db.deleteFrom('resource_identifier').where('resource_id', '=', id))
    await insertRows(db, { into: tables.resourceIdentifier, rows: identifiers.map(fromIdentifier) })
  },
  erase: async (ids) => {
    if (ids.length === 0) return
    await later(db, db.deleteFrom('resource_identifier').where('resource_id', 'in', ids))
    await later(db, db.deleteFrom('resource_history').where('id', 'in', ids))
    await later(db, db.deleteFrom('resource').where('id', 'in', ids))
  },
})

/** By name: a later build may add columns to one of the two tables before the other. */
const columns = sql.raw('id, type, party, client_id, version, updated_at, payload')

const fromIdentifier = ({ party, type, key, resourceId }: IdentifierRow) => ({
  party,
  type,
  key,
  resource_id: resourceId,
})

const toRow = (stored: StoredResource) => ({
  id: stored.id,
  type: stored.type,
  party: stored.party,
  client_id: stored.clientId ?? null,
  version: stored.version,
  updated_at: stored.updatedAt,
  payload: encodePayload(stored.resource),
})

export const toStored = (row: Omit<Database['resource'], 'payload'> & { payload: Uint8Array }): StoredResource => ({
  id: row.id,
  type: row.type,
  party: row.party,
  clientId: row.client_id ?? undefined,
  version: row.version,
  updatedAt: row.updated_at,
  resource: decodePayload(row.payload),
})
