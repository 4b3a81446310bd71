import type { ServiceRequest, Task } from '@medplum/fhirtypes'
import { ruleIssue } from '../fhir/read/issues.ts'
import { readReferral } from '../fhir/read/referral.ts'
import { relativeReference } from '../fhir/references.ts'
import { type ReferralTellings, tellingsOf } from './receive-referral.ts'
import { type Rejection, reject } from './submission.ts'
import type { Directory, ResolvedEntry, Work } from './work.ts'

type TaskEntry = ResolvedEntry & { readonly resource: Task }

/**
 * A new Task whose referral came before it: linked, so that the asked team can answer it, and the referral is told anew
 * with it. @returns undefined when there is nothing to tell: no referral, or one that no longer stands.
 */
export const receiveTask = async (
  work: Work,
  entry: TaskEntry,
  directory: Directory,
  place: { readonly clientId: string; readonly patientId: string },
): Promise<ReferralTellings | Rejection | undefined> => {
  const { tx, caller, exchange } = work
  const { clientId, patientId } = place
  const focus = relativeReference(entry.resource.focus?.reference ?? '')
  const request = focus === undefined ? undefined : directory.find(`ServiceRequest/${focus.id}`)?.resource
  const referral = focus === undefined ? undefined : await tx.careTeams.referralOf(focus.id)
  if (!isReferral(request) || referral?.sender !== caller.id) {
    entry.notes.push(unlinkedNote(entry))
    return undefined
  }
  if (referral.clientId !== clientId) {
    const text = 'the referral in `focus` is about another client: name the client it is about'
    return reject(422, [ruleIssue(`${entry.path}.for`, text, 'sender-client-changed')])
  }
  if (referral.taskId !== undefined) return reject(409, [secondIssue(entry)])
  await tx.careTeams.putReferral({ ...referral, taskId: entry.id })
  const performer = exchange.parties.byId(referral.performer)
  const reading = readReferral(request, entry.path, exchange.policy.zone, entry.id)
  if (!referral.live || performer === undefined || reading.outcome === 'invalid') return undefined
  const patient = directory.find(`Patient/${patientId}`)?.resource
  const { update } = reading.value
  const stored = { id: referral.serviceRequestId, type: 'ServiceRequest', resource: request } as const
  return { outcome: 'referral', performer, tellings: tellingsOf(work, { request: stored, clientId, patient, update }) }
}

const isReferral = (resource: unknown): resource is ServiceRequest =>
  typeof resource === 'object' &&
  resource !== null &&
  'resourceType' in resource &&
  resource.resourceType === 'ServiceRequest'

const unlinkedNote = ({ path }: TaskEntry) =>
  ({
    severity: 'warning',
    code: 'incomplete',
    expression: `${path}.focus`,
    diagnostics: 'this names no referral of yours, so no team sees the Task: refer to your ServiceRequest',
    error: 'sender-task-without-referral',
  }) as const

const secondIssue = ({ path }: TaskEntry) =>
  ({
    severity: 'error',
    code: 'duplicate',
    expression: `${path}.focus`,
    diagnostics: 'this referral has a Task already: change that one, or send a new referral',
    error: 'sender-duplicate',
  }) as const
