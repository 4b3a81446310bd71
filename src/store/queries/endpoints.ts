import type { Signals } from '../hints.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import type { LaneKey } from './leases.ts'

/**
 * What stands about the endpoints that are pushed to, shared by every process. A stopped endpoint's lanes are not
 * claimed (`Leases`). They are parked besides, or they would stand first in the order in which lanes are due, and every
 * claim would have to look past them.
 */
export type Endpoints = {
  /** An endpoint without anything noteworthy is missing. */
  states(): Promise<ReadonlyMap<string, EndpointState>>
  /** Changes what stands about an endpoint, under its lock. */
  change(endpoint: string, how: (state: EndpointState) => EndpointState): Promise<EndpointState>
  /** Parks due lanes of stopped endpoints, and lets those go whose endpoint is no longer stopped. */
  park(now: number, most: number): Promise<void>
  /**
   * One lane with something to send of each endpoint whose breaker may try again; nobody else gets one before `until`.
   */
  probes(query: {
    readonly endpoints: readonly string[]
    readonly now: number
    readonly until: number
  }): Promise<readonly LaneKey[]>
}

/** Times in epoch milliseconds. */
export type EndpointState = {
  /** By an operator. */
  readonly pausedAt: number | undefined
  /** By its own word (HTTP 410). */
  readonly disabledAt: number | undefined
  /** Failures since the last sign of life, over all lanes. */
  readonly failures: number
  /** The breaker is open since then. */
  readonly openedAt: number | undefined
  /** How many times in a row the breaker has opened. */
  readonly openings: number
  /** When one lane may try whether it works again. */
  readonly retryAt: number | undefined
}

export const quietState: EndpointState = {
  pausedAt: undefined,
  disabledAt: undefined,
  failures: 0,
  openedAt: undefined,
  openings: 0,
  retryAt: undefined,
}

export const isStoppedState = ({ pausedAt, disabledAt, openedAt }: EndpointState): boolean =>
  pausedAt !== undefined || disabledAt !== undefined || openedAt !== undefined

/**
 * Stopped endpoints, as an array: read once a statement. By the index, though they are few: a plan that reads a whole table
 * counts as so dear that PostgreSQL compiles it anew each time.
 */
export const stopped = sql`array(select s.endpoint from endpoint_state s
  where s.endpoint >= '' and (s.paused_at is not null or s.disabled_at is not null or s.opened_at is not null))`

/** When the head of a row `lane` is due; null for a lane that is empty or blocked by a dead letter. */
export const headDue: RawBuilder<unknown> = sql`(
  select case when d.state <> 'dead' then coalesce(d.not_before, d.created_at) end from disclosure d
  where d.endpoint = lane.endpoint and d.client_id = lane.client_id and d.channel <> 'inbox'
    and d.state in ('queued', 'sending', 'possibly-received', 'dead') order by d.urgent desc, d.position limit 1)`

export const endpoints = (db: Kysely<Database>, signals: Pick<Signals, 'hint'>): Endpoints => ({
  states: async () => {
    const rows = await db.selectFrom('endpoint_state').selectAll().where('endpoint', '>=', '').execute()
    return new Map(rows.map((row) => [row.endpoint, toState(row)]))
  },
  change: async (endpoint, how) => {
    await later(db, sql`insert into endpoint_state (endpoint) values (${endpoint}) on conflict do nothing`)
    const row = await db
      .selectFrom('endpoint_state')
      .selectAll()
      .where('endpoint', '=', endpoint)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const [before, after] = [toState(row), how(toState(row))]
    await later(db, db.updateTable('endpoint_state').set(toRow(after)).where('endpoint', '=', endpoint))
    if (isStoppedState(before) && !isStoppedState(after)) {
      await unpark(db, UNPARKED_AT_ONCE)
      signals.hint('lanes')
    }
    return after
  },
  park: async (now, most) => {
    await unpark(db, most)
    await later(
      db,
      sql`
      with due as materialized (
        select l.endpoint, l.client_id from lane l
        where l.due_at <= ${now} and (l.leased_until is null or l.leased_until <= ${now})
          and l.endpoint || '' = any(${stopped})
        order by l.due_at limit ${most} for update skip locked)
      update lane set due_at = null, parked = true from due
      where lane.endpoint = due.endpoint and lane.client_id = due.client_id`,
    )
  },
  probes: async ({ endpoints, now, until }) => {
    const { rows } = await sql<{ readonly endpoint: string; readonly client_id: string }>`
      with s as materialized (
        select endpoint from endpoint_state where endpoint = any(${endpoints}) and retry_at <= ${now}
          and paused_at is null and disabled_at is null for update skip locked),
      chosen as materialized (
        select one.endpoint, one.client_id from s cross join lateral (
          select lane.endpoint, lane.client_id from disclosure o join lane using (endpoint, client_id)
          where o.endpoint = s.endpoint and o.state in ('queued', 'sending', 'possibly-received', 'dead')
            and o.channel <> 'inbox' and (lane.leased_until is null or lane.leased_until <= ${now})
            and (lane.rests_until is null or lane.rests_until <= ${now})
            and ${headDue} <= ${now}
          limit 1 for update of lane skip locked) one),
      probing as (
        update endpoint_state set retry_at = ${until} from chosen where endpoint_state.endpoint = chosen.endpoint)
      update lane set due_at = ${now} from chosen
      where lane.endpoint = chosen.endpoint and lane.client_id = chosen.client_id
      returning lane.endpoint, lane.client_id`.execute(db)
    return rows.map((row) => ({ endpoint: row.endpoint, clientId: row.client_id }))
  },
})

const UNPARKED_AT_ONCE = 1000

/**
 * A parked lane that somebody is holding right now stays parked, and so is found the next time. What was queued or replayed
 * since this statement began is not in its head; that it came stands in the row alone.
 */
const unpark = (db: Kysely<Database>, most: number): Promise<void> =>
  later(
    db,
    sql`
    with free as materialized (
      select l.endpoint, l.client_id from lane l where l.parked and l.endpoint <> all(${stopped})
      limit ${most} for update skip locked)
    update lane set parked = false, due_at = least(lane.due_at, ${headDue}) from free
    where lane.endpoint = free.endpoint and lane.client_id = free.client_id`,
  )

type StateRow = {
  readonly [K in 'paused_at' | 'disabled_at' | 'opened_at' | 'retry_at']: number | null
} & { readonly failures: number; readonly openings: number }

const toState = (row: StateRow): EndpointState => ({
  pausedAt: row.paused_at ?? undefined,
  disabledAt: row.disabled_at ?? undefined,
  failures: row.failures,
  openedAt: row.opened_at ?? undefined,
  openings: row.openings,
  retryAt: row.retry_at ?? undefined,
})

const toRow = (state: EndpointState): StateRow => ({
  paused_at: state.pausedAt ?? null,
  disabled_at: state.disabledAt ?? null,
  failures: state.failures,
  opened_at: state.openedAt ?? null,
  openings: state.openings,
  retry_at: state.retryAt ?? null,
})
