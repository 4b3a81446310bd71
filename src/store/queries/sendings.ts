import { type Kysely, sql } from 'kysely'
import type { DataFacts } from '../../consent/request.ts'
import type { DisclosureState, RefusalReason } from '../../domain/refusal.ts'
import type { Update } from '../../domain/update.ts'
import { decodeOwn, encodePayload } from '../codec.ts'
import { base64 } from '../insert-rows.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { type Disclosure, type DisclosureRow, toDisclosure } from './disclosure-row.ts'
import { type LaneKey, laneName } from './leases.ts'

/** The heads of leased lanes and what becomes of them. Call with the lanes locked (`Leases`), or as their client's only writer. */
export type Sendings = {
  /** The first open item of each lane, by `laneName`; a lane without any is missing. */
  heads(lanes: readonly (LaneKey & { readonly recipient: string })[]): Promise<ReadonlyMap<string, Head>>
  /**
   * Assigns the delivery number and freezes the bytes where that has not been done: a retry keeps both. An attempt that
   * never came back, because its worker died or slept through its lease, may have arrived.
   */
  start(sendings: readonly Starting[]): Promise<void>
  /** What came of sendings. INVARIANT (an end is an end): what has ended meanwhile stays as it is. */
  settle(settlements: readonly Settlement[]): Promise<void>
}

export type Head = {
  readonly disclosure: Disclosure
  /** The number it gets when it has none yet. */
  readonly nextDelivery: number
  /** What it passes has that number, and has not left: it gets another one when its turn comes. */
  readonly passes: string | undefined
  /** The recipient's own name for the client, when it has one already. */
  readonly patientId: string | undefined
  readonly update: TellableUpdate | undefined
}
export type TellableUpdate = {
  readonly update: Update
  readonly facts: DataFacts
  readonly validUntil: number | undefined
}
export type Starting = {
  readonly head: Disclosure
  /** Of the lane, for an item that has none yet. */
  readonly number: number
  /** Takes its number. */
  readonly passes: string | undefined
  readonly told: Told
}
/** What is told under the decision just taken. */
export type Told = {
  readonly frozen: unknown
  readonly level: string | undefined
  readonly basis: readonly string[]
  readonly at: number
}
export type Settlement = {
  readonly id: string
  readonly state: DisclosureState
  readonly at: number
  readonly reason?: RefusalReason | undefined
  readonly notBefore?: number | undefined
  /** Whether the bytes may be with the recipient: `no` only when no connection was made. */
  readonly received?: 'no' | 'maybe' | undefined
  /** Of an attempt without an answer: what is behind it in its lane is not sent before, even if it ends. */
  readonly mayArriveUntil?: number | undefined
  /** Of an attempt that did not arrive: why. */
  readonly lastFailure?: string | undefined
}

type HeadRow = DisclosureRow & {
  readonly next_delivery: number
  readonly passes: string | null
  readonly patient_id: string | null
  readonly valid_until: number | null
  readonly update_payload: Uint8Array | null
}

