import { type Kysely, type Selectable, sql } from 'kysely'
import { insertRows } from '../insert-rows.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { tables } from '../tables.ts'
import { lockClients } from './lock-clients.ts'

/** Clients inside, and the per-party patient records linked to them. */
export type Clients = {
  /** Which client each of a party's own patient records belongs to. */
  linksOfParty(party: string, patientIds: readonly string[]): Promise<readonly PatientLink[]>
  /** All per-party records of a client. */
  linksOfClient(clientId: string): Promise<readonly PatientLink[]>
  /** Keys are pseudonyms; see `pseudonym.ts`. */
  byIdentifierKeys(keys: readonly string[]): Promise<readonly { readonly key: string; readonly clientId: string }[]>
  /** A client with its identifiers and its first per-party record. */
  create(client: NewClient, keys: readonly string[], link: PatientLink): Promise<void>
  addIdentifierKeys(clientId: string, keys: readonly string[]): Promise<void>
  dropIdentifierKeys(clientId: string, keys: readonly string[]): Promise<void>
  link(link: PatientLink): Promise<void>
  quarantine(row: { id: string; party: string; patientId: string; reason: string; at: number }): Promise<void>
  /**
   * Locks the clients' consent epochs and reads them. `share` keeps a withdrawal from committing in between; `update`
   * is for whoever changes consents or the team. Always in id order, so that two transactions cannot wait in a ring.
   */
  lock(ids: readonly string[], mode: 'share' | 'update'): Promise<readonly Client[]>
  /** Locks them without looking: what is read by later statements is as of after the lock. */
  hold(ids: readonly string[], mode: 'share' | 'update'): Promise<void>
  /** INVARIANT (withdrawal is linear): after a bump commits, nothing decided under the old epoch can start sending. */
  bumpEpoch(id: string): Promise<void>
  setFlags(
    id: string,
    flags: { deceased: boolean; nonDisclosure: boolean; birthDate: string | undefined },
  ): Promise<void>
  /** A death that was recorded in error. */
  undoDeath(id: string): Promise<void>
  /** No record protects her any more. */
  liftNonDisclosure(id: string): Promise<void>
  /** The party's own name for the client (`Patient/{id}`), made on first need. */
  handle(party: string, clientId: string, newId: string): Promise<string>
}

export type PatientLink = {
  readonly party: string
  readonly patientId: string
  readonly clientId: string
  readonly state: 'linked' | 'quarantined'
  readonly birthDate: string | undefined
  readonly familyKey: string | undefined
  readonly givenKey: string | undefined
}
export type Client = {
  readonly id: string
  readonly epoch: number
  readonly birthDate: string | undefined
  readonly deceased: boolean
  readonly nonDisclosure: boolean
}
export type NewClient = Omit<Client, 'epoch'> & { readonly createdAt: number }

