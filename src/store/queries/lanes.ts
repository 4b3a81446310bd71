import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { DisclosureState, RefusalReason } from '../../domain/refusal.ts'
import { encodePayload } from '../codec.ts'
import type { Database } from '../schema.ts'
import { type Disclosure, type DisclosureRow, toDisclosure } from './disclosure-row.ts'

/**
 * Lanes under lease: (recipient endpoint, client) is the unit within which order is kept. Workers lease lanes, never
 * items, and every change names the lease's token, so that a worker that was away too long changes nothing.
 */
export type Lanes = {
  /** Locks the lane. @returns undefined when the lease is no longer ours or nothing is open; a dead letter blocks. */
  head(lease: Lease, recipient: string): Promise<Head | undefined>
  /** Open items of a client, every channel, oldest first: what a withdrawal looks through. */
  openOf(clientId: string): Promise<readonly Disclosure[]>
  /** Assigns the next delivery number of the lane and freezes the bytes; a retry keeps both. */
  startSending(lease: Lease, head: Disclosure, told: Told): Promise<Disclosure>
  /** Locks the lane. @returns false when the lease has passed to another worker: then settle nothing. */
  holds(lease: Lease): Promise<boolean>
  settle(id: string, state: DisclosureState, change: Settlement): Promise<void>
  /** Ends the lease; the lane is due again when its next open item is. @returns false when the lease was lost. */
  release(lease: Lease): Promise<boolean>
}

export type Lease = { readonly endpoint: string; readonly clientId: string; readonly token: number }
export type Head = {
  readonly disclosure: Disclosure
  /** The number the next new item of the lane will get. */
  readonly nextDelivery: number
  /** The recipient's own name for the client, when it has one already. */
  readonly patientId: string | undefined
}
/** What is told under the decision just taken. */
export type Told = {
  readonly frozen: unknown
  readonly level: string | undefined
  readonly basis: readonly string[]
  readonly at: number
}
export type Settlement = {
  readonly at: number
  readonly reason?: RefusalReason | undefined
  readonly notBefore?: number | undefined
  /** Whether the bytes may be with the recipient: `no` only when no connection was made. */
  readonly received?: 'no' | 'maybe' | undefined
}

export const lanes = (db: Kysely<Database>): Lanes => ({
  head: async ({ endpoint, clientId, token }, recipient) => {
    const { rows } = await sql<DisclosureRow & { readonly next_delivery: number; readonly patient_id: string | null }>`
      with mine as (
        select endpoint, client_id, next_delivery from lane
        where endpoint = ${endpoint} and client_id = ${clientId} and lease_token = ${token} for update)
      select d.*, mine.next_delivery, p.patient_id from disclosure d join mine using (endpoint, client_id)
      left join patient_link p on p.client_id = d.client_id and p.party = ${recipient}
      where d.state in ('queued', 'sending', 'possibly-received', 'dead') order by d.position limit 1`.execute(db)
    const [row] = rows
    if (row === undefined) return undefined
    return { disclosure: toDisclosure(row), nextDelivery: row.next_delivery, patientId: row.patient_id ?? undefined }
  },
  openOf: async (clientId) => {
    const rows = await db
      .selectFrom('disclosure')
      .selectAll()
      .where('client_id', '=', clientId)
      .where('state', 'in', ['queued', 'possibly-received'])
      .where('kind', '=', 'update')
      .orderBy('endpoint')
      .orderBy('position')
      .forUpdate()
      .execute()
    return rows.map(toDisclosure)
  },
  startSending: async ({ endpoint, clientId }, head, { frozen, level, basis, at }) => {
    const { rows } = await sql<DisclosureRow>`
      with numbered as (
        update lane set next_delivery = next_delivery + ${head.deliveryNumber === undefined ? 1 : 0}
        where endpoint = ${endpoint} and client_id = ${clientId} returning next_delivery - 1 as number)
      update disclosure set state = 'sending', attempts = attempts + 1, sent_at = coalesce(sent_at, ${at}),
        delivery_number = coalesce(delivery_number, (select number from numbered)),
        frozen = coalesce(frozen, ${encodePayload(frozen)}), level = ${level ?? null},
        basis = ${JSON.stringify(basis)}::jsonb
      where id = ${head.id} and state in ('queued', 'sending', 'possibly-received') returning *`.execute(db)
    const [row] = rows
    // A newer version has overtaken it since it was read: look at the lane anew.
    if (row === undefined) throw Object.assign(new Error('the head of a leased lane has changed'), { code: '40001' })
    return toDisclosure(row)
  },
  holds: async ({ endpoint, clientId, token }) => {
    const row = await db
      .selectFrom('lane')
      .select('lease_token')
      .where('endpoint', '=', endpoint)
      .where('client_id', '=', clientId)
      .forUpdate()
      .executeTakeFirst()
    return row?.lease_token === token
  },
  settle: async (id, state, { at, reason, notBefore, received }) => {
    const open = state === 'queued' || state === 'possibly-received'
    if (state === 'withheld' || state === 'expired') await skip(db, sql`id = ${id}`, at)
    await db
      .updateTable('disclosure')
      .set({
        state,
        reason: reason ?? null,
        not_before: notBefore ?? null,
        settled_at: open ? null : at,
        maybe_received: sql`maybe_received or ${received === 'maybe'}`,
        sent_at: received === 'no' ? sql`case when maybe_received then sent_at end` : sql`sent_at`,
      })
      .where('id', '=', id)
      .execute()
  },
  release: async ({ endpoint, clientId, token }) => {
    const { numAffectedRows } = await sql`
      update lane set leased_until = null, due_at = (
        select case when d.state <> 'dead' then coalesce(d.not_before, d.created_at) end from disclosure d
        where d.endpoint = ${endpoint} and d.client_id = ${clientId} and d.channel <> 'inbox'
          and d.state in ('queued', 'sending', 'possibly-received', 'dead') order by d.position limit 1)
      where endpoint = ${endpoint} and client_id = ${clientId} and lease_token = ${token}`.execute(db)
    return numAffectedRows === 1n
  },
})

