import type { Language, Party } from '../domain/party.ts'
import { informationWord } from '../domain/information.ts'
import { categoryText, reasonText, stateText } from '../language/words.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { Exchange } from './exchange.ts'
import { mayHaveArrived } from './may-have-arrived.ts'
import { isTelltale } from './sayable.ts'
import { isUuid } from './uuid.ts'

/** What became of one thing a sender sent, for one endpoint of one recipient. */
export type SenderLine = {
  readonly id: string
  readonly source: string
  readonly recipient: string
  readonly channel: string | undefined
  readonly category: string | undefined
  readonly state: Disclosure['state']
  readonly reason: string | undefined
  readonly attempts: number
  readonly nextAttempt: string | undefined
  readonly at: string
  readonly sentAt: string | undefined
  readonly text: string
}

export type SenderPage = { readonly items: readonly SenderLine[]; readonly next: string | undefined }

/**
 * @param after opaque cursor of the page before; an unreadable one starts from the beginning.
 *
 * INVARIANT (a cursor misses nothing): lines are ordered by when their submission began, and a slow one commits after a
 * quick one that began later. So no cursor passes what is younger than `SETTLING_MS`: those lines come again, with the
 * same ids, and `next` is undefined once only they are left.
 */
export const senderReport = async (
  exchange: Exchange,
  caller: Party,
  query: {
    readonly after: string | undefined
    readonly limit: number
    readonly patientId: string | undefined
    readonly language: Language
  },
): Promise<SenderPage | undefined> =>
  exchange.store.transaction(async (tx) => {
    const [link] = query.patientId === undefined ? [] : await tx.clients.linksOfParty(caller.id, [query.patientId])
    if (query.patientId !== undefined && link === undefined) return undefined
    const filter = { clientId: link?.clientId, after: readCursor(query.after), most: query.limit }
    const rows = await tx.reports.ofSender(caller.id, filter)
    const settled = exchange.now() - SETTLING_MS
    const last = rows.length < query.limit ? undefined : rows.findLast(({ createdAt }) => createdAt < settled)
    return {
      items: rows.map((row) => toLine(exchange, row, query.language)),
      next: last === undefined ? undefined : `${last.createdAt}.${last.id}`,
    }
  })

/** Longer than a submission waits for its locks, and than the clocks of two gateways differ. */
export const SETTLING_MS = 60_000

const readCursor = (cursor: string | undefined): { readonly at: number; readonly id: string } | undefined => {
  const [, at, id = ''] = /^(\d{1,15})\.(.{36})$/.exec(cursor ?? '') ?? []
  return isUuid(id) ? { at: Number(at), id } : undefined
}

/**
 * INVARIANT (no oracle): what was withheld after it had been permitted may have been so for what another party recorded,
 * a deny or a death. The sender hears that the permission is gone; the audit and the client's log say why.
 */
const reasonFor = ({ state, reason }: Disclosure): Disclosure['reason'] =>
  state === 'withheld' && reason !== undefined && isTelltale(reason) ? 'no-applicable-consent' : reason

/** What an operator gave up is said to be so: its sender may want to say it another way. */
const saidState = (row: Disclosure): Disclosure['state'] =>
  mayHaveArrived(row) && row.state !== 'skipped' ? 'possibly-received' : row.state

const toLine = (exchange: Exchange, row: Disclosure, language: Language): SenderLine => {
  const recipient = exchange.parties.byId(row.recipient)?.name ?? row.recipient
  const reason = reasonFor(row)
  const words = [
    row.information === undefined ? undefined : categoryText(row.information, language),
    `${recipient}: ${stateText(saidState(row), language)}`,
    reason === undefined ? undefined : reasonText(reason, language),
  ]
  return {
    id: row.id,
    source: row.source ?? '',
    recipient,
    channel: row.channel,
    category: row.information === undefined ? undefined : informationWord(row.information),
    state: row.state,
    reason,
    attempts: row.attempts,
    nextAttempt: row.notBefore === undefined ? undefined : new Date(row.notBefore).toISOString(),
    at: new Date(row.createdAt).toISOString(),
    sentAt: row.sentAt === undefined ? undefined : new Date(row.sentAt).toISOString(),
    text: words.filter((word) => word !== undefined).join(' – '),
  }
}
