import { type Kysely, sql } from 'kysely'
import { encodePayload } from '../codec.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { type Disclosure, type DisclosureRow, toDisclosure } from './disclosure-row.ts'
import { stopped } from './endpoints.ts'

/**
 * Notices by e-mail, one row an address. They stand in no lane: a notice is about an inbox, never about a client, and
 * what comes while one waits is in it already. Times in epoch milliseconds.
 */
export type MailNotices = {
  /** Addresses for which there may be something to do; nothing is locked. */
  due(places: readonly NoticePlace[], when: NoticeTime): Promise<readonly NoticePlace[]>
  /** Locks an address until the transaction ends. @returns undefined when there is nothing to do after all, or somebody else does it. */
  take(place: NoticePlace, when: NoticeTime): Promise<WaitingNotice | undefined>
  /** Inbox items nobody has looked at or been told of, newest first. */
  untold(place: NoticePlace, most: number): Promise<readonly Disclosure[]>
  /** Writes SENDING under a lease; the notice is about all that is unread by then. */
  start(place: NoticePlace, sending: NoticeSending): Promise<void>
  /** There is nothing to tell any more. */
  drop(endpoint: string): Promise<void>
  /** @returns false when the lease was lost to another worker, and nothing was changed. */
  settle(lease: NoticeLease, result: NoticeResult): Promise<boolean>
}

/** An address and the inbox it is told of, both by the id of their endpoint. */
export type NoticePlace = { readonly endpoint: string; readonly inbox: string }
export type NoticeTime = {
  readonly now: number
  /** No new notice to an address to which one was begun after this. */
  readonly since: number
}
export type WaitingNotice = {
  /** Of the notice that waits for another attempt; undefined for a new one. */
  readonly id: string | undefined
  readonly frozen: Uint8Array | undefined
  readonly attempts: number
  /** For the next lease. */
  readonly token: number
}
export type NoticeLease = { readonly endpoint: string; readonly token: number }
export type NoticeSending = {
  readonly id: string
  readonly token: number
  readonly frozen: unknown
  readonly at: number
  readonly until: number
}
export type NoticeResult = {
  readonly state: 'delivered' | 'queued' | 'possibly-received' | 'dead'
  readonly notBefore: number | undefined
  readonly lastFailure?: string | undefined
}

/**
 * A dead one waits for an operator. A start in the future was written before the clock jumped back, and counts for
 * nothing, or an address would hear nothing until the clock is there again.
 */
const isFree = ({ now, since }: NoticeTime) => sql`
  (m.endpoint is null or ((m.leased_until is null or m.leased_until <= ${now}) and m.state is distinct from 'dead'
    and coalesce(m.not_before, 0) <= ${now}
    and (m.id is not null or m.started_at is null or m.started_at <= ${since} or m.started_at > ${now})))`

export const nothingUnderWay = sql`id = null, state = null, attempts = 0, not_before = null, frozen = null, created_at = null,
  about = '{}', leased_until = null, last_failure = null`

export const mailNotices = (db: Kysely<Database>): MailNotices => ({
  due: async (places, when) => {
    if (places.length === 0) return []
    const { rows } = await sql<NoticePlace>`
      select p.endpoint, p.inbox from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as p(endpoint text, inbox text)
      left join mail_notice m on m.endpoint = p.endpoint
      where p.endpoint <> all(${stopped}) and ${isFree(when)} and (m.id is not null or exists (
        select from disclosure d where d.endpoint = p.inbox and d.state = 'queued'
          and d.id <> all(coalesce(m.told, '{}'))))
      order by coalesce(m.not_before, m.started_at, 0), p.endpoint`.execute(db)
    return rows
  },
  take: async ({ endpoint }, when) => {
    await later(db, sql`insert into mail_notice (endpoint) values (${endpoint}) on conflict do nothing`)
    const { rows } = await sql<NoticeRow>`
      select m.id, m.frozen, m.attempts, m.lease_token from mail_notice m
      where m.endpoint = ${endpoint} and m.endpoint <> all(${stopped}) and ${isFree(when)} for update skip locked`.execute(
      db,
    )
    const [row] = rows
    if (row === undefined) return undefined
    return {
      id: row.id ?? undefined,
      frozen: row.frozen ?? undefined,
      attempts: row.attempts,
      token: row.lease_token + 1,
    }
  },
  untold: async ({ endpoint, inbox }, most) => {
    const { rows } = await sql<DisclosureRow>`
      select d.* from disclosure d where d.endpoint = ${inbox} and d.state = 'queued'
        and d.id <> all((select told from mail_notice where endpoint = ${endpoint})::uuid[])
      order by d.created_at desc, d.id limit ${most}`.execute(db)
    return rows.map(toDisclosure)
  },
  start: async ({ endpoint, inbox }, { id, token, frozen, at, until }) => {
    await later(
      db,
      sql`
      update mail_notice set id = ${id}, state = 'sending', attempts = attempts + 1, not_before = null,
        frozen = ${encodePayload(frozen)}, created_at = coalesce(created_at, ${at}), started_at = ${at},
        about = array(select d.id from disclosure d where d.endpoint = ${inbox} and d.state = 'queued'),
        lease_token = ${token}, leased_until = ${until}
      where endpoint = ${endpoint}`,
    )
  },
  drop: async (endpoint) => {
    await later(db, sql`update mail_notice set ${nothingUnderWay} where endpoint = ${endpoint}`)
  },
  settle: async ({ endpoint, token }, { state, notBefore, lastFailure }) => {
    const what =
      state === 'delivered'
        ? sql`told = about, ${nothingUnderWay}`
        : sql`state = ${state}, not_before = ${notBefore ?? null}, leased_until = null, last_failure = ${lastFailure ?? null}`
    const { numAffectedRows } = await sql`
      update mail_notice set ${what} where endpoint = ${endpoint} and lease_token = ${token} and state = 'sending'`.execute(
      db,
    )
    return numAffectedRows === 1n
  },
})

type NoticeRow = {
  readonly id: string | null
  readonly frozen: Uint8Array | null
  readonly attempts: number
  readonly lease_token: number
}
