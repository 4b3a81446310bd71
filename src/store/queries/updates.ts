import type { Kysely, Selectable } from 'kysely'
import type { DataFacts } from '../../consent/request.ts'
import type { Update } from '../../domain/update.ts'
import { decodeOwn, encodePayload } from '../codec.ts'
import { insertRows } from '../insert-rows.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { tables } from '../tables.ts'

/** What was told, once per event; the queue only refers to it, and reads it after the final permit. */
export type Updates = {
  insert(updates: readonly UpdateRecord[]): Promise<void>
  /**
   * @param onDamage called when it is there and cannot be read.
   * @returns undefined also for one that is damaged: what it says can be told to nobody.
   */
  read(id: string, onDamage?: () => void): Promise<UpdateRecord | undefined>
  /** Everything that was ever to be told from a resource and was not erased since. */
  ofResource(resourceId: string): Promise<readonly UpdateRecord[]>
  erase(ids: readonly string[]): Promise<void>
}

export type UpdateRecord = {
  readonly id: string
  readonly clientId: string
  readonly party: string
  readonly resourceId: string
  readonly validUntil: number | undefined
  readonly update: Update
  /** What consents may test about the resource it came from. */
  readonly facts: DataFacts
}

export const updates = (db: Kysely<Database>): Updates => ({
  insert: async (records) => {
    await insertRows(db, { into: tables.update, rows: records.map(toRow) })
  },
  read: async (id, onDamage) => {
    const row = await db.selectFrom('update_record').selectAll().where('id', '=', id).executeTakeFirst()
    try {
      return row && fromRow(row)
    } catch {
      onDamage?.()
      return undefined
    }
  },
  ofResource: async (resourceId) =>
    (await db.selectFrom('update_record').selectAll().where('resource_id', '=', resourceId).execute()).map(fromRow),
  erase: async (ids) => {
    if (ids.length > 0) await later(db, db.deleteFrom('update_record').where('id', 'in', ids))
  },
})

const fromRow = (row: Selectable<Database['update_record']>): UpdateRecord => ({
  id: row.id,
  clientId: row.client_id,
  party: row.party,
  resourceId: row.resource_id,
  validUntil: row.valid_until ?? undefined,
  ...decodeOwn<Pick<UpdateRecord, 'update' | 'facts'>>(row.payload),
})

const toRow = ({ id, clientId, party, resourceId, validUntil, update, facts }: UpdateRecord) => ({
  id,
  client_id: clientId,
  party,
  resource_id: resourceId,
  category: update.category,
  valid_until: validUntil ?? null,
  payload: encodePayload({ update, facts }),
})
