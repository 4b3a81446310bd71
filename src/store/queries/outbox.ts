import { type Kysely, sql } from 'kysely'
import { type Permit, spendPermit } from '../../consent/decide.ts'
import { clientIdentity, type Identity } from '../../domain/identity.ts'
import type { InformationCode } from '../../domain/information.ts'
import type { Endpoint } from '../../domain/party.ts'
import type { NoticeTemplate, RefusalReason } from '../../domain/refusal.ts'
import type { Signals } from '../hints.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { type Disclosure, type DisclosureRow, toDisclosure } from './disclosure-row.ts'
import { skip } from './lanes.ts'

/**
 * What is to be told, and what was refused. Only here does anything enter a lane: with a permit of its own, or as a
 * content-free notice.
 */
export type Outbox = {
  /** @throws when a permit is not genuine, was used before or is for another piece of information: a bug. */
  enqueue(items: readonly { readonly permit: Permit; readonly item: QueueItem }[]): Promise<void>
  /** Content-free service messages; no permit, fixed templates. */
  notify(notices: readonly NoticeItem[]): Promise<void>
  /** Refused on arrival: a reference, the coded reason and the audit remain, not the content. */
  refuse(items: readonly RefusedItem[]): Promise<void>
  /** A referral without consent waits with its content. */
  hold(items: readonly RefusedItem[]): Promise<void>
  heldOf(clientId: string): Promise<readonly HeldItem[]>
  heldBefore(instant: number): Promise<readonly HeldItem[]>
  dropHeld(ids: readonly string[], state: 'expired' | 'queued', at: number): Promise<void>
  /** An answer came, and it was no. */
  refuseHeld(id: string, reason: RefusalReason, at: number): Promise<void>
  /** Undelivered and held items of an update that a newer version has overtaken. */
  supersede(resourceId: string, at: number): Promise<void>
  /** Whether a version of it stands in a lane and may have left. Call after `supersede`. */
  isBeingTried(resourceId: string): Promise<boolean>
  /**
   * Ends what is still open of updates that are taken back, dead letters too. @returns what may have reached its
   * recipient, sendings under way among it, in the order of each lane.
   */
  takeBack(updateIds: readonly string[], at: number): Promise<readonly Disclosure[]>
}

export type QueueItem = {
  readonly id: string
  readonly endpoint: string
  readonly channel: Endpoint['channel']
  readonly clientId: string
  readonly sender: string
  readonly recipient: string
  /** All names of the recipient, as the decision knew them. */
  readonly recipientNames: readonly Identity[]
  readonly information: InformationCode
  readonly purpose: string
  readonly updateId: string
  /** How the sender knows it: `Communication/…`. */
  readonly source: string
  /** Goes before what waits in its lane. */
  readonly urgent: boolean
  readonly at: number
}
export type NoticeItem = Omit<
  QueueItem,
  'urgent' | 'information' | 'purpose' | 'updateId' | 'source' | 'recipientNames'
> & {
  readonly template: NoticeTemplate
}
export type RefusedItem = {
  readonly id: string
  readonly clientId: string | undefined
  readonly sender: string
  readonly recipient: string
  readonly category: string
  readonly purpose: string | undefined
  readonly updateId: string | undefined
  readonly source: string
  readonly reason: RefusalReason
  readonly at: number
}
export type HeldItem = {
  readonly id: string
  readonly clientId: string
  readonly sender: string
  readonly recipient: string
  readonly category: string
  readonly updateId: string
  readonly source: string
}

export const outbox = (db: Kysely<Database>, signals: Signals): Outbox => ({
  enqueue: async (items) => {
    for (const { permit, item } of items) useUp(permit, item)
    await intoLanes(
      db,
      signals,
      items.map(({ permit, item }) => ({
        ...common(item),
        kind: 'update',
        category: item.information.category,
        level: item.information.level ?? null,
        template: null,
        purpose: item.purpose,
        update_id: item.updateId,
        source: item.source,
        urgent: item.urgent,
        basis: permit.record.basis.map(({ consent, version }) => `${consent}/_history/${version}`),
      })),
    )
  },
  notify: async (notices) => {
    const rows = notices.map((notice) => ({
      ...common(notice),
      kind: 'notice',
      category: null,
      level: null,
      template: notice.template,
      purpose: null,
      update_id: null,
      source: null,
      urgent: false,
      basis: [],
    }))
    await intoLanes(db, signals, rows)
  },
  refuse: async (items) => {
    await settled(db, items, 'refused')
  },
  hold: async (items) => {
    await settled(db, items, 'held')
  },
  heldOf: async (clientId) => (await held(db).where('client_id', '=', clientId).execute()).map(toHeld),
  heldBefore: async (instant) => (await held(db).where('created_at', '<', instant).limit(100).execute()).map(toHeld),
  dropHeld: async (ids, state, at) => {
    if (ids.length === 0) return
    // A held referral that may now be told is told by new rows, one an endpoint; the waiting row itself ends.
    const ended = state === 'queued' ? 'superseded' : 'expired'
    await later(db, db.updateTable('disclosure').set({ state: ended, settled_at: at }).where('id', 'in', ids))
  },
  refuseHeld: async (id, reason, at) => {
    await later(db, db.updateTable('disclosure').set({ state: 'refused', reason, settled_at: at }).where('id', '=', id))
  },
  supersede: async (resourceId, at) => {
    const undelivered = sql`state in ('queued', 'held') and sent_at is null
      and update_id in (select id from update_record where resource_id = ${resourceId})`
    await skip(db, undelivered, at)
    await later(db, sql`update disclosure set state = 'superseded', settled_at = ${at} where ${undelivered}`)
  },
  isBeingTried: async (resourceId) => {
    const { rows } = await sql<{ readonly tried: boolean }>`
      select exists (select from disclosure where channel <> 'inbox'
        and state in ('queued', 'sending', 'possibly-received', 'dead')
        and update_id in (select id from update_record where resource_id = ${resourceId})) as tried`.execute(db)
    return rows[0]?.tried === true
  },
  takeBack: async (updateIds, at) => {
    if (updateIds.length === 0) return []
    const theirs = sql`update_id in (${sql.join(updateIds)})`
    const open = sql`${theirs} and state in ('queued', 'possibly-received', 'dead')`
    await skip(db, open, at)
    await later(
      db,
      sql`update disclosure set state = 'superseded', not_before = null, settled_at = ${at} where ${open}`,
    )
    const { rows } = await sql<DisclosureRow>`
      select * from disclosure where ${theirs} and sent_at is not null order by endpoint, position`.execute(db)
    return rows.map(toDisclosure)
  },
})

