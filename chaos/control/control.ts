import { committed } from '../evidence-rows.ts'
import type { Consented, Item, Recorded } from '../evidence.ts'
import type { Subject } from '../run.ts'

/**
 * The outbox everybody writes first, and the control that must fail: messages in the order of a sequence, claimed one by
 * one with SKIP LOCKED, and consent asked when a message is queued.
 */
export const control: Subject = {
  worker: 'control/worker.ts',
  producer: 'control/producer.ts',
  hasInboxes: false,
  prepare: async (database) => {
    await database.rows(TABLES)
  },
  open: `select count(*)::int as count from outbox where state <> 'delivered'`,
  read: async (database) => {
    const recorded = await database.rows<Recorded & { readonly record: string }>(RECORDED)
    return {
      recorded: new Map(recorded.map((row) => [row.record, row])),
      items: await database.rows<Item>(ITEMS),
      sendings: await database.rows(`select item, ${committed('sending')} as at from sending`),
      consents: (await database.rows<ConsentRow>(CONSENTS)).map((row) => ({ ...row, until: row.until ?? undefined })),
    }
  },
}

const TABLES = `
  create table outbox (number bigserial primary key, id uuid not null, endpoint text not null, recipient text not null,
    client text not null, record text not null, state text not null default 'queued', due_at bigint not null);
  create table message (record text primary key, client text not null);
  create table sending (item uuid not null);
  create table standing (client text not null, recipient text not null, granted boolean not null,
    primary key (client, recipient));
  create table consent_event (id bigserial primary key, client text not null, recipient text not null,
    granted boolean not null)`

const RECORDED = `
  select record, client, ${committed('message')} as at, 'message' as kind from message
  union all select 'consent ' || id, client, ${committed('consent_event')}, 'consent' from consent_event`

/** Numbered as its recipient would count, so that a sequence's own gaps are not held against it. */
const ITEMS = `
  select id, 'update' as kind, 'webhook' as channel, endpoint, recipient, client, record, state,
    row_number() over (partition by endpoint, client order by number) as number, ${committed('outbox')} as at,
    true as "mayHaveLeft"
  from outbox`

type ConsentRow = Omit<Consented, 'until'> & { readonly until: number | null }

const CONSENTS = `
  select client, recipient, at as from, until from (
    select client, recipient, granted, ${committed('consent_event')} as at,
      lead(${committed('consent_event')}) over (
        partition by client, recipient order by ${committed('consent_event')}) as until
    from consent_event) as events
  where granted`
