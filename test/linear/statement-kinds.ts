import type { StatementName } from './model/step.ts'

/**
 * Which step of the model a real statement is, by what its text says. The store's own names for statements are numbers, and
 * a text that nobody knows here fails whoever asks: a new statement has to be put into the model, or beside it on purpose.
 */
const steps: readonly (readonly [RegExp, StatementName])[] = [
  [/^with turn as .* select (?:\* )?from client where .* for update$/, 'hold clients for update'],
  [/^with turn as .* select (?:\* )?from client where .* for share$/, 'hold clients for share'],
  [/^select \* from client where /, 'read clients'],
  [/^select 'consent' as kind/, 'read what decisions rest on'],
  [/insert into consent \(/, 'put consent'],
  [/^delete from "care_team_member"/, 'put care team'],
  [/^insert into referral/, 'put referral'],
  [/^update "client" set "epoch"/, 'bump epoch'],
  [/^with due as materialized .* for share of c skip locked for update of l skip locked/, 'claim lanes'],
  [/^with mine as materialized .* for share of c skip locked for update of l skip locked/, 'keep leases'],
  [/^update lane set leased_until = null/, 'release leases'],
  [/^select d\.\*, l\.next_delivery/, 'read heads'],
  [/^update disclosure set delivery_number = null/, 'give way'],
  [/^with s as materialized .* set state = 'sending'/, 'start sendings'],
  [/^update disclosure set state = s\.state/, 'settle sendings'],
  [/^select \* from "disclosure" where "client_id" = \$1 and "state" in .* for update$/, 'lock open items'],
  [/^select from lane where .* for update$/, 'lock lanes of items'],
  [/^with gone as \( update disclosure/, 'give numbers back'],
  [/^with item as \( .* insert into lane .* insert into disclosure/, 'enqueue'],
  [/^update disclosure set state = 'superseded', settled_at/, 'supersede items'],
  [/^update disclosure set state = 'superseded', not_before/, 'take items back'],
  [/^select \* from disclosure where update_id in /, 'read what was taken back'],
  [/insert into update_record \(/, 'put update'],
  [/^select \* from "update_record" where "id" = /, 'read update'],
  [/^delete from "update_record"/, 'erase update'],
  [/^select distinct "recipient" from "disclosure"/, 'read who was told'],
  [/^insert into endpoint_counter/, 'open inbox'],
  [/^select \* from "disclosure" where "endpoint" = \$1 and "state" = /, 'read unseen items'],
  [/^select \* from "disclosure" where "endpoint" = \$1 and "channel" = /, 'read shown items'],
  [/^with open as \(select id from disclosure/, 'show item'],
  [/^commit$/, 'commit'],
  [/^rollback$/, 'rollback'],
]

/** What neither locks, nor writes, nor reads anything that decides what is sent and read. */
const besides: readonly RegExp[] = [
  /^begin$/,
  // The caller's own records, by which a submission finds its client.
  /^select k\.key, r\.\* from resource_identifier/,
  /^select \* from "(?:resource|patient_link|client_identifier)" where /,
  /^select \* from "referral" where "task_id" = /,
  // For findings about a consent, and to tell a new version from the first; the client is held for update.
  /^select "(?:payload|id)" from "consent" where /,
  // Referrals that wait for the client's answer are queued anew, by `enqueue`.
  /^select \* from "disclosure" where "state" = \$1 and "client_id" = \$2 order by "created_at", "category"$/,
  // Which messages a resource was told by never changes.
  /^select \* from "update_record" where "resource_id" = /,
  // Refused or held from the beginning: never in a lane.
  /^insert into "disclosure" \("id", "kind"/,
  // What stops an endpoint for everybody; it starts nothing.
  /\bendpoint_state\b/,
  // The party's name for the client, made once.
  /^with known as \(select patient_id from patient_link/,
  /^with old as \( select id, type,[^)]* from resource where /,
  /^(?:delete from|insert into) "resource_identifier"/,
]

/** One statement may insert into several tables; these decide nothing. */
const plainTables = new Set(['audit_event', 'resource', 'resource_identifier', 'client_event', 'care_team_member'])

/** @returns undefined for what stands beside the model. @throws for a statement that nobody has thought about. */
export const stepOf = (sql: string): StatementName | undefined => {
  const text = sql.replaceAll(/\s+/g, ' ').trim()
  const known = steps.find(([pattern]) => pattern.test(text))
  if (known !== undefined) return known[1]
  if (besides.some((pattern) => pattern.test(text)) || isPlainInsert(text)) return undefined
  throw new Error(`a statement the model does not know: ${text}`)
}

const isPlainInsert = (text: string): boolean => {
  const tables = [...text.matchAll(/insert into (\w+)/g)].map(([, table]) => table ?? '')
  return tables.length > 0 && tables.every((table) => plainTables.has(table))
}