/**
 * What ends without having arrived gives its delivery number back, and does not keep its lane waiting for its next try.
 *
 * INVARIANT (silence does not speak): only the head of a lane ever has a number, so it is the last one given out.
 */
export const skip = async (db: Kysely<Database>, which: RawBuilder<unknown>, at: number): Promise<void> => {
  // Lanes before items, as a starting sending takes them.
  await sql`
    select from lane where (endpoint, client_id) in (
      select endpoint, client_id from disclosure where ${which} and channel = 'webhook')
    order by endpoint, client_id for update`.execute(db)
  await sql`
    with gone as (
      update disclosure set delivery_number = case when sent_at is null then null else delivery_number end
      where ${which} and channel = 'webhook' returning id, endpoint, client_id),
    numbered as (
      select g.endpoint, g.client_id, count(*) filter (where d.sent_at is null and d.delivery_number is not null) as many
      from gone g join disclosure d on d.id = g.id group by g.endpoint, g.client_id)
    update lane l set next_delivery = l.next_delivery - n.many, due_at = least(l.due_at, ${at})
    from numbered n where l.endpoint = n.endpoint and l.client_id = n.client_id`.execute(db)
}

/**
 * Leases some lanes that are due. One statement and a transaction of its own: the decision comes later, under its lock.
 *
 * @param endpoints those this process can push to; empty = none.
 * @param leaseMs after this long another worker may take the lane.
 */
export const claimLanes = async (db: Kysely<Database>, claim: LaneClaim): Promise<readonly Lease[]> => {
  const { endpoints, now, leaseMs, most } = claim
  if (endpoints.length === 0) return []
  const { rows } = await sql<{ endpoint: string; client_id: string; lease_token: number }>`
    update lane set lease_token = lease_token + 1, leased_until = ${now + leaseMs}
    where (endpoint, client_id) in (
      select endpoint, client_id from lane
      where due_at <= ${now} and (leased_until is null or leased_until <= ${now}) and endpoint = any(${endpoints})
      order by due_at limit ${most} for update skip locked)
    returning endpoint, client_id, lease_token`.execute(db)
  return rows.map((row) => ({ endpoint: row.endpoint, clientId: row.client_id, token: row.lease_token }))
}

export type LaneClaim = {
  readonly endpoints: readonly string[]
  readonly now: number
  readonly leaseMs: number
  readonly most: number
}