/** INVARIANT (a permit is for one disclosure): it is spent here, and only on what it was decided for. */
const useUp = (permit: Permit, item: QueueItem): void => {
  spendPermit(permit)
  const { information } = permit
  const same =
    permit.client.includes(clientIdentity(item.clientId)) &&
    permit.recipient.some((name) => item.recipientNames.includes(name)) &&
    information?.category === item.information.category &&
    information.level === item.information.level
  if (!same || permit.record.outcome !== 'permit') throw new Error('permit was decided for something else')
}

type Row = Record<string, unknown> & { readonly endpoint: string; readonly client_id: string; readonly channel: string }

const common = (item: Omit<NoticeItem, 'template'>) => ({
  id: item.id,
  endpoint: item.endpoint,
  channel: item.channel,
  client_id: item.clientId,
  sender: item.sender,
  recipient: item.recipient,
  created_at: item.at,
})

/**
 * One statement for lanes and items: positions come from the lane's own counter under its row lock,
 * so they are in commit order (a sequence is not). An inbox lane is never due: its items wait to be read.
 */
const intoLanes = async (db: Kysely<Database>, signals: Signals, rows: readonly Row[]): Promise<void> => {
  if (rows.length === 0) return
  for (const { channel, endpoint, client_id: clientId } of rows) {
    if (channel === 'inbox') signals.hint('inboxes')
    else signals.queued({ endpoint, clientId })
  }
  const nth = new Map<string, number>()
  const numbered = rows.map((row) => {
    const lane = `${row.endpoint} ${row.client_id}`
    const n = (nth.get(lane) ?? 0) + 1
    nth.set(lane, n)
    return { ...row, n }
  })
  await later(
    db,
    sql`
    with item as (
      select * from jsonb_to_recordset(${JSON.stringify(numbered)}::jsonb) as i(
        id uuid, kind text, endpoint text, channel text, client_id uuid, sender text, recipient text, category text,
        level text, template text, purpose text, update_id uuid, source text, urgent boolean, basis jsonb, created_at bigint,
        n integer)),
    grouped as (
      select endpoint, client_id, count(*) as many,
        min(created_at) filter (where channel <> 'inbox') as due from item group by endpoint, client_id
      order by endpoint, client_id),
    numbering as (
      insert into lane (endpoint, client_id, next_position, due_at)
      select endpoint, client_id, 1 + many, due from grouped
      on conflict (endpoint, client_id) do update set
        next_position = lane.next_position + excluded.next_position - 1,
        due_at = least(lane.due_at, excluded.due_at)
      returning endpoint, client_id, next_position),
    queued as (
      insert into disclosure (id, kind, endpoint, channel, client_id, sender, recipient, position, state, category, level,
        template, purpose, update_id, source, urgent, basis, created_at)
      select i.id, i.kind, i.endpoint, i.channel, i.client_id, i.sender, i.recipient,
        l.next_position - 1 - g.many + i.n, 'queued', i.category, i.level, i.template, i.purpose, i.update_id, i.source,
        i.urgent, i.basis, i.created_at
      from item i join grouped g using (endpoint, client_id) join numbering l using (endpoint, client_id))
    select 1`,
    { apart: true },
  )
}

const settled = async (
  db: Kysely<Database>,
  items: readonly RefusedItem[],
  state: 'refused' | 'held',
): Promise<void> => {
  if (items.length === 0) return
  await later(
    db,
    db.insertInto('disclosure').values(
      items.map((item) => ({
        id: item.id,
        kind: 'update' as const,
        endpoint: null,
        channel: null,
        client_id: item.clientId ?? null,
        sender: item.sender,
        recipient: item.recipient,
        state,
        category: item.category,
        purpose: item.purpose ?? null,
        update_id: item.updateId ?? null,
        source: item.source,
        reason: item.reason,
        basis: '[]',
        created_at: item.at,
        settled_at: state === 'refused' ? item.at : null,
      })),
    ),
    { apart: true },
  )
}

const held = (db: Kysely<Database>) =>
  // Identity before referral, which arrived at the same moment: a team learns who, then what for.
  db.selectFrom('disclosure').selectAll().where('state', '=', 'held').orderBy('created_at').orderBy('category')

const toHeld = (row: {
  readonly id: string
  readonly client_id: string | null
  readonly sender: string
  readonly recipient: string
  readonly category: string | null
  readonly update_id: string | null
  readonly source: string | null
}): HeldItem => ({
  id: row.id,
  clientId: row.client_id ?? '',
  sender: row.sender,
  recipient: row.recipient,
  category: row.category ?? '',
  updateId: row.update_id ?? '',
  source: row.source ?? '',
})
