import { decodePayload } from '../src/store/codec.ts'
import type { Database } from './database.ts'
import type { Consented, Evidence, Item, Recorded, Sending } from './evidence.ts'

/** What the database holds at the end of a run. Only rows that are written once tell when something was committed. */
export const readRows = async (
  database: Database,
): Promise<Pick<Evidence, 'recorded' | 'items' | 'sendings' | 'consents'>> => {
  const recorded = await database.rows<Recorded & { readonly record: string }>(RECORDED)
  return {
    recorded: new Map(recorded.map((row) => [row.record, row])),
    items: (await database.rows<ItemRow>(ITEMS)).map(toItem),
    sendings: await database.rows<Sending>(SENDINGS),
    consents: await readConsents(database),
  }
}

/** Items a worker still has to do something about. */
export const OPEN = `select count(*)::int as count from disclosure
  where channel = 'webhook' and state in ('queued', 'sending', 'possibly-received')`

/** Microseconds since 1970 at which the transaction that wrote a row was committed. */
export const committed = (table: string): string =>
  `(extract(epoch from pg_xact_commit_timestamp(${table}.xmin)) * 1000000)::bigint`

const RECORDED = `
  select u.resource_id || ' ' || u.category as record, u.client_id as client, ${committed('u')} as at, 'message' as kind
  from update_record u
  union all
  select e.consent, e.client_id, ${committed('e')}, 'consent' from client_event e`

const ITEMS = `
  select d.id, d.kind, d.channel, d.endpoint, d.recipient, d.client_id as client,
    u.resource_id || ' ' || u.category as record, d.state, d.delivery_number as number, ${committed('d')} as at,
    d.sent_at is not null as "mayHaveLeft", d.urgent
  from disclosure d left join update_record u on u.id = d.update_id
  where d.endpoint is not null`

const SENDINGS = `
  select a.disclosure_id as item, ${committed('a')} as at from audit_event a
  where a.kind = 'disclosure' and a.outcome in ('sending', 'read')`

const EVENTS = `select client_id as client, kind, consent, ${committed('client_event')} as at from client_event`

type ItemRow = Omit<Item, 'record' | 'number'> & { readonly record: string | null; readonly number: number | null }

const toItem = (row: ItemRow): Item => ({ ...row, record: row.record ?? undefined, number: row.number ?? undefined })

/** Every consent of a run names one recipient. */
const readConsents = async (database: Database): Promise<readonly Consented[]> => {
  const resources = await database.rows<{ id: string; payload: Uint8Array }>(
    `select id, payload from resource where type = 'Consent'`,
  )
  const recipients = new Map(resources.map(({ id, payload }) => [id, recipientOf(decodePayload(payload))]))
  const events = await database.rows<{ client: string; kind: string; consent: string; at: number }>(EVENTS)
  const ends = new Map(
    events.flatMap(({ kind, consent, at }) => (kind === 'consent-withdrawn' ? [[idIn(consent), at] as const] : [])),
  )
  return events
    .filter(({ kind }) => kind === 'consent-recorded')
    .map(({ client, consent, at }) => {
      const id = idIn(consent)
      return { client, recipient: recipients.get(id) ?? '', from: at, until: ends.get(id) }
    })
}

const idIn = (consent: string): string => consent.split('/')[1] ?? ''

const recipientOf = (consent: any): string => {
  const [permit] = consent.provision.provision
  return permit.actor.find(({ role }: any) => role.coding[0].code === 'IRCP').reference.identifier.value
}