export const sendings = (db: Kysely<Database>): Sendings => ({
  heads: async (lanes) => {
    if (lanes.length === 0) return new Map()
    const keys = lanes.map(({ endpoint, clientId, recipient }) => ({ endpoint, client_id: clientId, recipient }))
    const { rows } = await sql<HeadRow>`
      select d.*, l.next_delivery, ${passed} as passes, p.patient_id, u.valid_until, u.payload as update_payload
      from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as k(endpoint text, client_id uuid, recipient text)
      join lane l using (endpoint, client_id)
      cross join lateral (
        select * from disclosure o where o.endpoint = k.endpoint and o.client_id = k.client_id
          and o.state in ('queued', 'sending', 'possibly-received', 'dead') order by o.urgent desc, o.position limit 1) d
      left join patient_link p on p.client_id = k.client_id and p.party = k.recipient
      left join update_record u on u.id = d.update_id`.execute(db)
    return new Map(
      rows.map((row) => [laneName({ endpoint: row.endpoint ?? '', clientId: row.client_id ?? '' }), toHead(row)]),
    )
  },
  start: async (all) => {
    if (all.length === 0) return
    await giveWay(
      db,
      all.flatMap(({ passes }) => passes ?? []),
    )
    const rows = all.map(({ head, number, told: { frozen, level, basis, at } }) => ({
      id: head.id,
      number,
      fresh: head.deliveryNumber === undefined,
      frozen: base64(encodePayload(frozen)),
      level,
      basis,
      at,
    }))
    await later(
      db,
      sql`
      with s as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(
          id uuid, number bigint, fresh boolean, frozen text, level text, basis jsonb, at bigint)),
      numbered as (
        update lane set next_delivery = s.number + 1 from s join disclosure d on d.id = s.id
        where s.fresh and lane.endpoint = d.endpoint and lane.client_id = d.client_id)
      update disclosure set state = 'sending', attempts = attempts + 1, sent_at = coalesce(sent_at, s.at),
        maybe_received = maybe_received or disclosure.state = 'sending', delivery_number = coalesce(delivery_number, s.number),
        frozen = coalesce(disclosure.frozen, decode(s.frozen, 'base64')), level = s.level, basis = s.basis
      from s where disclosure.id = s.id`,
    )
  },
  settle: async (all) => {
    if (all.length === 0) return
    const rows = all.map(({ id, state, at, reason, notBefore, received, mayArriveUntil, lastFailure }) => ({
      id,
      state,
      reason,
      not_before: notBefore,
      settled_at: state === 'queued' || state === 'possibly-received' ? null : at,
      maybe: received === 'maybe',
      surely_not: received === 'no',
      may_arrive_until: mayArriveUntil,
      last_failure: lastFailure,
    }))
    await later(
      db,
      sql`
      update disclosure set state = s.state, reason = s.reason, not_before = s.not_before, settled_at = s.settled_at,
        maybe_received = maybe_received or s.maybe,
        may_arrive_until = coalesce(s.may_arrive_until, disclosure.may_arrive_until),
        last_failure = s.last_failure,
        sent_at = case when s.surely_not and not maybe_received then null else sent_at end
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s(
        id uuid, state text, reason text, not_before bigint, settled_at bigint, maybe boolean, surely_not boolean,
        may_arrive_until bigint, last_failure text)
      where disclosure.id = any(${all.map(({ id }) => id)}::uuid[]) and disclosure.id = s.id
        and (${unindexedState} in ('queued', 'sending', 'possibly-received')
          or ${unindexedState} = 'dead' and s.state in ('skipped', 'withheld'))`,
    )
  },
})

/**
 * Items are asked for by their ids, and their state is put so that no index knows it: while few are open the planner would
 * rather look through all of them than for some, and a connection keeps its plan when there are many.
 */
const unindexedState = sql`disclosure.state || ''`

/** What an urgent item `d` without a number goes before and has one, though nothing of it has left. */
const passed = sql`(
  select w.id from disclosure w where w.endpoint = d.endpoint and w.client_id = d.client_id and w.id <> d.id and d.urgent
    and d.delivery_number is null and w.delivery_number is not null and w.sent_at is null
    and w.state in ('queued', 'sending', 'possibly-received', 'dead'))`

/**
 * INVARIANT (silence does not speak): what has not left and has a number is always the last that has one, so that the number
 * can be given back. What an urgent item passes therefore loses its number, and the bytes that name it.
 */
const giveWay = async (db: Kysely<Database>, passing: readonly string[]): Promise<void> => {
  if (passing.length === 0) return
  await later(db, sql`update disclosure set delivery_number = null, frozen = null where id = any(${passing}::uuid[])`)
}

const toHead = (row: HeadRow): Head => ({
  disclosure: toDisclosure(row),
  nextDelivery: row.passes === null ? row.next_delivery : row.next_delivery - 1,
  passes: row.passes ?? undefined,
  patientId: row.patient_id ?? undefined,
  update:
    row.update_payload === null
      ? undefined
      : {
          validUntil: row.valid_until ?? undefined,
          ...decodeOwn<Pick<TellableUpdate, 'update' | 'facts'>>(row.update_payload),
        },
})
