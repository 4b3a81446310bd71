import { type Kysely, type RawBuilder, sql } from 'kysely'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { type Disclosure, toDisclosure } from './disclosure-row.ts'
import { sendings, type Settlement } from './sendings.ts'

/** Open items of every channel as others than the relay change them: a withdrawal, a reader. */
export type Lanes = {
  /** Open items of a client, every channel, dead letters too, oldest first: what a withdrawal looks through. Locks them. */
  openOf(clientId: string): Promise<readonly Disclosure[]>
  /** Ends an item that is not to be told (any more); what is behind it in its lane does not wait for it. */
  end(settlement: Settlement & { readonly state: 'withheld' | 'expired' }): Promise<void>
}

export const lanes = (db: Kysely<Database>): Lanes => ({
  openOf: async (clientId) => {
    const rows = await db
      .selectFrom('disclosure')
      .selectAll()
      .where('client_id', '=', clientId)
      .where('state', 'in', ['queued', 'possibly-received', 'dead'])
      .where('kind', '=', 'update')
      .orderBy('endpoint')
      .orderBy('position')
      .forUpdate()
      .execute()
    return rows.map(toDisclosure)
  },
  end: async (settlement) => {
    await skip(db, sql`id = ${settlement.id}`, settlement.at)
    await sendings(db).settle([settlement])
  },
})

/**
 * What ends without having arrived gives its delivery number back, and does not keep its lane waiting for its next try.
 *
 * INVARIANT (nothing overtakes what is under way): an attempt that got no answer may still arrive. Its lane rests as long
 * as its lease would have lasted before what comes behind it is sent.
 *
 * INVARIANT (silence does not speak): only the head of a lane ever has a number, so it is the last one given out.
 */
export const skip = async (db: Kysely<Database>, which: RawBuilder<unknown>, at: number): Promise<void> => {
  // Lanes before items, as a starting sending takes them.
  await later(
    db,
    sql`
    select from lane where (endpoint, client_id) in (
      select endpoint, client_id from disclosure where ${which} and channel <> 'inbox')
    order by endpoint, client_id for update`,
  )
  await later(
    db,
    sql`
    with gone as (
      update disclosure set delivery_number = case when sent_at is null then null else delivery_number end
      where ${which} and channel <> 'inbox' returning id, endpoint, client_id),
    numbered as (
      select g.endpoint, g.client_id, count(*) filter (where d.sent_at is null and d.delivery_number is not null) as many,
        max(d.may_arrive_until) as rest
      from gone g join disclosure d on d.id = g.id group by g.endpoint, g.client_id)
    update lane l set next_delivery = l.next_delivery - n.many, due_at = least(l.due_at, ${at}),
      rests_until = greatest(l.rests_until, n.rest)
    from numbered n where l.endpoint = n.endpoint and l.client_id = n.client_id`,
  )
}
