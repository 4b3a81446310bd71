import type { Database } from './schema.ts'

export type ColumnKind = 'uuid' | 'text' | 'integer' | 'bigint' | 'boolean' | 'jsonb' | 'bytea'

/** What an insert of many rows needs to know of a table. */
export type Table = {
  readonly name: keyof Database
  readonly columns: Readonly<Record<string, ColumnKind>>
  /** What happens to a row that is there already; without it the statement fails. */
  readonly onConflict?: string
  /**
   * Rows go in in the order of this column. INVARIANT (lock order): a second insert of a unique key waits for the first
   * one's transaction, so two transactions that insert the same keys in different orders would wait in a ring.
   */
  readonly inOrderOf?: string
}

/** The tables to which a message adds rows. */
export const tables = {
  client: {
    name: 'client',
    columns: { id: 'uuid', birth_date: 'text', deceased: 'boolean', non_disclosure: 'boolean', created_at: 'bigint' },
  },
  clientIdentifier: { name: 'client_identifier', columns: { key: 'text', client_id: 'uuid' }, inOrderOf: 'key' },
  patientLink: {
    name: 'patient_link',
    columns: {
      party: 'text',
      patient_id: 'uuid',
      client_id: 'uuid',
      state: 'text',
      birth_date: 'text',
      family_key: 'text',
      given_key: 'text',
    },
    onConflict: `(party, patient_id) do update set birth_date = excluded.birth_date,
      family_key = excluded.family_key, given_key = excluded.given_key`,
  },
  resource: {
    name: 'resource',
    columns: {
      id: 'uuid',
      type: 'text',
      party: 'text',
      client_id: 'uuid',
      version: 'integer',
      updated_at: 'bigint',
      payload: 'bytea',
    },
  },
  resourceIdentifier: {
    name: 'resource_identifier',
    columns: { key: 'text', party: 'text', type: 'text', resource_id: 'uuid' },
    inOrderOf: 'key',
  },
  consent: {
    name: 'consent',
    columns: {
      id: 'uuid',
      client_id: 'uuid',
      party: 'text',
      version: 'integer',
      status: 'text',
      digest: 'text',
      payload: 'bytea',
      ends_at: 'bigint',
    },
    onConflict: `(id) do update set version = excluded.version, status = excluded.status, digest = excluded.digest,
      payload = excluded.payload, ends_at = excluded.ends_at`,
  },
  clientEvent: {
    name: 'client_event',
    columns: { id: 'uuid', client_id: 'uuid', kind: 'text', consent: 'text', party: 'text', at: 'bigint' },
  },
  careTeamMember: {
    name: 'care_team_member',
    columns: { care_team_id: 'uuid', client_id: 'uuid', party: 'text', from_at: 'bigint', until_at: 'bigint' },
  },
  referral: {
    name: 'referral',
    columns: {
      service_request_id: 'uuid',
      task_id: 'uuid',
      client_id: 'uuid',
      sender: 'text',
      performer: 'text',
      live: 'boolean',
    },
    // A later version of the request that comes without its Task keeps the one it has.
    onConflict: `(service_request_id) do update set task_id = coalesce(excluded.task_id, referral.task_id),
      client_id = excluded.client_id, sender = excluded.sender, performer = excluded.performer, live = excluded.live`,
  },
  update: {
    name: 'update_record',
    columns: {
      id: 'uuid',
      client_id: 'uuid',
      party: 'text',
      resource_id: 'uuid',
      category: 'text',
      valid_until: 'bigint',
      payload: 'bytea',
    },
  },
  audit: {
    name: 'audit_event',
    columns: {
      id: 'uuid',
      client_id: 'uuid',
      disclosure_id: 'uuid',
      kind: 'text',
      outcome: 'text',
      recorded_at: 'bigint',
      payload: 'bytea',
    },
  },
} satisfies Record<string, Table>
