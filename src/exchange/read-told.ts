import type { Communication } from '@medplum/fhirtypes'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { auditParty } from '../audit/audit-subject.ts'
import { purposeOf, type Standing } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import { writeCommunication } from '../fhir/write/communication.ts'
import { renderContent } from '../language/render-content.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import { decideReading } from './decide-reading.ts'
import type { ReadContext, ReadResource } from './read-context.ts'
import { lockStandings } from './standings.ts'

/** What was told to the caller, fetched by its id: at most the level told then, and only while it is permitted now. */
export const readTold = async (context: ReadContext, id: string): Promise<ReadResource | undefined> => {
  const { tx, caller } = context
  const disclosure = await tx.reports.toldTo(caller.id, id)
  if (disclosure?.clientId === undefined) return undefined
  const judged = await judgeTold(
    context,
    disclosure,
    (await lockStandings(tx, [disclosure.clientId])).get(disclosure.clientId),
  )
  if (judged !== undefined) await tx.audit([judged.decision])
  return judged?.shown
}

/**
 * Decides whether the caller may read again what it was told.
 *
 * @param standing of the client it is about, under her lock
 * @returns undefined when something of it is not there any more; else the decision, for the audit
 */
export const judgeTold = async (
  context: ReadContext,
  disclosure: Disclosure,
  standing: Standing | undefined,
): Promise<{ readonly decision: AuditEntry; readonly shown: ReadResource | undefined } | undefined> => {
  const reading = await decideReading(context, disclosure, standing)
  if (reading === undefined) return undefined
  const { decided, sender, decision } = reading
  if (decided.outcome === 'deny') return { decision, shown: undefined }
  const resource = await communicationOf(context, disclosure, decided.content, sender)
  return { decision, shown: { resource, version: 1, updatedAt: disclosure.sentAt ?? context.at } }
}

const communicationOf = async (
  { tx, caller, exchange, at }: ReadContext,
  disclosure: Disclosure,
  content: Parameters<typeof writeCommunication>[0],
  sender: Party,
): Promise<Communication> => {
  const language = caller.endpoints.find((endpoint) => endpoint.id === disclosure.endpoint)?.language ?? 'fi'
  return writeCommunication(content, {
    id: disclosure.id,
    subject: `Patient/${await tx.clients.handle(caller.id, disclosure.clientId ?? '', exchange.newId())}`,
    sentAt: disclosure.sentAt ?? at,
    sender: auditParty(sender),
    recipient: auditParty(caller),
    purpose: purposeOf(caller),
    text: renderContent(content, language, exchange.policy.zone),
    language,
  })
}
