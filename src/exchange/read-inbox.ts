import { disclosureEntry } from '../audit/audit-entry.ts'
import type { Tellable } from '../consent/content-for.ts'
import type { Standing } from '../consent/decide-disclosure.ts'
import type { Identifier } from '../domain/identity.ts'
import type { Endpoint, Language, Party } from '../domain/party.ts'
import type { RefusalReason } from '../domain/refusal.ts'
import type { Content } from '../domain/update.ts'
import { renderContent } from '../language/render-content.ts'
import { renderNotice } from '../language/render-notice.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import { localDate } from '../consent/period.ts'
import { decideReading, readingOf } from './decide-reading.ts'
import type { Exchange } from './exchange.ts'
import type { ReadContext } from './read-context.ts'
import { lockStandings } from './standings.ts'

/** One thing a coach reads. `number` grows by one an item, without gaps: nothing withheld can be counted. */
export type InboxItem = {
  readonly id: string
  readonly number: number
  readonly kind: 'update' | 'notice'
  /** The reader's own name for the client. */
  readonly client: string
  readonly from: string
  readonly at: string
  readonly read: boolean
  readonly text: string
  readonly category: string | undefined
  readonly level: string | undefined
  readonly fields: Content['fields'] | undefined
  /** Id of the earlier item that this one takes back. */
  readonly retracts: string | undefined
  readonly purpose: string | undefined
}

export type InboxQuery = {
  readonly after: number
  readonly limit: number
  readonly language: Language
  /** Who of the team reads; must be a member today. Left out, the team's own system reads. */
  readonly reader: Identifier | undefined
}

export type InboxPage = { readonly items: readonly InboxItem[]; readonly next: number }

/**
 * Reads a party's inbox. Every item is decided again, each time, under the client's lock: what was withdrawn is not
 * there, and what was never read disappears without a trace for the reader.
 */
export const readInbox = async (
  exchange: Exchange,
  caller: Party,
  query: InboxQuery,
): Promise<InboxPage | 'not-a-member' | undefined> => {
  const endpoint = caller.endpoints.find(({ channel }) => channel === 'inbox')
  if (endpoint === undefined) return undefined
  const at = exchange.now()
  const { reader } = query
  if (reader !== undefined && !isMember(caller, reader, localDate(at, exchange.policy.zone))) return 'not-a-member'
  return exchange.store.transaction(async (tx) => readIn({ exchange, caller, endpoint, tx, reader }, query))
}

/** Marks one item as read. @returns false when the reader has no such item. */
export const markRead = async (exchange: Exchange, caller: Party, id: string): Promise<boolean> => {
  const endpoint = caller.endpoints.find(({ channel }) => channel === 'inbox')
  if (endpoint === undefined) return false
  return exchange.store.transaction(async (tx) => {
    const item = await tx.inbox.find(endpoint.id, id)
    if (item === undefined) return false
    await tx.inbox.markRead(id, exchange.now())
    return true
  })
}

/** Membership is asked at every reading: who left the team yesterday reads nothing today. */
const isMember = ({ members }: Party, reader: Identifier, today: string): boolean =>
  members.some(
    ({ identifier, from, until }) =>
      identifier.system === reader.system &&
      identifier.value === reader.value &&
      (from === undefined || from <= today) &&
      (until === undefined || today <= until),
  )

type Reader = ReadContext & { readonly endpoint: Endpoint; readonly reader: Identifier | undefined }

const readIn = async (opening: Omit<Reader, 'at'>, { after, limit, language }: InboxQuery): Promise<InboxPage> => {
  const { tx, endpoint, exchange } = opening
  await tx.inbox.open(endpoint.id)
  const unseen = await tx.inbox.unseen(endpoint.id, limit)
  const before = await tx.inbox.shown(endpoint.id, after, limit)
  const clientIds = [...unseen, ...before].flatMap(({ clientId }) => clientId ?? [])
  const standings = await lockStandings(tx, clientIds)
  // Decided as of now: a consent may have expired while others were waited for.
  const reader = { ...opening, at: exchange.now() }
  const items: InboxItem[] = []
  let next = after
  for (const disclosure of before) {
    const shown = await readAgain(reader, disclosure, standings)
    if (shown !== undefined) items.push(await toItem(reader, disclosure, shown, language))
    next = disclosure.deliveryNumber ?? next
  }
  // INVARIANT (a cursor misses nothing): new items get numbers above all shown ones, so a full page of those comes first.
  const fresh = before.length < limit ? unseen : []
  for (const disclosure of fresh) {
    if (items.length >= limit) break
    const shown = await readFirst(reader, disclosure, standings)
    if (shown === undefined) continue
    items.push(await toItem(reader, shown.disclosure, shown.content, language))
    next = shown.disclosure.deliveryNumber ?? next
  }
  return { items, next }
}

