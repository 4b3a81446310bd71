import type { Communication } from '@medplum/fhirtypes'
import { auditParty } from '../audit/audit-subject.ts'
import { contentFor, type Tellable } from '../consent/content-for.ts'
import { purposeOf, type Standing } from '../consent/decide-disclosure.ts'
import type { DecisionRecord } from '../consent/decide.ts'
import { informationWord } from '../domain/information.ts'
import type { Language, Party } from '../domain/party.ts'
import type { RefusalReason } from '../domain/refusal.ts'
import { writeCommunication } from '../fhir/write/communication.ts'
import { renderContent } from '../language/render-content.ts'
import { reasonText } from '../language/words.ts'
import { isTelltale, ownStanding } from './sayable.ts'
import { standingsOf } from './standings.ts'
import { applyRecords } from './apply-records.ts'
import type { Exchange } from './exchange.ts'
import { resolveEntries } from './resolve-entries.ts'
import type { Entry, Rejection } from './submission.ts'
import { type EventTelling, eventsOf } from './tell-events.ts'
import { checkUpdates } from './update-rules.ts'
import { isUuid } from './uuid.ts'
import type { ResolvedEntry, Work } from './work.ts'

/** What a real post would have done for one recipient. */
export type Explanation = {
  readonly element: string
  readonly recipient: string
  readonly outcome: 'permit' | 'deny'
  readonly reason: RefusalReason | undefined
  readonly category: string
  readonly decision: DecisionRecord
  /** Exactly what would be sent; null when nothing would be. */
  readonly sent: Communication | null
  readonly text: string
}

export type Explained = { readonly outcome: 'explained'; readonly explanations: readonly Explanation[] } | Rejection

/** The same path as a real post, in a transaction that is always rolled back: no side effect, own clients only. */
export const explain = async (
  exchange: Exchange,
  caller: Party,
  recipient: Party,
  entries: readonly Entry[],
  language: Language,
): Promise<Explained> =>
  exchange.store.transaction(
    async (tx): Promise<Explained> => {
      const work: Work = { exchange, tx, caller, at: exchange.now(), requestId: undefined, newClients: new Map() }
      const resolved = await resolveEntries(work, entries)
      if (resolved.outcome === 'rejected') return resolved
      const fresh = resolved.entries.filter(({ existing }) => !existing)
      const conflict = checkUpdates(fresh, resolved.own)
      if (conflict !== undefined) return conflict
      const applied = await applyRecords(work, fresh, resolved)
      if (applied.outcome === 'rejected') return applied
      const standings = await standingsOf(work, applied)
      const events = await eventsOf(work, fresh, { ...resolved, ...applied, standings })
      if ('outcome' in events) return events
      const explanations: Explanation[] = []
      for (const event of events) explanations.push(await explainOne(work, event, recipient, { language, fresh }))
      return { outcome: 'explained', explanations }
    },
    () => false,
  )

/**
 * INVARIANT (no oracle): whom a real post would not tell, the dry run refuses without looking at the client; otherwise
 * anybody could ask it who is a client, in whose team and under which consents.
 */
const nothingKnown: Standing = {
  client: { id: '', birthDate: undefined, deceased: false, nonDisclosure: false },
  consents: [],
  members: [],
  referrals: [],
}

/**
 * The record without the consents that other parties recorded and that did not apply, and without what changes with
 * them: the client's epoch and the digest over all inputs stand in the audit.
 */
const withOwnConsents = async (
  { tx, caller }: Work,
  record: DecisionRecord,
  fresh: readonly ResolvedEntry[],
): Promise<DecisionRecord> => {
  const idOf = (word: string): string => /^Consent\/([0-9a-f-]+)/.exec(word)?.[1] ?? ''
  const words = [...record.notApplicable.map(({ consent }) => consent), ...record.unknowns]
  const stored = await tx.resources.read(words.map(idOf).filter(isUuid))
  const own = new Set([
    ...stored.filter(({ party }) => party === caller.id).map(({ id }) => id),
    ...fresh.map(({ id }) => id),
  ])
  return {
    ...record,
    epoch: undefined,
    inputs: undefined,
    notApplicable: record.notApplicable.filter(({ consent }) => own.has(idOf(consent))),
    unknowns: record.unknowns.filter((unknown) => !unknown.startsWith('Consent/') || own.has(idOf(unknown))),
  }
}

/** The dry run says what the real answer would: no deny and no death that somebody else recorded. */
const asSaid = async (work: Work, item: Parameters<typeof contentFor>[0], standing: Standing): Promise<Tellable> => {
  const { at, exchange, caller } = work
  const tellable = contentFor(item, standing, at, exchange.policy)
  if (tellable.outcome === 'permit' || standing === nothingKnown || !isTelltale(tellable.reason)) return tellable
  const said = contentFor(item, await ownStanding(work, caller, standing), at, exchange.policy)
  return said.outcome === 'deny' ? said : tellable
}

const explainOne = async (
  work: Work,
  { entry, telling, standing, recipients }: EventTelling,
  recipient: Party,
  { language, fresh }: { readonly language: Language; readonly fresh: readonly ResolvedEntry[] },
): Promise<Explanation> => {
  const { exchange, tx, caller, at } = work
  const { update, facts, clientId } = telling
  const item = { action: 'disclose', sender: caller, recipient, update, facts, told: undefined } as const
  const tellable = await asSaid(work, item, recipients.includes(recipient) ? standing : nothingKnown)
  const decision = await withOwnConsents(work, tellable.record, fresh)
  const common = { element: entry.path, recipient: recipient.name, decision }
  if (tellable.outcome === 'deny') {
    const { reason } = tellable
    return {
      ...common,
      outcome: 'deny',
      reason,
      category: update.category,
      sent: null,
      text: reasonText(reason, language),
    }
  }
  const { content } = tellable
  const text = renderContent(content, language, exchange.policy.zone)
  const sent = writeCommunication(content, {
    id: exchange.newId(),
    subject: `Patient/${await tx.clients.handle(recipient.id, clientId, exchange.newId())}`,
    sentAt: at,
    sender: auditParty(caller),
    recipient: auditParty(recipient),
    purpose: purposeOf(recipient),
    text,
    language,
  })
  return { ...common, outcome: 'permit', reason: undefined, category: informationWord(content), sent, text }
}
