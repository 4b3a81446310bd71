import type { Standing } from '../consent/decide-disclosure.ts'
import type { HeldItem } from '../store/queries/outbox.ts'
import type { Transaction } from '../store/store.ts'
import { saidNo } from './asked.ts'
import { sayable } from './sayable.ts'
import { queueItem } from './tell.ts'
import { auditOf, isAnyPermitted, type Telling, type Verdict, weigh } from './weigh.ts'
import type { Work } from './work.ts'

/**
 * Looks again at referrals that wait for the client's answer, in the transaction that records it. Permitted, they are told
 * as far as she permits; refused or withdrawn, they end at once and their content is erased; otherwise they go on waiting.
 *
 * @returns resources behind what ended, for `eraseUntold` once the submission's own changes are written.
 */
export const settleHeld = async (work: Work, standing: Standing): Promise<readonly string[]> => {
  const ended: string[] = []
  for (const group of Map.groupBy(await work.tx.outbox.heldOf(standing.client.id), referralAsked).values()) {
    const weighed: Weighed[] = []
    for (const held of group) weighed.push(...(await weighAgain(work, held, standing)))
    const isAnswered =
      weighed.some(({ verdicts }) => isAnyPermitted(verdicts)) ||
      weighed.some(({ telling, verdicts }) => isNo(standing, telling, verdicts))
    if (!isAnswered) continue
    for (const one of weighed) {
      if (isAnyPermitted(one.verdicts)) await release(work, one)
      else ended.push(await end(work, one))
    }
  }
  return ended
}

/** Erases resources of which nothing is left that was told or could be: what only waited leaves no content behind. */
export const eraseUntold = async (tx: Transaction, resourceIds: readonly string[]): Promise<void> => {
  for (const id of new Set(resourceIds)) {
    if ((await tx.updates.ofResource(id)).length === 0) await tx.resources.erase([id])
  }
}

type Weighed = { readonly held: HeldItem; readonly telling: Telling; readonly verdicts: readonly Verdict[] }

/** One referral to one team is one question to the client, though identity and referral are decided apart. */
const referralAsked = ({ source, recipient }: HeldItem): string => `${source} ${recipient}`

const weighAgain = async (work: Work, held: HeldItem, standing: Standing): Promise<readonly Weighed[]> => {
  const { tx, exchange, at } = work
  const record = await tx.updates.read(held.updateId)
  const sender = exchange.parties.byId(held.sender)
  const recipient = exchange.parties.byId(held.recipient)
  if (record === undefined || sender === undefined || recipient === undefined) return []
  const { resourceId, update, facts, validUntil } = record
  const telling = {
    clientId: held.clientId,
    sender,
    resourceId,
    source: held.source,
    update,
    facts,
    validUntil,
    urgent: false,
  }
  const verdicts = await sayable(work, telling, standing, weigh(exchange, telling, standing, [recipient], at))
  return [{ held, telling, verdicts }]
}

const isNo = (standing: Standing, { sender }: Telling, verdicts: readonly Verdict[]): boolean =>
  verdicts.some(
    ({ recipient, decision }) =>
      (decision.outcome === 'deny' && decision.reason === 'denied') || saidNo(standing, sender, recipient),
  )

const release = async ({ tx, exchange, at, requestId }: Work, { held, telling, verdicts }: Weighed): Promise<void> => {
  await tx.outbox.enqueue(verdicts.flatMap((verdict) => queueItem(telling, verdict, held.updateId, at)))
  await tx.audit(verdicts.map((verdict) => auditOf(exchange, telling, verdict, requestId)))
  await tx.outbox.dropHeld([held.id], 'queued', at)
}

/** @returns the resource whose content only waited. */
const end = async ({ tx, exchange, at, requestId }: Work, { held, telling, verdicts }: Weighed): Promise<string> => {
  const [verdict] = verdicts
  if (verdict?.decision.outcome === 'deny') {
    await tx.outbox.refuseHeld(held.id, verdict.decision.reason, at)
    await tx.audit([auditOf(exchange, telling, { ...verdict, id: held.id }, requestId)])
  }
  await tx.updates.erase([held.updateId])
  return telling.resourceId
}
