import { type Kysely, sql } from 'kysely'
import { encodePayload } from '../codec.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import type { Told } from './sendings.ts'
import { type Disclosure, type DisclosureRow, toDisclosure } from './disclosure-row.ts'

/**
 * A party's inbox: rows its own page or system fetches. An item counts as disclosed at its first read, and gets its
 * number then, under the endpoint's counter row: numbers are in commit order and without gaps, so that silence does not
 * speak and a cursor misses nothing.
 */
export type Inbox = {
  /** Locks the endpoint's counter: readers of one inbox take turns. Call before anything else. */
  open(endpoint: string): Promise<void>
  /** Items that were never shown, in the order of each lane; lanes by the time of their items. */
  unseen(endpoint: string, most: number): Promise<readonly Disclosure[]>
  /** Whether a reading from there could find anything; locks nothing. */
  hasNews(endpoint: string, after: number): Promise<boolean>
  shown(endpoint: string, after: number, most: number): Promise<readonly Disclosure[]>
  find(endpoint: string, id: string): Promise<Disclosure | undefined>
  /** First read: numbers the item and freezes what was told. @returns undefined when a newer version has overtaken it. */
  show(item: Disclosure, told: Told): Promise<Disclosure | undefined>
  markRead(id: string, at: number): Promise<void>
}

export const inbox = (db: Kysely<Database>): Inbox => ({
  open: async (endpoint) => {
    await later(
      db,
      sql`
      insert into endpoint_counter (endpoint, next_delivery) values (${endpoint}, 1)
      on conflict (endpoint) do update set next_delivery = endpoint_counter.next_delivery`,
    )
  },
  unseen: async (endpoint, most) => {
    const rows = await db
      .selectFrom('disclosure')
      .selectAll()
      .where('endpoint', '=', endpoint)
      .where('state', '=', 'queued')
      .orderBy('urgent', 'desc')
      // A clock may run backwards or a transaction commit late; within a lane the position says what came first.
      .orderBy(sql`max(created_at) over (partition by client_id order by position)`)
      .orderBy('client_id')
      .orderBy('position')
      .limit(most)
      .execute()
    return rows.map(toDisclosure)
  },
  hasNews: async (endpoint, after) => {
    const { rows } = await sql<{ readonly news: boolean }>`
      select exists (select from disclosure where endpoint = ${endpoint} and state = 'queued')
        or exists (select from disclosure where endpoint = ${endpoint} and channel = 'inbox'
          and delivery_number > ${after}) as news`.execute(db)
    return rows[0]?.news === true
  },
  shown: async (endpoint, after, most) => {
    const rows = await db
      .selectFrom('disclosure')
      .selectAll()
      .where('endpoint', '=', endpoint)
      .where('channel', '=', 'inbox')
      .where('delivery_number', '>', after)
      .orderBy('delivery_number')
      .limit(most)
      .execute()
    return rows.map(toDisclosure)
  },
  find: async (endpoint, id) => {
    const row = await db
      .selectFrom('disclosure')
      .selectAll()
      .where('id', '=', id)
      .where('endpoint', '=', endpoint)
      .where('delivery_number', 'is not', null)
      .executeTakeFirst()
    return row === undefined ? undefined : toDisclosure(row)
  },
  show: async (item, { frozen, level, basis, at }) => {
    const { rows } = await sql<DisclosureRow>`
      with open as (select id from disclosure where id = ${item.id} and state = 'queued' for update),
      numbered as (
        update endpoint_counter set next_delivery = next_delivery + 1
        where endpoint = ${item.endpoint} and exists (select from open) returning next_delivery - 1 as number)
      update disclosure set state = 'delivered', attempts = 1, sent_at = ${at}, settled_at = ${at},
        delivery_number = (select number from numbered), frozen = ${encodePayload(frozen)},
        level = ${level ?? null}, basis = ${JSON.stringify(basis)}::jsonb
      where id in (select id from open) returning *`.execute(db)
    return rows[0] === undefined ? undefined : toDisclosure(rows[0])
  },
  markRead: async (id, at) => {
    await later(
      db,
      db
        .updateTable('disclosure')
        .set({ read_at: sql`coalesce(read_at, ${at})` })
        .where('id', '=', id),
    )
  },
})