export const clients = (db: Kysely<Database>): Clients => ({
  linksOfParty: async (party, patientIds) => {
    if (patientIds.length === 0) return []
    const rows = await db
      .selectFrom('patient_link')
      .selectAll()
      .where('party', '=', party)
      .where('patient_id', 'in', patientIds)
      .execute()
    return rows.map(toLink)
  },
  linksOfClient: async (clientId) =>
    (await db.selectFrom('patient_link').selectAll().where('client_id', '=', clientId).execute()).map(toLink),
  byIdentifierKeys: async (keys) => {
    if (keys.length === 0) return []
    const rows = await db.selectFrom('client_identifier').selectAll().where('key', 'in', keys).execute()
    return rows.map((row) => ({ key: row.key, clientId: row.client_id }))
  },
  create: async ({ id, birthDate, deceased, nonDisclosure, createdAt }, keys, link) => {
    const made = { id, birth_date: birthDate, deceased, non_disclosure: nonDisclosure, created_at: createdAt }
    await insertRows(
      db,
      { into: tables.client, rows: [made] },
      { into: tables.clientIdentifier, rows: keys.map((key) => ({ key, client_id: id })) },
      { into: tables.patientLink, rows: [fromLink(link)] },
    )
  },
  addIdentifierKeys: (clientId, keys) =>
    insertRows(db, { into: tables.clientIdentifier, rows: keys.map((key) => ({ key, client_id: clientId })) }),
  dropIdentifierKeys: async (clientId, keys) => {
    if (keys.length === 0) return
    await later(db, db.deleteFrom('client_identifier').where('client_id', '=', clientId).where('key', 'in', keys))
  },
  link: (link) => insertRows(db, { into: tables.patientLink, rows: [fromLink(link)] }),
  quarantine: async ({ id, party, patientId, reason, at }) => {
    await later(db, db.insertInto('quarantine').values({ id, party, patient_id: patientId, reason, created_at: at }))
  },
  lock: async (ids, mode) => {
    if (ids.length === 0) return []
    const { rows } = await locking(ids, mode).execute(db)
    return rows.map(toClient)
  },
  hold: async (ids, mode) => {
    if (ids.length > 0) await later(db, locking(ids, mode))
  },
  bumpEpoch: async (id) => {
    await later(
      db,
      db
        .updateTable('client')
        .set({ epoch: sql`epoch + 1` })
        .where('id', '=', id),
    )
  },
  setFlags: async (id, { deceased, nonDisclosure, birthDate }) => {
    await later(
      db,
      db
        .updateTable('client')
        .set({
          deceased: sql`deceased or ${deceased}`,
          non_disclosure: sql`non_disclosure or ${nonDisclosure}`,
          birth_date: sql`coalesce(birth_date, ${birthDate ?? null})`,
          epoch: sql`epoch + 1`,
        })
        .where('id', '=', id),
    )
  },
  undoDeath: async (id) => {
    await later(
      db,
      db
        .updateTable('client')
        .set({ deceased: false, epoch: sql`epoch + 1` })
        .where('id', '=', id),
    )
  },
  liftNonDisclosure: async (id) => {
    await later(
      db,
      db
        .updateTable('client')
        .set({ non_disclosure: false, epoch: sql`epoch + 1` })
        .where('id', '=', id),
    )
  },
  handle: async (party, clientId, newId) => {
    // A name that another transaction has just made cannot be seen by this statement: only writing to its row tells it.
    const { rows } = await sql<{ patient_id: string }>`
      with known as (select patient_id from patient_link where client_id = ${clientId} and party = ${party}),
      made as (
        insert into patient_link (party, patient_id, client_id, state)
        select ${party}, ${newId}::uuid, ${clientId}::uuid, 'linked' where not exists (select from known)
        on conflict (client_id, party) do update set party = excluded.party returning patient_id)
      select patient_id from known union all select patient_id from made`.execute(db)
    const [row] = rows
    if (row === undefined) throw new Error('a client has no name for a party')
    return row.patient_id
  },
})

const locking = (ids: readonly string[], mode: 'share' | 'update') =>
  lockClients<Selectable<Database['client']>>(sql`${[...ids]}::uuid[]`, mode, sql`*`)

export const toClient = (row: Selectable<Database['client']>): Client => ({
  id: row.id,
  epoch: row.epoch,
  birthDate: row.birth_date ?? undefined,
  deceased: row.deceased,
  nonDisclosure: row.non_disclosure,
})

const fromLink = (link: PatientLink): Database['patient_link'] => ({
  party: link.party,
  patient_id: link.patientId,
  client_id: link.clientId,
  state: link.state,
  birth_date: link.birthDate ?? null,
  family_key: link.familyKey ?? null,
  given_key: link.givenKey ?? null,
})

const toLink = (row: Database['patient_link']): PatientLink => ({
  party: row.party,
  patientId: row.patient_id,
  clientId: row.client_id,
  state: row.state,
  birthDate: row.birth_date ?? undefined,
  familyKey: row.family_key ?? undefined,
  givenKey: row.given_key ?? undefined,
})
