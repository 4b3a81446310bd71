import type { LogEntry } from '../domain/log-entry.ts'
import type { Language, Party } from '../domain/party.ts'
import { purposes, type Purpose } from '../domain/purpose.ts'
import type { DisclosureState } from '../domain/refusal.ts'
import { renderLogEntry } from '../language/render-log.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { ClientEvent } from '../store/queries/consents.ts'
import { mayHaveArrived } from './may-have-arrived.ts'
import type { Exchange } from './exchange.ts'

export type LogLine = LogEntry & { readonly id: string; readonly text: string }

/**
 * The client's own log: everything that was told or not told about her, to whom, when and on which consent; and what
 * happened to her consents. Her own portal sees all of it, another party only what it sent or received itself.
 *
 * @returns undefined when the client is none of the caller's own.
 */
export const clientLog = async (
  exchange: Exchange,
  caller: Party,
  patientId: string,
  language: Language,
): Promise<readonly LogLine[] | undefined> =>
  exchange.store.transaction(async (tx) => {
    const [link] = await tx.clients.linksOfParty(caller.id, [patientId])
    if (link === undefined) return undefined
    const seesAll = caller.kind === 'client-portal'
    const told = (await tx.reports.ofClient(link.clientId, 1000)).filter(
      ({ state, sender, recipient, sentAt }) =>
        (state !== 'superseded' || sentAt !== undefined) &&
        // INVARIANT (silence does not speak): a recipient sees what it got, never that something was not told.
        (seesAll || sender === caller.id || (recipient === caller.id && state === 'delivered')),
    )
    const events = (await tx.reports.consentEventsOf(link.clientId)).filter(
      ({ party }) => seesAll || party === caller.id,
    )
    const nameOf = (id: string): string => exchange.parties.byId(id)?.name ?? id
    return [
      ...onceEach(told).map((row) => fromDisclosure(row, nameOf)),
      ...events.map((event) => fromEvent(event, nameOf)),
    ]
      .toSorted((one, other) => one.at - other.at)
      .map((entry) => ({ ...entry, text: renderLogEntry(entry, language, exchange.policy.zone) }))
  })

/** The same news to the same recipient over two channels is one line: told, as soon as one of them told it. */
const onceEach = (rows: readonly Disclosure[]): readonly Disclosure[] => {
  const lines = new Map<string, Disclosure>()
  for (const row of rows) {
    const key = JSON.stringify([row.updateId ?? row.id, row.recipient])
    const known = lines.get(key)
    if (known === undefined || rank(row) > rank(known)) lines.set(key, row)
  }
  return [...lines.values()]
}

const rank = (row: Disclosure): number => {
  const kind = kindOf(row.state, row.sentAt !== undefined)
  return kind === 'told' ? 3 : kind === 'waiting' ? 2 : 1
}

const fromDisclosure = (row: Disclosure, nameOf: (id: string) => string): LogEntry & { readonly id: string } => ({
  id: row.id,
  at: row.sentAt ?? row.settledAt ?? row.createdAt,
  kind: kindOf(row.state, row.sentAt !== undefined),
  category: row.information,
  from: nameOf(row.sender),
  to: nameOf(row.recipient),
  purpose: isPurpose(row.purpose) ? row.purpose : undefined,
  state: mayHaveArrived(row) ? 'possibly-received' : row.state,
  reason: row.reason,
  channel: row.channel,
  consent: row.basis[0],
})

const kindOf = (state: DisclosureState, wasSent: boolean): LogEntry['kind'] => {
  if (wasSent) return 'told'
  return state === 'queued' || state === 'held' || state === 'sending' ? 'waiting' : 'not-told'
}

const isPurpose = (word: string | undefined): word is Purpose => word !== undefined && Object.hasOwn(purposes, word)

const fromEvent = (event: ClientEvent, nameOf: (id: string) => string): LogEntry & { readonly id: string } => ({
  id: event.id,
  at: event.at,
  kind: event.kind,
  category: undefined,
  from: nameOf(event.party),
  to: '',
  purpose: undefined,
  state: undefined,
  reason: undefined,
  channel: undefined,
  consent: event.consent,
})