/** `undefined` content belongs to a notice. */
type Shown = { readonly content: Content | undefined }

const readFirst = async (
  reader: Reader,
  disclosure: Disclosure,
  standings: ReadonlyMap<string, Standing>,
): Promise<{ readonly content: Shown; readonly disclosure: Disclosure } | undefined> => {
  const { tx, exchange, caller, at } = reader
  const withhold = async (reason: RefusalReason): Promise<undefined> => {
    await tx.lanes.end({ id: disclosure.id, state: 'withheld', at, reason })
  }
  // The inbox may have been given to another party since.
  if (disclosure.recipient !== caller.id) return withhold('no-recipient')
  if (disclosure.kind === 'notice') {
    const told = { frozen: disclosure.template ?? '', level: undefined, basis: [], at }
    const shown = await tx.inbox.show(disclosure, told)
    return shown === undefined ? undefined : shownAs(shown, undefined)
  }
  // It ends as in a lane, or what nobody can decide on would stand before everything behind it for ever.
  if (exchange.parties.byId(disclosure.sender) === undefined) return withhold('no-recipient')
  // A damaged one waits, and the others do not wait for it.
  const onDamage = (): void => exchange.report?.(`an item of an inbox cannot be read: ${disclosure.id}`)
  const update = disclosure.updateId === undefined ? undefined : await tx.updates.read(disclosure.updateId, onDamage)
  if (update?.validUntil !== undefined && update.validUntil <= at) {
    await tx.lanes.end({ id: disclosure.id, state: 'expired', at, reason: 'meeting-has-passed' })
    return undefined
  }
  const decision = await judge(reader, disclosure, standings)
  if (decision === undefined) return undefined
  if (decision.outcome === 'deny') return withhold(decision.reason)
  const basis = decision.record.basis.map(({ consent, version }) => `${consent}/_history/${version}`)
  const told = { frozen: decision.content, level: decision.content.level, basis, at }
  const shown = await tx.inbox.show(disclosure, told)
  if (shown === undefined) return undefined
  await tx.audit([disclosureEntry(exchange.newId(), 'read', at, readingOf(reader, shown))])
  return shownAs(shown, decision.content)
}

const shownAs = (disclosure: Disclosure, content: Content | undefined) => ({ disclosure, content: { content } })

const readAgain = async (
  reader: Reader,
  disclosure: Disclosure,
  standings: ReadonlyMap<string, Standing>,
): Promise<Shown | undefined> => {
  if (disclosure.recipient !== reader.caller.id) return undefined
  if (disclosure.kind === 'notice') return { content: undefined }
  const decision = await judge(reader, disclosure, standings)
  return decision?.outcome === 'permit' ? { content: decision.content } : undefined
}

/** The decision on one item, put on record. */
const judge = async (
  reader: Reader,
  disclosure: Disclosure,
  standings: ReadonlyMap<string, Standing>,
): Promise<Tellable | undefined> => {
  const reading = await decideReading(reader, disclosure, standings.get(disclosure.clientId ?? ''))
  if (reading !== undefined) await reader.tx.audit([reading.decision])
  return reading?.decided
}

const toItem = async (
  { tx, exchange, caller, at }: Reader,
  disclosure: Disclosure,
  { content }: Shown,
  language: Language,
): Promise<InboxItem> => {
  const { clientId = '', template, sender, deliveryNumber = 0 } = disclosure
  const patient = await tx.clients.handle(caller.id, clientId, exchange.newId())
  return {
    id: disclosure.id,
    number: deliveryNumber,
    kind: disclosure.kind,
    client: `Patient/${patient}`,
    from: exchange.parties.byId(sender)?.name ?? sender,
    at: new Date(disclosure.sentAt ?? at).toISOString(),
    read: disclosure.readAt !== undefined,
    text:
      content === undefined
        ? template === undefined
          ? ''
          : renderNotice(template, language)
        : renderContent(content, language, exchange.policy.zone),
    category: content?.category,
    level: content?.level,
    fields: content?.fields,
    retracts: content?.retracts,
    purpose: disclosure.purpose,
  }
}
