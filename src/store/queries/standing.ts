import { type Kysely, sql } from 'kysely'
import type { ConsentRecord } from '../../consent/consent-record.ts'
import type { Standing } from '../../consent/decide-disclosure.ts'
import { decodeOwn } from '../codec.ts'
import type { Database } from '../schema.ts'

/** Consents, team and live referrals of a client in one round trip: every sending and every reading asks for them. */
export type ReadStanding = (client: Standing['client']) => Promise<Standing>

export const readStanding =
  (db: Kysely<Database>): ReadStanding =>
  async (client) => {
    const { rows } = await sql<StandingRow>`
      select 'consent' as kind, payload, null as party, null as sender, null::bigint as from_at, null::bigint as until_at,
        null::boolean as live, id::text as id from consent where client_id = ${client.id}
      union all select 'member', null, party, null, from_at, until_at, null, care_team_id::text
        from care_team_member where client_id = ${client.id}
      union all select 'referral', null, performer, sender, null, null, live, service_request_id::text
        from referral where client_id = ${client.id}
      order by kind, id, party`.execute(db)
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
  readonly payload: Uint8Array | null
  readonly party: string | null
  readonly sender: string | null
  readonly from_at: number | null
  readonly until_at: number | null
  readonly live: boolean | null
}
