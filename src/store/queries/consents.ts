import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { ConsentRecord } from '../../consent/consent-record.ts'
import { termOf } from '../../consent/term.ts'
import type { ConsentEventKind } from '../../domain/log-entry.ts'
import { decodeOwn, encodePayload } from '../codec.ts'
import { insertRows } from '../insert-rows.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { tables } from '../tables.ts'

/** Consents as the engine reads them, one row a consent, its current version. */
export type Consents = {
  ofClient(clientId: string): Promise<readonly ConsentRecord[]>
  /** The same with who recorded them, in the order of their ids. */
  storedOf(clientId: string): Promise<readonly StoredConsent[]>
  /** Names (`Consent/{id}`) of a client's consents that one party recorded. */
  recordedBy(party: string, clientId: string): Promise<readonly string[]>
  /** A consent's current version, and what happened to it for the client's own log. */
  put(consent: StoredConsent, event: ClientEvent): Promise<void>
  /** Consents in force that end after one instant and before another, of whose end nobody was reminded; the soonest. */
  endingBetween(after: number, before: number): Promise<readonly EndingConsent[]>
  markReminded(ids: readonly string[]): Promise<void>
}

export type StoredConsent = {
  readonly id: string
  readonly clientId: string
  readonly party: string
  readonly version: number
  readonly record: ConsentRecord
}
export type EndingConsent = Pick<StoredConsent, 'id' | 'clientId' | 'party'>
export type ClientEvent = {
  readonly id: string
  readonly clientId: string
  readonly kind: ConsentEventKind
  readonly consent: string
  readonly party: string
  readonly at: number
}

export const consents = (db: Kysely<Database>): Consents => ({
  ofClient: async (clientId) => {
    const rows = await db
      .selectFrom('consent')
      .select('payload')
      .where('client_id', '=', clientId)
      .orderBy('id')
      .execute()
    return rows.map(({ payload }) => decodeOwn<ConsentRecord>(payload))
  },
  storedOf: async (clientId) => {
    const rows = await db.selectFrom('consent').selectAll().where('client_id', '=', clientId).orderBy('id').execute()
    return rows.map(({ id, party, version, payload }) => ({
      id,
      clientId,
      party,
      version,
      record: decodeOwn<ConsentRecord>(payload),
    }))
  },
  recordedBy: async (party, clientId) => {
    const rows = await db
      .selectFrom('consent')
      .select('id')
      .where('client_id', '=', clientId)
      .where('party', '=', party)
      .execute()
    return rows.map(({ id }) => `Consent/${id}`)
  },
  put: async ({ id, clientId, party, version, record }, event) => {
    const payload = encodePayload(record)
    const digest = createHash('sha256').update(payload).digest('hex')
    const until = termOf(record)?.until
    const ends_at = until === undefined || until === Infinity ? null : until
    const row = { id, client_id: clientId, party, version, status: record.status, digest, payload, ends_at }
    await insertRows(db, { into: tables.consent, rows: [row] }, { into: tables.clientEvent, rows: [fromEvent(event)] })
  },
  endingBetween: async (after, before) => {
    const rows = await db
      .selectFrom('consent')
      .select(['id', 'client_id', 'party'])
      .where('status', '=', 'active')
      .where('ends_at', '>', after)
      .where('ends_at', '<', before)
      .whereRef('reminded_of', 'is distinct from', 'ends_at')
      .orderBy('ends_at')
      .limit(100)
      .execute()
    return rows.map(({ id, client_id: clientId, party }) => ({ id, clientId, party }))
  },
  markReminded: async (ids) => {
    if (ids.length === 0) return
    await later(
      db,
      db
        .updateTable('consent')
        .set({ reminded_of: sql`ends_at` })
        .where('id', 'in', ids),
    )
  },
})

const fromEvent = ({ id, clientId, kind, consent, party, at }: ClientEvent) => ({
  id,
  client_id: clientId,
  kind,
  consent,
  party,
  at,
})
