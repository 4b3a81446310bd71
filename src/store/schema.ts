import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { Leaf } from '../audit/audit-seal.ts'
import type { ConsentEventKind } from '../domain/log-entry.ts'
import type { DisclosureState } from '../domain/refusal.ts'

/** Epoch milliseconds; the drivers are told to read `bigint` as number (safe until the year 287396). */
type Instant = number
/** What `codec.ts` wrote; nothing else may read or write a payload column. */
type Payload = ColumnType<Uint8Array, Uint8Array, Uint8Array>

/** The tables as the newest migration leaves them; one dialect, no extensions, the same on PGlite and PostgreSQL. */
export type Database = {
  client: {
    id: string
    epoch: Generated<number>
    birth_date: string | null
    deceased: Generated<boolean>
    non_disclosure: Generated<boolean>
    created_at: Instant
  }
  client_identifier: { key: string; client_id: string }
  patient_link: {
    party: string
    patient_id: string
    client_id: string
    state: 'linked' | 'quarantined'
    birth_date: string | null
    family_key: string | null
    given_key: string | null
  }
  resource: {
    id: string
    type: string
    party: string
    client_id: string | null
    version: number
    updated_at: Instant
    payload: Payload
  }
  resource_history: Database['resource']
  resource_identifier: { party: string; type: string; key: string; resource_id: string }
  consent: {
    id: string
    client_id: string
    party: string
    version: number
    status: string
    digest: string
    payload: Payload
    ends_at: Instant | null
    reminded_of: Instant | null
  }
  care_team_member: {
    care_team_id: string
    client_id: string
    party: string
    from_at: Instant | null
    until_at: Instant | null
  }
  referral: {
    service_request_id: string
    task_id: string | null
    client_id: string
    sender: string
    performer: string
    live: boolean
  }
  update_record: {
    id: string
    client_id: string
    party: string
    resource_id: string
    category: string
    valid_until: Instant | null
    payload: Payload
  }
  lane: {
    endpoint: string
    client_id: string
    next_position: Generated<number>
    next_delivery: Generated<number>
    lease_token: Generated<number>
    leased_until: Instant | null
    rests_until: Instant | null
    due_at: Instant | null
    parked: Generated<boolean>
  }
  disclosure: {
    id: string
    kind: 'update' | 'notice'
    endpoint: string | null
    channel: string | null
    client_id: string | null
    sender: string
    recipient: string
    position: number | null
    state: DisclosureState
    category: string | null
    level: string | null
    template: string | null
    purpose: string | null
    update_id: string | null
    source: string | null
    reason: string | null
    basis: JSONColumnType<readonly string[]>
    attempts: Generated<number>
    maybe_received: Generated<boolean>
    not_before: Instant | null
    delivery_number: number | null
    frozen: Payload | null
    created_at: Instant
    sent_at: Instant | null
    settled_at: Instant | null
    read_at: Instant | null
    may_arrive_until: Instant | null
    urgent: Generated<boolean>
    last_failure: string | null
  }
  endpoint_state: {
    endpoint: string
    paused_at: Instant | null
    disabled_at: Instant | null
    failures: Generated<number>
    opened_at: Instant | null
    openings: Generated<number>
    retry_at: Instant | null
  }
  endpoint_counter: { endpoint: string; next_delivery: number }
  mail_notice: {
    endpoint: string
    /** Of the notice under way; null when there is none. */
    id: string | null
    state: 'queued' | 'sending' | 'possibly-received' | 'dead' | null
    attempts: Generated<number>
    not_before: Instant | null
    frozen: Payload | null
    created_at: Instant | null
    started_at: Instant | null
    /** Inbox items the notice under way is about. */
    about: Generated<string[]>
    /** Inbox items that notices before it were about. */
    told: Generated<string[]>
    lease_token: Generated<number>
    leased_until: Instant | null
    last_failure: string | null
  }
  client_event: {
    id: string
    client_id: string
    kind: ConsentEventKind
    consent: string
    party: string
    at: Instant
  }
  audit_event: {
    seq: Generated<number>
    id: string
    client_id: string | null
    disclosure_id: string | null
    kind: 'decision' | 'disclosure' | 'operation'
    outcome: string
    recorded_at: Instant
    payload: Payload
  }
  audit_seal: {
    number: number
    after_seq: number
    up_to_seq: number
    sealed_at: Instant
    previous: string
    leaves: JSONColumnType<readonly Leaf[]>
    hash: string
  }
  quarantine: { id: string; party: string; patient_id: string; reason: string; created_at: Instant }
  message: { party: string; key: string; digest: string; answer: Payload | null; created_at: Instant }
  restore: { backup_at: Instant; restored_at: Instant; released_at: Instant | null }
  schema_floor: { oldest_build: number }
  used_jti: { client_id: string; jti: string; expires_at: Instant }
}
