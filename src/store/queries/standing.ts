import { type Kysely, sql } from 'kysely'
import type { ConsentRecord } from '../../consent/consent-record.ts'
import type { Standing } from '../../consent/decide-disclosure.ts'
import { decodeOwn } from '../codec.ts'
import type { Database } from '../schema.ts'
import { clients } from './clients.ts'

/**
 * What decisions about clients rest on, by client id, in one round trip: every sending and every reading asks for it.
 * Under READ COMMITTED it is as of this statement: lock the clients first, by a statement sent before.
 */
export type ReadStandings = (clientIds: readonly string[]) => Promise<ReadonlyMap<string, Standing>>

export const readStandings =
  (db: Kysely<Database>): ReadStandings =>
  async (ids) => {
    if (ids.length === 0) return new Map()
    const reading = clients(db).read(ids)
    const { rows } = await sql<StandingRow>`
      select 'consent' as kind, client_id, payload, null as party, null as sender, null::bigint as from_at,
        null::bigint as until_at, null::boolean as live, id::text as id from consent where client_id = any(${ids}::uuid[])
      union all select 'member', client_id, null, party, null, from_at, until_at, null, care_team_id::text
        from care_team_member where client_id = any(${ids}::uuid[])
      union all select 'referral', client_id, null, performer, sender, null, null, live, service_request_id::text
        from referral where client_id = any(${ids}::uuid[])
      order by kind, id, party`.execute(db)
    return new Map((await reading).map((client) => [client.id, standingFrom(client, rows)]))
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
