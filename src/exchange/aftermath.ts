import { decisionEntry } from '../audit/audit-entry.ts'
import { auditSubject } from '../audit/audit-subject.ts'
import { decideDisclosure, type Standing } from '../consent/decide-disclosure.ts'
import type { NoticeTemplate } from '../domain/refusal.ts'
import { contentEndpoints, type Party } from '../domain/party.ts'
import type { Work } from './work.ts'

/**
 * What follows when a client's permissions or team have changed, in the same transaction: whatever is queued or unread
 * is decided again, and withheld where nobody may be told any more.
 */
export const withholdWhatIsForbidden = async (work: Work, standing: Standing): Promise<number> => {
  const { tx, exchange, at, requestId } = work
  let withheld = 0
  for (const item of await tx.lanes.openOf(standing.client.id)) {
    // A damaged one is decided on when it is to be sent or read; it keeps nobody from withdrawing her consent.
    const update = item.updateId === undefined ? undefined : await tx.updates.read(item.updateId)
    const sender = exchange.parties.byId(item.sender)
    const recipient = exchange.parties.byId(item.recipient)
    if (update === undefined || sender === undefined || recipient === undefined) continue
    const { category } = update.update
    const question = { category, action: 'disclose', sender, recipient, data: update.facts } as const
    const decision = decideDisclosure(question, standing, at, exchange.policy)
    if (decision.outcome === 'permit') continue
    withheld += 1
    await tx.lanes.end({ id: item.id, state: 'withheld', at, reason: decision.reason })
    const subject = auditSubject({
      gateway: exchange.gateway,
      client: standing.client.id,
      sender,
      recipient,
      information: item.information,
      disclosure: item.id,
      requestId,
    })
    await tx.audit([decisionEntry(exchange.newId(), decision.record, subject)])
  }
  return withheld
}

/** A content-free message to every endpoint of some parties: no category, no date, nothing about health. */
export const notify = async (
  work: Work,
  clientId: string,
  parties: readonly Party[],
  template: NoticeTemplate,
): Promise<void> => {
  const { tx, exchange, caller, at } = work
  await tx.outbox.notify(
    parties.flatMap((party) =>
      contentEndpoints(party).map((endpoint) => ({
        id: exchange.newId(),
        endpoint: endpoint.id,
        channel: endpoint.channel,
        clientId,
        sender: caller.id,
        recipient: party.id,
        template,
        at,
      })),
    ),
  )
}
