import { type AuditEntry, type AuditSubject, decisionEntry } from '../audit/audit-entry.ts'
import { auditSubject } from '../audit/audit-subject.ts'
import { contentFor, type Tellable } from '../consent/content-for.ts'
import type { Standing } from '../consent/decide-disclosure.ts'
import type { Identifier } from '../domain/identity.ts'
import type { Party } from '../domain/party.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { ReadContext } from './read-context.ts'

export type Reading = {
  readonly decided: Tellable
  readonly sender: Party
  /** For the audit. */
  readonly decision: AuditEntry
}

/**
 * Decides whether the caller may read something that was, or is to be, told to it. What was told before is never shown
 * at a deeper level than then.
 *
 * @param standing of the client it is about, under her lock
 * @returns undefined when a party or the content is no longer there: doubt is no permit
 */
export const decideReading = async (
  context: ReadContext,
  disclosure: Disclosure,
  standing: Standing | undefined,
): Promise<Reading | undefined> => {
  const { tx, exchange, caller, at } = context
  const update = disclosure.updateId === undefined ? undefined : await tx.updates.read(disclosure.updateId)
  const sender = exchange.parties.byId(disclosure.sender)
  if (update === undefined || sender === undefined || standing === undefined) return undefined
  const told = disclosure.sentAt === undefined ? undefined : disclosure.information
  const { facts } = update
  const item = { action: 'access', sender, recipient: caller, update: update.update, facts, told } as const
  const decided = contentFor(item, standing, at, exchange.policy)
  // The level may be another one than when it was queued.
  const said = decided.outcome === 'permit' ? decided.content : disclosure.information
  const information = said && { category: said.category, level: said.level }
  const subject = readingOf(context, { ...disclosure, information })
  const decision = decisionEntry(exchange.newId(), decided.record, subject)
  return { decided, sender, decision }
}

/** What the audit says a reading is about. */
export const readingOf = (
  { exchange, caller, reader }: ReadContext & { readonly reader?: Identifier | undefined },
  { id, clientId, sender, information }: Disclosure,
): AuditSubject =>
  auditSubject({
    gateway: exchange.gateway,
    client: clientId,
    sender: exchange.parties.byId(sender) ?? { id: sender },
    recipient: caller,
    information,
    disclosure: id,
    reader,
  })
