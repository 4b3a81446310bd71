import type { Task } from '@medplum/fhirtypes'
import { mayMove } from '../domain/referral-state.ts'
import type { Party } from '../domain/party.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { readTask } from '../fhir/read/referral.ts'
import { notify } from './aftermath.ts'
import type { Exchange } from './exchange.ts'
import type { ReadResource } from './read-context.ts'
import { permittedTask, readTeamTask } from './read-task.ts'
import { doneAlready, includesVersion, type Once, type Rejection, reject, type Versions } from './submission.ts'

export type Answered =
  | ({ readonly outcome: 'answered' } & ReadResource)
  | Rejection
  | { readonly outcome: 'not-theirs' }

/**
 * The asked team answers a referral: received, accepted, rejected with a reason, … It may change status and reason, no
 * more; the sender gets a content-free notice and reads its own Task.
 *
 * INVARIANT (no decision without its audit): what is refused here is refused before anything is written, and the
 * transaction commits all the same with the decision on the team's permission.
 */
export const answerReferral = async (
  exchange: Exchange,
  caller: Party,
  answer: { readonly id: string; readonly task: Task; readonly ifMatch: Versions | undefined },
  once?: Once,
): Promise<Answered> =>
  exchange.store.transaction(async (tx): Promise<Answered> => {
    if (once !== undefined && !(await once.claim(tx))) return doneAlready()
    const context = { exchange, caller, tx, at: exchange.now() }
    const permitted = await permittedTask(context, answer.id, 'update')
    if (permitted === undefined) return { outcome: 'not-theirs' }
    const { task, referral, version } = permitted
    if (!includesVersion(answer.ifMatch, version)) {
      const text = 'say which version you answer: read the Task and send its ETag as `If-Match`'
      return reject(412, [
        {
          severity: 'error',
          code: 'conflict',
          expression: 'Task',
          diagnostics: text,
          error: 'sender-version-conflict',
        },
      ])
    }
    const next = readTask(answer.task, 'Task')
    const now = readTask(task, 'Task')
    if (next.outcome === 'invalid') return reject(422, next.issues)
    if (now.outcome === 'read' && !mayMove('receiver', now.value.status, next.value.status)) {
      const text = `a team cannot move a referral from \`${now.value.status}\` to \`${next.value.status}\``
      return reject(422, [ruleIssue('Task.status', text, 'sender-task-status-not-allowed')])
    }
    const { status, reason } = next.value
    const { statusReason: _old, ...rest } = task
    const meta = { ...task.meta, versionId: String(version + 1), lastUpdated: new Date(context.at).toISOString() }
    const resource = { ...rest, meta, status, ...(reason !== undefined && { statusReason: { text: reason } }) }
    const kept = await tx.resources.replace({
      id: answer.id,
      type: 'Task',
      party: referral.sender,
      clientId: referral.clientId,
      version: version + 1,
      updatedAt: context.at,
      resource,
    })
    if (!kept) throw Object.assign(new Error('the task changed meanwhile'), { code: '40001' })
    const sender = exchange.parties.byId(referral.sender)
    const work = { ...context, requestId: undefined, newClients: new Map() }
    if (sender !== undefined) await notify(work, referral.clientId, [sender], 'referral-state-changed')
    const shown = await readTeamTask(context, answer.id)
    if (ended.has(status)) {
      await tx.careTeams.putReferral({ ...referral, live: false })
      await tx.clients.bumpEpoch(referral.clientId)
    }
    if (shown === undefined) throw new Error('a team that may answer a Task may read it')
    await once?.keep(tx, [{ type: 'Task', id: answer.id, notes: [] }])
    return { outcome: 'answered', ...shown }
  })

/** A referral that has ended opens no door any more; a coached client's team stands in her CareTeam. */
const ended: ReadonlySet<string> = new Set(['rejected', 'cancelled', 'completed', 'failed'])
