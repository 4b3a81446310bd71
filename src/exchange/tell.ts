import type { Standing } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import type { RefusalReason } from '../domain/refusal.ts'
import type { RefusedItem } from '../store/queries/outbox.ts'
import { partyIdentities } from '../consent/decide-disclosure.ts'
import { wasAsked } from './asked.ts'
import { sayable } from './sayable.ts'
import { auditOf, isAnyPermitted, type Telling, oneRefusalEach, type Verdict, weigh } from './weigh.ts'
import type { Work } from './work.ts'

/** A telling with its first decision. `refused`: nobody may be told. */
export type Judged = {
  readonly outcome: 'queued' | 'held' | 'refused'
  readonly telling: Telling
  readonly verdicts: readonly Verdict[]
}

/**
 * First decision; writes nothing, so that content nobody may be told never reaches the disk.
 *
 * @param mayHold referrals only: they may wait for a consent, if there never was one nor a refusal for that recipient.
 */
export const judge = async (
  work: Work,
  telling: Telling,
  standing: Standing,
  recipients: readonly Party[],
  mayHold: boolean,
): Promise<Judged> => {
  const weighed = oneRefusalEach(weigh(work.exchange, telling, standing, recipients, work.at))
  const verdicts = await sayable(work, telling, standing, weighed)
  if (isAnyPermitted(verdicts)) return { outcome: 'queued', telling, verdicts }
  const holds = mayHold && recipients.some((recipient) => neverAsked(standing, telling.sender, recipient, verdicts))
  return { outcome: holds ? 'held' : 'refused', telling, verdicts }
}

/** Queues and holds what was judged, with the audit of every decision in the same transaction. */
export const recordTold = async (work: Work, judged: readonly Judged[]): Promise<void> => {
  const { exchange, tx, at, requestId } = work
  const kept = judged
    .filter(({ outcome }) => outcome !== 'refused')
    .map((one) => ({ ...one, updateId: exchange.newId() }))
  await tx.updates.insert(
    kept.map(({ updateId, telling: { clientId, sender, resourceId, validUntil, update, facts } }) => ({
      id: updateId,
      clientId,
      party: sender.id,
      resourceId,
      validUntil,
      update,
      facts,
    })),
  )
  const queued = kept.flatMap(({ telling, verdicts, updateId }) =>
    verdicts.flatMap((verdict) => queueItem(telling, verdict, updateId, at)),
  )
  await tx.outbox.enqueue(queued)
  const refusals = ({ telling, verdicts }: Judged) => verdicts.flatMap((verdict) => refusedItem(telling, verdict, at))
  const held = kept.filter(({ outcome }) => outcome === 'held')
  await tx.outbox.hold(held.flatMap((one) => refusals(one).map((item) => ({ ...item, updateId: one.updateId }))))
  await tx.outbox.refuse(judged.filter(({ outcome }) => outcome !== 'held').flatMap(refusals))
  const audits = judged.flatMap(({ telling, verdicts }) =>
    verdicts.map((one) => auditOf(exchange, telling, one, requestId)),
  )
  await tx.audit(audits)
}

/** A telling whose client may not have been kept. */
type Refusable = Omit<Telling, 'clientId'> & { readonly clientId: string | undefined }

/** What remains of something nobody may be told: a reference, the coded reason and the audit. */
export const recordRefusals = async (work: Work, telling: Refusable, verdicts: readonly Verdict[]): Promise<void> => {
  const { tx, exchange, at, requestId } = work
  await tx.outbox.refuse(verdicts.flatMap((verdict) => refusedItem(telling, verdict, at)))
  await tx.audit(verdicts.map((verdict) => auditOf(exchange, telling, verdict, requestId)))
}

export const queueItem = (
  telling: Telling,
  { id, recipient, endpoint, decision }: Verdict,
  updateId: string,
  at: number,
) => {
  const information = decision.outcome === 'permit' ? decision.permit.information : undefined
  if (decision.outcome === 'deny' || endpoint === undefined || information === undefined) return []
  const { clientId, sender, source, urgent } = telling
  const item = {
    id,
    endpoint: endpoint.id,
    channel: endpoint.channel,
    clientId,
    sender: sender.id,
    recipient: recipient.id,
    recipientNames: partyIdentities(recipient),
    information,
    purpose: recipient.purposes[0],
    updateId,
    source,
    urgent,
    at,
  }
  return [{ permit: decision.permit, item }]
}

const refusedItem = (telling: Refusable, { id, recipient, decision }: Verdict, at: number): readonly RefusedItem[] =>
  decision.outcome === 'permit'
    ? []
    : [
        {
          id,
          clientId: telling.clientId,
          sender: telling.sender.id,
          recipient: recipient.id,
          category: telling.update.category,
          purpose: recipient.purposes[0],
          updateId: undefined,
          source: telling.source,
          reason: decision.reason,
          at,
        },
      ]

/** Only where the client was never asked: whoever has answered is not waited for. */
const neverAsked = (standing: Standing, sender: Party, recipient: Party, verdicts: readonly Verdict[]): boolean => {
  const waiting: RefusalReason = 'no-applicable-consent'
  const isOpen = verdicts.some(
    (one) => one.recipient === recipient && one.decision.outcome === 'deny' && one.decision.reason === waiting,
  )
  return isOpen && !wasAsked(standing, sender, recipient)
}
