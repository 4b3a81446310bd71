import type { AuditParty } from '../domain/audit-fact.ts'
import { CANONICAL, profileUrl } from '../domain/codes.ts'
import type { AuditEntry } from './audit-entry.ts'

/** What an operator may do to the queues; `released` lets a restored store tell again, `backed-up` copies it. */
export type OperationKind = 'replayed' | 'skipped' | 'paused' | 'resumed' | 'released' | 'backed-up'

export type OperationSubject = {
  readonly gateway: string
  readonly operator: AuditParty
  readonly endpoint?: string | undefined
  /** When the backup was taken that the store was restored from, ISO 8601. */
  readonly backup?: string | undefined
  /** Both are undefined for what is done to a whole endpoint. */
  readonly client: string | undefined
  readonly disclosure: string | undefined
  readonly requestId: string | undefined
}

/** One row of the audit for what an operator did, to an endpoint or to one disclosure; never holds payload text. */
export const operationEntry = (
  id: string,
  what: OperationKind,
  recordedAt: number,
  subject: OperationSubject,
): AuditEntry => ({
  id,
  client: subject.client,
  disclosure: subject.disclosure,
  kind: 'operation',
  outcome: what,
  recordedAt,
  event: {
    resourceType: 'AuditEvent',
    meta: { profile: [profileUrl('audit-operation')] },
    type: { system: DCM, code: '110100', display: 'Application Activity' },
    action: 'U',
    recorded: new Date(recordedAt).toISOString(),
    outcome: '0',
    outcomeDesc: what,
    agent: [
      {
        type: { coding: [{ system: DCM, code: '110151', display: 'Application Launcher' }] },
        who: { identifier: subject.operator.identifier, display: subject.operator.name },
        requestor: true,
      },
    ],
    source: { observer: { display: subject.gateway } },
    entity: [
      ...(subject.endpoint === undefined ? [] : [entity('endpoint', subject.endpoint)]),
      ...(subject.backup === undefined ? [] : [entity('backup', subject.backup)]),
      ...(subject.disclosure === undefined ? [] : [entity('disclosure', subject.disclosure)]),
      ...(subject.client === undefined ? [] : [entity('client', subject.client)]),
      ...(subject.requestId === undefined ? [] : [{ what: { identifier: { value: subject.requestId } } }]),
    ],
  },
})

const DCM = 'http://dicom.nema.org/resources/ontology/DCM'

const entity = (name: 'endpoint' | 'backup' | 'disclosure' | 'client', value: string) => ({
  what: { identifier: { system: `${CANONICAL}/${name}`, value } },
})
