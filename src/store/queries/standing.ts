import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { ConsentRecord } from '../../consent/consent-record.ts'
import type { Standing } from '../../consent/decide-disclosure.ts'
import { decodeOwn } from '../codec.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { toClient } from './clients.ts'
import { lockClients } from './lock-clients.ts'

/** What decisions about clients rest on, by client id, in one round trip: every sending and every reading asks for it. */
export type Standings = {
  /** Under READ COMMITTED as of this statement: lock the clients first, by a statement sent before. */
  of(clientIds: readonly string[]): Promise<ReadonlyMap<string, Standing>>
  /** Of the clients behind a party's own Patients, which are locked against a withdrawal first. */
  lockBehind(party: string, patientIds: readonly string[]): Promise<ReadonlyMap<string, Standing>>
}

export const standings = (db: Kysely<Database>): Standings => ({
  of: async (ids) => (ids.length === 0 ? new Map() : read(db, sql`${ids}::uuid[]`)),
  lockBehind: async (party, patientIds) => {
    if (patientIds.length === 0) return new Map()
    const ids = sql`array(
      select client_id from patient_link where party = ${party} and patient_id = any(${patientIds}::uuid[]))`
    await later(db, lockClients(ids, 'share', sql``))
    return read(db, ids)
  },
})

const read = async (db: Kysely<Database>, ids: RawBuilder<unknown>): Promise<ReadonlyMap<string, Standing>> => {
  const [clients, { rows }] = await Promise.all([
    sql<Selectable<Database['client']>>`select * from client where id = any(${ids})`.execute(db),
    sql<StandingRow>`
      select 'consent' as kind, client_id, payload, null as party, null as sender, null::bigint as from_at,
        null::bigint as until_at, null::boolean as live, id::text as id from consent where client_id = any(${ids})
      union all select 'member', client_id, null, party, null, from_at, until_at, null, care_team_id::text
        from care_team_member where client_id = any(${ids})
      union all select 'referral', client_id, null, performer, sender, null, null, live, service_request_id::text
        from referral where client_id = any(${ids})
      order by kind, id, party`.execute(db),
  ])
  return new Map(clients.rows.map((client) => [client.id, standingFrom(toClient(client), rows)]))
}

const standingFrom = (client: Standing['client'], all: readonly StandingRow[]): Standing => {
  const rows = all.filter(({ client_id: owner }) => owner === client.id)
  return {
    client,
    consents: rows.flatMap(({ payload }) => (payload === null ? [] : [decodeOwn<ConsentRecord>(payload)])),
    members: rows.flatMap(({ kind, id, party, from_at, until_at }) =>
      kind === 'member' && party !== null
        ? [{ team: id, party, from: from_at ?? undefined, until: until_at ?? undefined }]
        : [],
    ),
    referrals: rows.flatMap(({ kind, party, sender, live }) =>
      kind === 'referral' && party !== null && sender !== null
        ? [{ performer: party, sender, live: live === true }]
        : [],
    ),
  }
}

type StandingRow = {
  readonly id: string
  readonly kind: 'consent' | 'member' | 'referral'
  readonly client_id: string
  readonly payload: Uint8Array | null
  readonly party: string | null
  readonly sender: string | null
  readonly from_at: number | null
  readonly until_at: number | null
  readonly live: boolean | null
}
