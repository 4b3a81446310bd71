import { type Kysely, sql } from 'kysely'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { headDue, stopped } from './endpoints.ts'

/**
 * Lanes under lease: (recipient endpoint, client) is the unit within which order is kept. Workers lease lanes, never
 * items, and every change names the lease's token, so that a worker that was away too long changes nothing.
 *
 * INVARIANT (no ring of waits): nothing here waits for a lock. What somebody else is holding right now is left for the
 * next round, so that a slow withdrawal holds up its own client only.
 *
 * INVARIANT (decided under the lock): `claim` and `keep` also lock the client's row against a withdrawal. What a
 * decision rests on is read by a later statement, and so sees every withdrawal that has committed.
 */
export type Leases = {
  /** Leases lanes that are due, longest due first, each under a new token. */
  claim(claim: LaneClaim): Promise<readonly Lease[]>
  /**
   * Leases those of these lanes that are due and nobody has leased.
   *
   * @param term `probe`: although their endpoint is stopped, to find out whether it works again
   */
  take(lanes: readonly LaneKey[], term: LeaseTerm & { readonly probe?: boolean }): Promise<readonly Lease[]>
  /** Locks leased lanes again and lengthens the leases. */
  keep(leases: readonly Lease[], until: number): Promise<readonly Kept[]>
  /** Ends the leases; a lane is due again when its next open item is, and a dead letter at its head blocks it. */
  release(leases: readonly Lease[]): Promise<void>
  /** Lanes that look due; nothing is locked. */
  due(claim: Omit<LaneClaim, 'until'>): Promise<readonly LaneKey[]>
  /** Leaves a lane alone until then, whoever has leased it: its head cannot be worked on. */
  postpone(lane: LaneKey, until: number): Promise<void>
}

export type LaneKey = { readonly endpoint: string; readonly clientId: string }
export type Lease = LaneKey & { readonly token: number }
/** A `busy` lane or its client is being held by somebody else right now; a `lost` one was leased by another worker. */
export type Kept = { readonly lease: Lease; readonly state: 'held' | 'lost' | 'busy' }

/** Times in epoch milliseconds. */
export type LeaseTerm = {
  readonly now: number
  /** When another worker may take the lanes. */
  readonly until: number
}
export type LaneClaim = LeaseTerm & {
  /** Those this process can push to; empty = none. */
  readonly endpoints: readonly string[]
  readonly most: number
}

type LaneRow = { readonly endpoint: string; readonly client_id: string; readonly lease_token: number }

export const leases = (db: Kysely<Database>): Leases => ({
  claim: async ({ endpoints, now, until, most }) => {
    if (endpoints.length === 0 || most <= 0) return []
    const { rows } = await sql<LaneRow>`
      with due as materialized (
        select l.endpoint, l.client_id from lane l join client c on c.id = l.client_id
        where l.due_at <= ${now} and ${isFree(now)}
          and ${unindexed} = any(${endpoints})
          and ${unstopped}
        order by l.due_at limit ${most} for share of c skip locked for update of l skip locked)
      update lane set lease_token = lane.lease_token + 1, leased_until = ${until}
      from due where lane.endpoint = due.endpoint and lane.client_id = due.client_id
      returning lane.endpoint, lane.client_id, lane.lease_token`.execute(db)
    return rows.map(toLease)
  },
  take: async (lanes, { now, until, probe = false }) => {
    if (lanes.length === 0) return []
    const { rows } = await sql<LaneRow>`
      with due as materialized (
        select l.endpoint, l.client_id from lane l join client c on c.id = l.client_id
        join ${keysOf(lanes)} on k.endpoint = l.endpoint and k.client_id = l.client_id
        where l.due_at <= ${now} and ${isFree(now)} and (${probe} or ${unstopped})
        for share of c skip locked for update of l skip locked)
      update lane set lease_token = lane.lease_token + 1, leased_until = ${until}
      from due where lane.endpoint = due.endpoint and lane.client_id = due.client_id
      returning lane.endpoint, lane.client_id, lane.lease_token`.execute(db)
    return rows.map(toLease)
  },
  keep: async (held, until) => {
    if (held.length === 0) return []
    // A worker that could not settle for longer than its lease may hold the lane a second time, under another token.
    const { rows } = await sql<LaneRow & { readonly leased: boolean }>`
      with mine as materialized (
        select l.endpoint, l.client_id, l.leased_until is not null as leased,
          exists (select from ${keysOf(held)}
            where k.endpoint = l.endpoint and k.client_id = l.client_id and k.token = l.lease_token) as ours
        from lane l join client c on c.id = l.client_id
        where (l.endpoint, l.client_id) in (select k.endpoint, k.client_id from ${keysOf(held)})
        for share of c skip locked for update of l skip locked)
      update lane set leased_until = case when mine.leased and mine.ours then ${until} else lane.leased_until end
      from mine where lane.endpoint = mine.endpoint and lane.client_id = mine.client_id
      returning lane.endpoint, lane.client_id, lane.lease_token, mine.leased`.execute(db)
    const found = new Map(rows.map((row) => [laneName(toLease(row)), row]))
    return held.map((lease): Kept => {
      const row = found.get(laneName(lease))
      if (row === undefined) return { lease, state: 'busy' }
      return { lease, state: row.leased && row.lease_token === lease.token ? 'held' : 'lost' }
    })
  },
  release: async (held) => {
    if (held.length === 0) return
    await later(
      db,
      sql`
      update lane set leased_until = null, due_at = ${headDue}
      from ${keysOf(held)}
      where lane.endpoint = k.endpoint and lane.client_id = k.client_id and lane.lease_token = k.token`,
    )
  },
  due: async ({ endpoints, now, most }) => {
    const { rows } = await sql<Omit<LaneRow, 'lease_token'>>`
      select endpoint, client_id from lane l
      where due_at <= ${now} and ${isFree(now)} and ${unindexed} = any(${endpoints})
        and ${unstopped}
      order by due_at limit ${most}`.execute(db)
    return rows.map((row) => ({ endpoint: row.endpoint, clientId: row.client_id }))
  },
  postpone: async ({ endpoint, clientId }, until) => {
    await later(
      db,
      sql`update lane set lease_token = lease_token + 1, leased_until = ${until}
        where endpoint = ${endpoint} and client_id = ${clientId}`,
    )
  },
})

/**
 * Nobody has leased it, and it does not rest (`skip` in lanes.ts). One condition, for with two of them the planner counts on
 * so few lanes that it goes through every client first.
 */
const isFree = (now: number) => sql`coalesce(greatest(l.leased_until, l.rests_until), 0) <= ${now}`

/** So that lanes are found by when they are due: an endpoint has as many as it has clients. */
const unindexed = sql`l.endpoint || ''`

const unstopped = sql`${unindexed} <> all(${stopped})`

export const laneName = ({ endpoint, clientId }: LaneKey): string => `${endpoint} ${clientId}`

/** One parameter however many lanes there are: the statement is planned once. */
const keysOf = (lanes: readonly (LaneKey & Partial<Lease>)[]) => sql`
  jsonb_to_recordset(${JSON.stringify(
    lanes.map(({ endpoint, clientId, token }) => ({ endpoint, client_id: clientId, token })),
  )}::jsonb) as k(endpoint text, client_id uuid, token bigint)`

const toLease = ({ endpoint, client_id: clientId, lease_token: token }: LaneRow): Lease => ({
  endpoint,
  clientId,
  token,
})
