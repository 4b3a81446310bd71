import type { DecisionRecord } from '../consent/decide.ts'
import type { AuditParty } from '../domain/audit-fact.ts'
import type { Identifier } from '../domain/identity.ts'
import type { InformationCode } from '../domain/information.ts'
import { type AuditEvent, decisionEvent, disclosureEvent } from './audit-event.ts'

/** One row of the audit: what happened to which disclosure, and the AuditEvent that tells it. */
export type AuditEntry = {
  readonly id: string
  readonly client: string | undefined
  /** Undefined for what an operator does to a whole endpoint. */
  readonly disclosure: string | undefined
  readonly kind: 'decision' | 'disclosure' | 'operation'
  readonly outcome: string
  readonly recordedAt: number
  readonly event: AuditEvent
}

export type AuditSubject = {
  readonly gateway: string
  readonly client: string | undefined
  readonly sender: AuditParty
  readonly recipient: AuditParty
  readonly information: InformationCode | undefined
  readonly purpose: { readonly system: string; readonly code: string } | undefined
  readonly disclosure: string
  readonly requestId: string | undefined
  readonly reader?: Identifier | undefined
}

export const decisionEntry = (id: string, record: DecisionRecord, subject: AuditSubject): AuditEntry => ({
  id,
  client: subject.client,
  disclosure: subject.disclosure,
  kind: 'decision',
  outcome: record.outcome,
  recordedAt: record.asOf,
  event: decisionEvent(record, { ...subject, recordedAt: record.asOf, client: subject.client ?? 'unknown' }),
})

export const disclosureEntry = (
  id: string,
  result: 'sending' | 'delivered' | 'read' | 'failed',
  recordedAt: number,
  subject: AuditSubject,
): AuditEntry => ({
  id,
  client: subject.client,
  disclosure: subject.disclosure,
  kind: 'disclosure',
  outcome: result,
  recordedAt,
  event: disclosureEvent(result, { ...subject, recordedAt, client: subject.client ?? 'unknown' }),
})
