import type { ServiceRequest, Task } from '@medplum/fhirtypes'
import { type AuditEntry, decisionEntry } from '../audit/audit-entry.ts'
import { auditParty, auditSubject } from '../audit/audit-subject.ts'
import { contentFor } from '../consent/content-for.ts'
import type { Standing } from '../consent/decide-disclosure.ts'
import { writeTeamTask } from '../fhir/write/team-task.ts'
import type { Referral } from '../store/queries/care-teams.ts'
import type { StoredResource } from '../store/queries/resources.ts'
import { type ReadContext, type ReadResource } from './read-context.ts'
import { lockStandings } from './standings.ts'
import { isUuid } from './uuid.ts'

/** The Task of a referral, for the team it asks: written fresh, while the client's permission for the referral lasts. */
export const readTeamTask = async (context: ReadContext, taskId: string): Promise<ReadResource | undefined> => {
  const permitted = await permittedTask(context, taskId)
  return permitted === undefined ? undefined : presentTask(context, permitted)
}

export type PermittedTask = {
  readonly task: Task
  readonly referral: Referral
  readonly version: number
  readonly updatedAt: number
}

/**
 * INVARIANT (asked and permitted): only the team the referral asks, and only while the client permits it.
 *
 * @param mode `update` for whoever is going to change what decisions about the client rest on.
 */
export const permittedTask = async (
  context: ReadContext,
  taskId: string,
  mode: 'share' | 'update' = 'share',
): Promise<PermittedTask | undefined> => {
  const { tx, caller } = context
  const referral = isUuid(taskId) ? await tx.careTeams.referralOfTask(taskId) : undefined
  if (referral?.performer !== caller.id) return undefined
  const standing = (await lockStandings(tx, [referral.clientId], mode)).get(referral.clientId)
  const rows = await tx.resources.read([taskId, referral.serviceRequestId])
  const judged = judgeTask(context, { referral, standing, rows: new Map(rows.map((row) => [row.id, row])) })
  if (judged !== undefined) await tx.audit([judged.decision])
  return judged?.permitted
}

/**
 * Decides whether the team a referral asks may read its Task now.
 *
 * @param standing of the referral's client, under her lock
 * @param rows the Task and the ServiceRequest as they are stored, by id
 * @returns undefined when something of it is not there any more; else the decision, for the audit
 */
export const judgeTask = (
  { exchange, caller, at }: ReadContext,
  {
    referral,
    standing,
    rows,
  }: {
    readonly referral: Referral
    readonly standing: Standing | undefined
    readonly rows: ReadonlyMap<string, StoredResource>
  },
): { readonly decision: AuditEntry; readonly permitted: PermittedTask | undefined } | undefined => {
  const { taskId = '', serviceRequestId } = referral
  const stored = rows.get(taskId)
  const request = rows.get(serviceRequestId)
  const sender = exchange.parties.byId(referral.sender)
  if (standing === undefined || stored === undefined || request === undefined || sender === undefined) return undefined
  const facts = {
    names: [],
    classes: ['ServiceRequest'],
    codes: [],
    labels: labelsOf(request.resource),
    patients: [],
    refersTo: [],
    authors: [],
    clinicalDate: undefined,
  }
  const update = { category: 'referral', fields: {} } as const
  const item = { action: 'access', sender, recipient: caller, update, facts, told: undefined } as const
  const { outcome, record } = contentFor(item, standing, at, exchange.policy)
  const subject = auditSubject({
    gateway: exchange.gateway,
    client: standing.client.id,
    sender,
    recipient: caller,
    information: { category: 'referral', level: undefined },
    disclosure: taskId,
  })
  const decision = decisionEntry(exchange.newId(), record, subject)
  if (outcome === 'deny') return { decision, permitted: undefined }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stored Task was parsed as one before it was stored
  const task = stored.resource as Task
  return { decision, permitted: { task, referral, version: stored.version, updatedAt: stored.updatedAt } }
}

export const presentTask = async (
  { tx, caller, exchange }: ReadContext,
  { task, referral, version, updatedAt }: PermittedTask,
): Promise<ReadResource | undefined> => {
  const sender = exchange.parties.byId(referral.sender)
  if (sender === undefined) return undefined
  const subject = `Patient/${await tx.clients.handle(caller.id, referral.clientId, exchange.newId())}`
  const [from, owner] = [auditParty(sender), auditParty(caller)]
  return { resource: writeTeamTask(task, { subject, sender: from, owner, version, updatedAt }), version, updatedAt }
}

const labelsOf = (resource: unknown) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stored ServiceRequest was parsed before it was stored
  ((resource as ServiceRequest).meta?.security ?? []).flatMap(({ system, code }) =>
    code === undefined ? [] : [{ system, code }],
  )
