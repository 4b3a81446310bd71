import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from '../schema.ts'
import { type Disclosure, type DisclosureRow, toDisclosure } from './disclosure-row.ts'
import { nothingUnderWay } from './mail-notices.ts'
import type { Operations } from './operations.ts'

/** The operator's side of notices by e-mail, in the words of `Operations`: a notice looks like an item without a client. */
export const mailNoticeOperations = (db: Kysely<Database>): Pick<Operations, 'dead' | 'replay' | 'skip'> => {
  const read = async (statement: RawBuilder<DisclosureRow>): Promise<readonly Disclosure[]> =>
    (await statement.execute(db)).rows.map(toDisclosure)
  return {
    dead: ({ endpoint, most }) =>
      read(sql<DisclosureRow>`
        select ${columns} from mail_notice
        where state = 'dead' and (${endpoint ?? null}::text is null or endpoint = ${endpoint ?? null})
        order by created_at, endpoint limit ${most}`),
    replay: ({ id, endpoint, since, until, at }) =>
      read(sql<DisclosureRow>`
        update mail_notice set attempts = 0, not_before = null,
          state = case when state = 'possibly-received' then state else 'queued' end
        where (state = 'dead' or state in ('queued', 'possibly-received') and not_before > ${at})
          and (${id ?? null}::uuid is null or id = ${id ?? null}::uuid)
          and (${endpoint ?? null}::text is null or endpoint = ${endpoint ?? null})
          and created_at >= ${since ?? 0} and created_at <= ${until ?? at}
        returning ${columns}`),
    skip: async (id) => {
      const [waiting] = await read(sql<DisclosureRow>`
        select ${columns} from mail_notice
        where id = ${id} and state in ('queued', 'possibly-received', 'dead') for update`)
      if (waiting === undefined) return undefined
      await sql`update mail_notice set told = about, ${nothingUnderWay} where id = ${id}`.execute(db)
      return waiting
    },
  }
}

const columns = sql`id, 'notice' as kind, endpoint, 'notice' as channel, null as client_id, '' as sender, '' as recipient,
  state, null as category, null as level, null as template, null as purpose, null as update_id, null as source,
  null as reason, '[]'::jsonb as basis, attempts, not_before, null::bigint as delivery_number, null::bytea as frozen,
  created_at, started_at as sent_at, started_at as settled_at, null::bigint as read_at,
  null::bigint as may_arrive_until, last_failure, false as urgent`

/** Rows for `Operations.backlog`: there is at most one notice an address. */
export const mailNoticeBacklog = (stuckBefore: number): RawBuilder<unknown> => sql`
  select endpoint, (state in ('queued', 'possibly-received'))::int::bigint, (state = 'sending')::int::bigint,
    (state = 'dead')::int::bigint, (state = 'dead')::int::bigint, (created_at < ${stuckBefore})::int::bigint, created_at
  from mail_notice where state is not null`

/** Rows for `openLanes`, each notice as a lane of its own. */
export const mailNoticeLanes = (which: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  select endpoint, null::uuid, 1::bigint, created_at, id, state, attempts, not_before, last_failure, null::bigint, leased_until
  from mail_notice where state is not null and ${which}`
