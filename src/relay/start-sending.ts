import { type AuditEntry, decisionEntry, disclosureEntry } from '../audit/audit-entry.ts'
import { contentFor } from '../consent/content-for.ts'
import { partyIdentities, type Standing } from '../consent/decide-disclosure.ts'
import type { Permit } from '../consent/decide.ts'
import type { Party } from '../domain/party.ts'
import type { Content } from '../domain/update.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { Lease } from '../store/queries/leases.ts'
import type { Head, Starting, Told } from '../store/queries/sendings.ts'
import type { Transaction } from '../store/store.ts'
import { subjectOf } from './audit-subject.ts'
import { type Envelope, sealNotice, sealUpdate } from './envelope.ts'
import { frozenOf, type FrozenUpdate } from './frozen.ts'
import type { PushEndpoint, Relay } from './relay.ts'
import { renderNoticeFor, renderUpdate } from './render.ts'

export type Step =
  | { readonly outcome: 'sending'; readonly starting: Starting; readonly envelope: Envelope; readonly audits: Audits }
  /** The head was settled without sending; look at the next one. */
  | { readonly outcome: 'settled'; readonly audits: Audits }
  /** Nothing to send now. */
  | { readonly outcome: 'idle' }

type Audits = readonly AuditEntry[]

/** A leased lane with its head, and what is known about its client, all read under the lane's and the client's lock. */
export type Place = {
  readonly relay: Relay
  readonly tx: Transaction
  readonly target: PushEndpoint
  readonly lease: Lease
  readonly head: Head
  readonly standing: Standing
  readonly at: number
}

/** Decides on the head of a lane again, and starts its sending or settles it. */
export const startSending = async (place: Place): Promise<Step> => {
  const { relay, target, standing, at } = place
  const { disclosure: item, update } = place.head
  if (!isDue(item, at)) return { outcome: 'idle' }
  if (item.attempts > relay.retrySeconds.length) return giveUp(place)
  const sender = relay.parties.byId(item.sender)
  // The endpoint may have been given to another party since: what was meant for one is told to no other.
  if (sender === undefined || item.recipient !== target.party.id) return end(place, 'no-recipient')
  const told: Telling = { ...place, item, sender }
  if (item.kind === 'notice') return startNotice(told)
  // Nothing but a retraction erases what a sending under way may come back to.
  if (update === undefined) return end(place, 'taken-back')
  if (update.validUntil !== undefined && update.validUntil <= at) return end(place, 'meeting-has-passed')

  const question = { action: 'disclose', sender, recipient: target.party, told: undefined, ...update } as const
  const decision = contentFor(question, standing, at, relay.policy)
  const audit = (about: Telling) => decisionEntry(relay.newId(), decision.record, subjectOf(about))
  if (decision.outcome === 'deny') return end(place, decision.reason, [audit(told)])
  const { content, permit } = decision
  const before = item.frozen === undefined ? undefined : frozenOf(item.frozen)
  if (before !== undefined && !mayBeSentAgain(told, before, content)) {
    return end(place, 'no-applicable-consent', [audit(told), await queueAnew(told, permit, content)])
  }
  const frozen = before ?? renderUpdate(content, await contextOf(told))
  // The level may be another one than when it was queued.
  const telling = { ...told, item: { ...item, information: { category: content.category, level: content.level } } }
  const basis = decision.record.basis.map(({ consent, version }) => `${consent}/_history/${version}`)
  const envelope = sealUpdate(permit, place.lease.clientId, { id: item.id, ...frozen })
  return sendingOf(telling, { frozen, level: content.level, basis, at }, envelope, [audit(telling)])
}

/**
 * Bytes are frozen: when another level may be told than stands in them, or something in them may not be told any more
 * because the client is protected since, they are not sent again, and what may be told now is queued anew under an id of
 * its own.
 */
const mayBeSentAgain = ({ item, standing }: Telling, { fields }: Partial<FrozenUpdate>, now: Content): boolean => {
  const isAllPermitted = fields?.every((name) => Object.hasOwn(now.fields, name)) ?? !standing.client.nonDisclosure
  return isAllPermitted && item.information?.level === now.level
}

/** A dead letter at the head blocks its lane until a person decides. */
const isDue = ({ state, notBefore = 0 }: Disclosure, at: number): boolean => state !== 'dead' && notBefore <= at

type Telling = Place & { readonly item: Disclosure; readonly sender: Party }

const startNotice = async (telling: Telling): Promise<Step> => {
  const { item, at } = telling
  const { template } = item
  if (template === undefined) return end(telling, 'indeterminate')
  const frozen = item.frozen === undefined ? renderNoticeFor(template, await contextOf(telling)) : frozenOf(item.frozen)
  const envelope = sealNotice(template, item.id, frozen)
  return sendingOf(telling, { frozen, level: undefined, basis: [], at }, envelope, [])
}

const sendingOf = (telling: Telling, told: Told, envelope: Envelope, audits: Audits): Step => {
  const { relay, head, item, at } = telling
  const sending = disclosureEntry(relay.newId(), 'sending', at, subjectOf(telling))
  const starting = { head: item, number: head.nextDelivery, passes: head.passes, told }
  return { outcome: 'sending', starting, envelope, audits: [...audits, sending] }
}

const queueAnew = async (telling: Telling, permit: Permit, content: Content): Promise<AuditEntry> => {
  const { relay, tx, item, target, at } = telling
  const { endpoint = '', clientId = '', sender, recipient, purpose = '', updateId = '', source = '', urgent } = item
  const information = { category: content.category, level: content.level }
  const { channel } = target.endpoint
  const anew = { id: relay.newId(), endpoint, channel, clientId, sender, recipient, at } as const
  const recipientNames = partyIdentities(target.party)
  await tx.outbox.enqueue([
    { permit, item: { ...anew, recipientNames, information, purpose, updateId, source, urgent } },
  ])
  return decisionEntry(relay.newId(), permit.record, { ...subjectOf(telling), information, disclosure: anew.id })
}

const end = async (
  { tx, head: { disclosure }, at }: Place,
  reason: NonNullable<Disclosure['reason']>,
  audits: Audits = [],
): Promise<Step> => {
  const state = reason === 'meeting-has-passed' ? 'expired' : 'withheld'
  await tx.lanes.end({ id: disclosure.id, state, at, reason })
  return { outcome: 'settled', audits }
}

/** INVARIANT (bounded retry): also when every attempt ends with its process, so that none of them ever comes back. */
const giveUp = async ({ tx, head: { disclosure }, at }: Place): Promise<Step> => {
  const { id } = disclosure
  await tx.sendings.settle([{ id, state: 'dead', at, received: 'maybe', lastFailure: 'never-came-back' }])
  return { outcome: 'idle' }
}

const contextOf = async ({ relay, tx, lease, item, head, sender, target, at }: Telling) => ({
  id: item.id,
  endpoint: target.endpoint,
  sender,
  recipient: target.party,
  subject: `Patient/${head.patientId ?? (await tx.clients.handle(target.party.id, lease.clientId, relay.newId()))}`,
  sentAt: at,
  number: head.nextDelivery,
  baseUrl: relay.baseUrl,
  zone: relay.policy.zone,
})
