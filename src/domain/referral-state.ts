/** What a referral's Task may become, by whom; SDOH Clinical Care's task statuses plus `received`. */
export const taskStatuses = [
  'draft',
  'requested',
  'received',
  'accepted',
  'rejected',
  'in-progress',
  'on-hold',
  'failed',
  'completed',
  'cancelled',
  'entered-in-error',
] as const
export type TaskStatus = (typeof taskStatuses)[number]

/** Statuses the receiving team sets; the sender sets the others; either side may cancel. */
const receiverMay: Readonly<Partial<Record<TaskStatus, readonly TaskStatus[]>>> = {
  requested: ['received', 'accepted', 'rejected', 'on-hold', 'cancelled'],
  received: ['accepted', 'rejected', 'on-hold', 'cancelled'],
  'on-hold': ['accepted', 'rejected', 'in-progress', 'cancelled'],
  accepted: ['in-progress', 'on-hold', 'completed', 'failed', 'cancelled'],
  'in-progress': ['on-hold', 'completed', 'failed', 'cancelled'],
}

const senderMay: Readonly<Partial<Record<TaskStatus, readonly TaskStatus[]>>> = {
  draft: ['requested', 'entered-in-error', 'cancelled'],
  requested: ['cancelled', 'entered-in-error'],
  received: ['cancelled', 'entered-in-error'],
  'on-hold': ['cancelled'],
  accepted: ['cancelled'],
  'in-progress': ['cancelled'],
}

export const mayMove = (by: 'sender' | 'receiver', from: TaskStatus, to: TaskStatus): boolean =>
  from === to || ((by === 'sender' ? senderMay : receiverMay)[from] ?? []).includes(to)

/** Statuses that need a reason in words for the other side (SDOH Clinical Care: `statusReason.text`). */
export const needsReason: readonly TaskStatus[] = ['rejected', 'cancelled', 'on-hold', 'failed']

export const isTaskStatus = (word: string): word is TaskStatus => taskStatuses.some((status) => status === word)
