import type { Task } from '@medplum/fhirtypes'
import type { AuditParty } from '../../domain/audit-fact.ts'

/**
 * A referral's Task as the asked team sees it: the workflow and nothing of the sender's own notes or references. It claims no
 * profile, because the team sends it back with its answer, and the reader of answers says better what is wrong with one.
 */
export const writeTeamTask = (
  task: Task,
  context: {
    readonly subject: string
    readonly sender: AuditParty
    readonly owner: AuditParty
    readonly version: number
    readonly updatedAt: number
  },
): Task => ({
  resourceType: 'Task',
  ...(task.id !== undefined && { id: task.id }),
  meta: {
    versionId: String(context.version),
    lastUpdated: new Date(context.updatedAt).toISOString(),
  },
  status: task.status,
  ...(task.statusReason?.text !== undefined && { statusReason: { text: task.statusReason.text } }),
  intent: 'order',
  code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
  for: { reference: context.subject },
  ...(task.authoredOn !== undefined && { authoredOn: task.authoredOn }),
  requester: { identifier: context.sender.identifier, display: context.sender.name },
  owner: { identifier: context.owner.identifier, display: context.owner.name },
})
