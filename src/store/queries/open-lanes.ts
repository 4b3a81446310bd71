import { type Kysely, sql } from 'kysely'
import type { Database } from '../schema.ts'
import type { Disclosure } from './disclosure-row.ts'
import { mailNoticeLanes } from './mail-notice-operations.ts'

/** A lane with something in it, or a notice by e-mail, which has no client. Times in epoch milliseconds. */
export type OpenLane = {
  readonly endpoint: string
  readonly clientId: string | undefined
  readonly open: number
  /** When its oldest item was queued. */
  readonly oldest: number
  readonly head: string
  readonly headState: Disclosure['state']
  readonly attempts: number
  readonly notBefore: number | undefined
  /** The lane rests, or somebody has leased it, until then; also in the past. */
  readonly restsUntil: number | undefined
  readonly leasedUntil: number | undefined
  readonly lastFailure: string | undefined
}

/** @param query `endpoint`: of this one only. `most`: those whose oldest item is the oldest. */
export const openLanes = async (
  db: Kysely<Database>,
  { endpoint, most }: { readonly endpoint: string | undefined; readonly most: number },
): Promise<readonly OpenLane[]> => {
  const isAsked = sql`(${endpoint ?? null}::text is null or endpoint = ${endpoint ?? null})`
  const { rows } = await sql<OpenLaneRow>`
    select l.endpoint, l.client_id, l.open, l.oldest, h.id as head, h.state as head_state, h.attempts, h.not_before,
      h.last_failure, lane.rests_until, lane.leased_until
    from (select endpoint, client_id, count(*)::bigint as open, min(created_at) as oldest
      from disclosure where state in ('queued', 'sending', 'possibly-received', 'dead') and channel <> 'inbox' and ${isAsked}
      group by endpoint, client_id order by oldest, client_id limit ${most}) l
    join lane on lane.endpoint = l.endpoint and lane.client_id = l.client_id
    cross join lateral (
      select * from disclosure d where d.endpoint = l.endpoint and d.client_id = l.client_id
        and d.state in ('queued', 'sending', 'possibly-received', 'dead') order by d.urgent desc, d.position limit 1) h
    union all ${mailNoticeLanes(isAsked)} order by oldest, client_id limit ${most}`.execute(db)
  return rows.map(toLane)
}

type OpenLaneRow = {
  readonly endpoint: string
  readonly client_id: string | null
  readonly head: string
  readonly head_state: Disclosure['state']
  readonly last_failure: string | null
} & { readonly [K in 'open' | 'oldest' | 'attempts']: number } & {
  readonly [K in 'not_before' | 'rests_until' | 'leased_until']: number | null
}

const toLane = (row: OpenLaneRow): OpenLane => ({
  endpoint: row.endpoint,
  clientId: row.client_id ?? undefined,
  open: row.open,
  oldest: row.oldest,
  head: row.head,
  headState: row.head_state,
  attempts: row.attempts,
  notBefore: row.not_before ?? undefined,
  restsUntil: row.rests_until ?? undefined,
  leasedUntil: row.leased_until ?? undefined,
  lastFailure: row.last_failure ?? undefined,
})
