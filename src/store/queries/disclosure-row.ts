import type { InformationCode } from '../../domain/information.ts'
import { isInformationCategory } from '../../domain/information.ts'
import { channels, type Endpoint } from '../../domain/party.ts'
import type { DisclosureState, NoticeTemplate, RefusalReason } from '../../domain/refusal.ts'
import { noticeTemplates, refusalReasons } from '../../domain/refusal.ts'

/** One piece of information about one client for one recipient, or a notice, as it stands. */
export type Disclosure = {
  readonly id: string
  readonly kind: 'update' | 'notice'
  readonly endpoint: string | undefined
  readonly channel: Endpoint['channel'] | undefined
  readonly clientId: string | undefined
  readonly sender: string
  readonly recipient: string
  readonly state: DisclosureState
  readonly information: InformationCode | undefined
  readonly template: NoticeTemplate | undefined
  readonly purpose: string | undefined
  readonly updateId: string | undefined
  readonly source: string | undefined
  readonly reason: RefusalReason | undefined
  /** Consent versions the last decision rested on. */
  readonly basis: readonly string[]
  readonly attempts: number
  readonly notBefore: number | undefined
  readonly deliveryNumber: number | undefined
  /** What was frozen at the first sending, as it is stored: a damaged one must not keep its item from being ended. */
  readonly frozen: Uint8Array | undefined
  readonly createdAt: number
  readonly sentAt: number | undefined
  readonly settledAt: number | undefined
  readonly readAt: number | undefined
  /** An attempt that got no answer may arrive until then. */
  readonly mayArriveUntil: number | undefined
  /** Goes before what waits in its lane. */
  readonly urgent: boolean
  /** Why the last attempt did not arrive, in the relay's own words: `http-500`, `timeout`, `tls`. */
  readonly lastFailure: string | undefined
}

export type DisclosureRow = {
  readonly [
    K in
      | 'endpoint'
      | 'channel'
      | 'client_id'
      | 'category'
      | 'level'
      | 'template'
      | 'purpose'
      | 'update_id'
      | 'source'
      | 'reason'
      | 'last_failure'
  ]: string | null
} & {
  readonly [K in 'not_before' | 'delivery_number' | 'sent_at' | 'settled_at' | 'read_at' | 'may_arrive_until']:
    | number
    | null
} & {
  readonly id: string
  readonly kind: 'update' | 'notice'
  readonly sender: string
  readonly recipient: string
  readonly state: DisclosureState
  readonly basis: readonly string[]
  readonly attempts: number
  readonly urgent: boolean
  readonly frozen: Uint8Array | null
  readonly created_at: number
}

export const toDisclosure = (row: DisclosureRow): Disclosure => ({
  id: row.id,
  kind: row.kind,
  endpoint: row.endpoint ?? undefined,
  channel: channels.find((channel) => channel === row.channel),
  clientId: row.client_id ?? undefined,
  sender: row.sender,
  recipient: row.recipient,
  state: row.state,
  information:
    row.category !== null && isInformationCategory(row.category)
      ? { category: row.category, level: row.level ?? undefined }
      : undefined,
  template: noticeTemplates.find((template) => template === row.template),
  purpose: row.purpose ?? undefined,
  updateId: row.update_id ?? undefined,
  source: row.source ?? undefined,
  reason: refusalReasons.find((reason) => reason === row.reason),
  basis: row.basis,
  attempts: row.attempts,
  notBefore: row.not_before ?? undefined,
  deliveryNumber: row.delivery_number ?? undefined,
  frozen: row.frozen ?? undefined,
  createdAt: row.created_at,
  sentAt: row.sent_at ?? undefined,
  settledAt: row.settled_at ?? undefined,
  readAt: row.read_at ?? undefined,
  mayArriveUntil: row.may_arrive_until ?? undefined,
  urgent: row.urgent,
  lastFailure: row.last_failure ?? undefined,
})
