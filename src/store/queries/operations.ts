import type { Signals } from '../hints.ts'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../schema.ts'
import { type Disclosure, type DisclosureRow, toDisclosure } from './disclosure-row.ts'
import { later } from '../later.ts'
import { skip } from './lanes.ts'
import { lockClients } from './lock-clients.ts'
import { mailNoticeBacklog, mailNoticeOperations } from './mail-notice-operations.ts'
import { type OpenLane, openLanes } from './open-lanes.ts'
import { sendings } from './sendings.ts'

/** What an operator sees of the queues and does about them. Clients are named by their internal ids, pseudonyms. */
export type Operations = {
  /**
   * Open items by endpoint, one row each that has any. Inboxes are not among them: they wait to be read.
   */
  backlog(now: number): Promise<readonly Backlog[]>
  /** Lanes with open items and notices by e-mail, those first whose oldest item is the oldest. */
  lanes(query: { readonly endpoint: string | undefined; readonly most: number }): Promise<readonly OpenLane[]>
  /** Dead letters, oldest first. */
  dead(query: { readonly endpoint: string | undefined; readonly most: number }): Promise<readonly Disclosure[]>
  /**
   * Makes due now, under the same id, number and bytes, with the whole schedule before it: dead letters, what waits for its
   * next attempt, and when asked for what was delivered since then too. It is decided again before it is sent.
   * @returns what was queued.
   */
  replay(which: Replay): Promise<readonly Disclosure[]>
  /** Gives an open item up, so that its lane goes on. @returns undefined when it is not waiting. */
  skip(id: string, at: number): Promise<Disclosure | undefined>
}

/** Times in epoch milliseconds, of when an item was queued. */
export type Replay = {
  readonly id: string | undefined
  readonly endpoint: string | undefined
  readonly since: number | undefined
  readonly until: number | undefined
  /** Also what was delivered. Without an end: nothing is said again without what was said after it. */
  readonly delivered: boolean
  readonly at: number
}

export type Backlog = {
  readonly endpoint: string
  readonly pending: number
  readonly sending: number
  readonly dead: number
  /** Lanes that a dead letter blocks. */
  readonly blockedLanes: number
  /** Lanes with an item that has waited for 15 minutes, whyever. */
  readonly stuckLanes: number
  /** Epoch milliseconds of the oldest item that waits, dead letters included. */
  readonly oldest: number
}
/** A lane that has not moved on for so long is somebody's business. */
const STUCK_AFTER_MS = 15 * 60_000

/** Items that stand in the way of what is behind them; what an inbox holds stands in nobody's way. */
const open = sql`state in ('queued', 'sending', 'possibly-received', 'dead') and channel <> 'inbox'`

export const operations = (
  db: Kysely<Database>,
  signals: Pick<Signals, 'hint'>,
  notices = mailNoticeOperations(db),
): Operations => ({
  backlog: async (now) => {
    const { rows } = await sql<
      Omit<Backlog, 'blockedLanes' | 'stuckLanes'> & { readonly blocked: number; readonly stuck: number }
    >`
      select endpoint, count(*) filter (where state in ('queued', 'possibly-received'))::bigint as pending,
        count(*) filter (where state = 'sending')::bigint as sending, count(*) filter (where state = 'dead')::bigint as dead,
        count(distinct client_id) filter (where state = 'dead')::bigint as blocked, count(distinct client_id) filter (where created_at < ${now - STUCK_AFTER_MS})::bigint as stuck, min(created_at) as oldest
      from disclosure where ${open} group by endpoint
      union all ${mailNoticeBacklog(now - STUCK_AFTER_MS)} order by endpoint`.execute(db)
    return rows.map(({ blocked, stuck, ...row }) => ({ ...row, blockedLanes: blocked, stuckLanes: stuck }))
  },
  lanes: (query) => openLanes(db, query),
  dead: async ({ endpoint, most }) => {
    const { rows } = await sql<DisclosureRow>`
      select * from disclosure where state = 'dead' and channel <> 'inbox'
        and (${endpoint ?? null}::text is null or endpoint = ${endpoint ?? null})
      order by created_at, id limit ${most}`.execute(db)
    const all = [...rows.map(toDisclosure), ...(await notices.dead({ endpoint, most }))]
    return all.toSorted((left, right) => left.createdAt - right.createdAt).slice(0, most)
  },
  replay: async (which) => {
    const { id, endpoint, since, until, delivered, at } = which
    const chosen = sql`d.channel <> 'inbox' and (${id ?? null}::uuid is null or d.id = ${id ?? null}::uuid)
      and (${endpoint ?? null}::text is null or d.endpoint = ${endpoint ?? null})
      and d.created_at >= ${since ?? 0} and d.created_at <= ${until ?? at}`
    // What was taken back or has passed since is not said again; what was delivered keeps that it was.
    const { rows } = await sql<DisclosureRow>`
      with which as materialized (
        select d.id, d.endpoint, d.client_id from disclosure d where ${chosen} and (d.state = 'dead'
          or d.state in ('queued', 'possibly-received') and d.not_before > ${at})
        union all
        select d.id, d.endpoint, d.client_id from disclosure d
        where ${delivered} and d.state = 'delivered' and ${chosen} and (d.kind = 'notice' or exists (
          select from update_record u where u.id = d.update_id and (u.valid_until is null or u.valid_until > ${at})))),
      locked as materialized (
        select l.endpoint, l.client_id from lane l where (l.endpoint, l.client_id) in (
          select endpoint, client_id from which) order by l.endpoint, l.client_id for update),
      due as (
        update lane set due_at = least(lane.due_at, ${at}) from locked
        where lane.endpoint = locked.endpoint and lane.client_id = locked.client_id)
      update disclosure d set attempts = 0,
        state = case when d.state = 'possibly-received' then d.state else 'queued' end, not_before = null, settled_at = null, reason = null,
        maybe_received = d.maybe_received or d.state = 'delivered'
      from which, locked where d.id = which.id and d.state in ('dead', 'delivered', 'queued', 'possibly-received')
        and locked.endpoint = which.endpoint and locked.client_id = which.client_id
      returning d.*`.execute(db)
    if (rows.length > 0) signals.hint('lanes')
    const replayed = await notices.replay(which)
    if (replayed.length > 0) signals.hint('inboxes')
    return [...rows.map(toDisclosure), ...replayed]
  },
  skip: async (id, at) => {
    // As everybody who ends what is queued: its client comes before its lane.
    await later(db, lockClients(sql`array(select client_id from disclosure where id = ${id})`, 'update', sql``))
    const waiting = sql`id = ${id} and state in ('queued', 'possibly-received', 'dead')`
    await skip(db, waiting, at)
    const { rows } = await sql<DisclosureRow>`
      select * from disclosure where ${waiting} and channel <> 'inbox' for update`.execute(db)
    const [row] = rows
    if (row === undefined) return notices.skip(id, at)
    await sendings(db).settle([{ id, state: 'skipped', at }])
    signals.hint('lanes')
    return toDisclosure(row)
  },
})
