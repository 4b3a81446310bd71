import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { ConsentRecord } from '../../consent/consent-record.ts'
import type { ConsentEventKind } from '../../domain/log-entry.ts'
import { decodeOwn, encodePayload } from '../codec.ts'
import { insertRows } from '../insert-rows.ts'
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
}

export type StoredConsent = {
  readonly id: string
  readonly clientId: string
  readonly party: string
  readonly version: number
  readonly record: ConsentRecord
}
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
    const row = { id, client_id: clientId, party, version, status: record.status, digest, payload }
    await insertRows(db, { into: tables.consent, rows: [row] }, { into: tables.clientEvent, rows: [fromEvent(event)] })
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
