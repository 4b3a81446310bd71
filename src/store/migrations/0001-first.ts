import { type Kysely, sql } from 'kysely'

/** Tables of the first release. Times are epoch milliseconds; payload columns belong to the codec. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const resourceColumns = `
  id uuid not null, type text not null, party text not null, client_id uuid, version integer not null,
  updated_at bigint not null, payload bytea not null`

/**
 * Payloads of a few kilobytes stay in their rows as they are: compressing them cost more than everything else of an
 * insert, and sealed ones would not shrink. Larger ones go out of line.
 */
const uncompressed = (table: string, column: string): readonly string[] => [
  `alter table ${table} alter column ${column} set storage external`,
  `alter table ${table} set (toast_tuple_target = 8160)`,
]

const statements = [
  `create table client (
     id uuid primary key, epoch bigint not null default 0, birth_date text,
     deceased boolean not null default false, non_disclosure boolean not null default false, created_at bigint not null)`,
  // key: keyed pseudonym of assigning authority + value; the number itself is only inside sealed payloads.
  `create table client_identifier (key text primary key, client_id uuid not null references client)`,
  // The selective column first: the planner may take the first one alone.
  `create table patient_link (
     party text not null, patient_id uuid not null, client_id uuid not null references client, state text not null,
     birth_date text, family_key text, given_key text, primary key (patient_id, party))`,
  `create unique index patient_link_client on patient_link (client_id, party)`,
  `create table resource (${resourceColumns}, primary key (id))`,
  `create index resource_client on resource (client_id, type)`,
  `create table resource_history (${resourceColumns}, primary key (id, version))`,
  // The pseudonym covers party and type: one narrow key is found at the same cost among a million as among ten.
  `create table resource_identifier (
     key text primary key, party text not null, type text not null, resource_id uuid not null)`,
  `create index resource_identifier_resource on resource_identifier (resource_id)`,
  `create table consent (
     id uuid primary key, client_id uuid not null, party text not null, version integer not null,
     status text not null, digest text not null, payload bytea not null)`,
  `create index consent_client on consent (client_id)`,
  `create table care_team_member (
     care_team_id uuid not null, client_id uuid not null, party text not null, from_at bigint, until_at bigint)`,
  `create index care_team_member_client on care_team_member (client_id)`,
  `create index care_team_member_team on care_team_member (care_team_id)`,
  `create table referral (
     service_request_id uuid primary key, task_id uuid, client_id uuid not null, sender text not null,
     performer text not null, live boolean not null)`,
  `create index referral_client on referral (client_id)`,
  `create index referral_task on referral (task_id)`,
  `create table update_record (
     id uuid primary key, client_id uuid not null, party text not null, resource_id uuid not null,
     category text not null, valid_until bigint, payload bytea not null)`,
  `create index update_record_resource on update_record (resource_id)`,
  `create table lane (
     endpoint text not null, client_id uuid not null, next_position bigint not null default 1,
     next_delivery bigint not null default 1, lease_token bigint not null default 0, leased_until bigint,
     due_at bigint, primary key (endpoint, client_id))`,
  `create index lane_due on lane (due_at) where due_at is not null`,
  `create table disclosure (
     id uuid primary key, kind text not null, endpoint text, channel text, client_id uuid, sender text not null,
     recipient text not null, position bigint, state text not null, category text, level text, template text,
     purpose text, update_id uuid, source text, reason text, basis jsonb not null, attempts integer not null default 0, maybe_received boolean not null default false,
     not_before bigint, delivery_number bigint, frozen bytea, created_at bigint not null, sent_at bigint,
     settled_at bigint, read_at bigint)`,
  `create index disclosure_open on disclosure (endpoint, client_id, position)
     where state in ('queued', 'sending', 'possibly-received', 'dead')`,
  `create index disclosure_held on disclosure (client_id) where state = 'held'`,
  `create index disclosure_sender on disclosure (sender, created_at, id)`,
  `create index disclosure_client on disclosure (client_id, created_at)`,
  `create index disclosure_update on disclosure (update_id)`,
  `create unique index disclosure_delivery on disclosure (endpoint, delivery_number) where channel = 'inbox'`,
  `create table endpoint_counter (endpoint text primary key, next_delivery bigint not null)`,
  `create table client_event (
     id uuid primary key, client_id uuid not null, kind text not null, consent text not null, party text not null,
     at bigint not null)`,
  `create index client_event_client on client_event (client_id, at)`,
  `create table audit_event (
     seq bigserial primary key, id uuid not null, client_id uuid, disclosure_id uuid, kind text not null,
     outcome text not null, recorded_at bigint not null, payload bytea not null)`,
  `create index audit_event_disclosure on audit_event (disclosure_id)`,
  `create index audit_event_client on audit_event (client_id, recorded_at)`,
  `create table quarantine (
     id uuid primary key, party text not null, patient_id uuid not null, reason text not null, created_at bigint not null)`,
  `create table used_jti (client_id text not null, jti text not null, expires_at bigint not null,
     primary key (client_id, jti))`,
  `create index used_jti_expiry on used_jti (expires_at)`,
  ...[
    ['resource', 'payload'],
    ['resource_history', 'payload'],
    ['consent', 'payload'],
    ['update_record', 'payload'],
    ['disclosure', 'frozen'],
    ['audit_event', 'payload'],
  ].flatMap(([table, column]) => uncompressed(String(table), String(column))),
]
