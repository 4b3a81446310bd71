import type { Reference, ServiceRequest, Task } from '@medplum/fhirtypes'
import { isTaskStatus, needsReason, type TaskStatus } from '../../domain/referral-state.ts'
import type { Update } from '../../domain/update.ts'
import { dayOf } from './day.ts'
import { invalid, read, type Reading, ruleIssue } from './issues.ts'

export type ReferralFacts = {
  readonly subject: Reference
  readonly performer: Reference
  /** Whether the request stands: `active` and not revoked. */
  readonly live: boolean
  readonly update: Update
}

/** Reads a referral to IPS coaching: who it is about, which team it asks, and what it tells at category `referral`. */
export const readReferral = (
  request: ServiceRequest,
  path: string,
  zone: string,
  taskId: string | undefined,
): Reading<ReferralFacts> => {
  const performer = request.performer?.[0]
  if (performer === undefined) {
    return invalid([
      ruleIssue(`${path}.performer`, 'name the IPS team the referral is for', 'sender-referral-without-performer'),
    ])
  }
  // The client's own wish to work, in her own words; diagnoses (`reasonReference`) are another category altogether.
  const wish = request.reasonCode?.find(({ text }) => text !== undefined)?.text
  return read({
    subject: request.subject,
    performer,
    live: request.status === 'active',
    update: {
      category: 'referral',
      fields: {
        ...(request.authoredOn !== undefined && { referred: dayOf(request.authoredOn, zone) }),
        ...(wish !== undefined && { wish }),
        ...(taskId !== undefined && { task: `Task/${taskId}` }),
      },
    },
  })
}

export type TaskFacts = {
  readonly status: TaskStatus
  readonly focus: string | undefined
  readonly reason: string | undefined
}

export const readTask = (task: Task, path: string): Reading<TaskFacts> => {
  const { status } = task
  if (!isTaskStatus(status)) {
    return invalid([ruleIssue(`${path}.status`, 'this status is not part of a referral', 'sender-task-status-unknown')])
  }
  const reason = task.statusReason?.text
  if (needsReason.includes(status) && (reason === undefined || reason.trim() === '')) {
    return invalid([
      ruleIssue(
        `${path}.statusReason.text`,
        `status \`${status}\` needs a reason for the other side`,
        'sender-reason-missing',
      ),
    ])
  }
  return read({ status, focus: task.focus?.reference, reason })
}
