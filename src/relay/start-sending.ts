import { decisionEntry, disclosureEntry } from '../audit/audit-entry.ts'
import { contentFor } from '../consent/content-for.ts'
import { partyIdentities } from '../consent/decide-disclosure.ts'
import type { Permit } from '../consent/decide.ts'
import type { Party } from '../domain/party.ts'
import type { Content } from '../domain/update.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { Lease } from '../store/queries/lanes.ts'
import type { Transaction } from '../store/store.ts'
import { type Envelope, type Frozen, sealNotice, sealUpdate } from './envelope.ts'
import { auditSubject } from './audit-subject.ts'
import type { PushEndpoint, Relay } from './relay.ts'
import { renderNoticeFor, renderUpdate } from './render.ts'
import { type Finished, settleDelivery } from './settle-delivery.ts'

export type Started =
  | { readonly outcome: 'sending'; readonly disclosure: Disclosure; readonly envelope: Envelope }
  /** The head was settled without sending; look at the next one. */
  | { readonly outcome: 'settled' }
  /** Nothing to send now, or the lease is lost. */
  | { readonly outcome: 'idle' }

/**
 * The transaction that starts a sending: locks the client's consent epoch, decides again, assigns the delivery number,
 * freezes the bytes and writes SENDING with its audit; or withholds. What came of the sending before is settled with it.
 *
 * INVARIANT (decided under the lock): a withdrawal that has committed is seen here, and one that has not waits for us.
 */
export const startSending = async (
  relay: Relay,
  target: PushEndpoint,
  lease: Lease,
  finished?: Finished,
): Promise<Started> =>
  relay.store.transaction(async (tx) => {
    // Clients before lanes, as everywhere: the other order would deadlock with a withdrawal that notifies.
    const [client] = await tx.clients.lock([lease.clientId], 'share')
    if (finished !== undefined && !(await settleDelivery(relay, tx, { target, lease, finished })))
      return { outcome: 'idle' }
    const found = await tx.lanes.head(lease, target.party.id)
    const at = relay.now()
    if (client === undefined || found === undefined || !isDue(found.disclosure, at)) {
      await tx.lanes.release(lease)
      return { outcome: 'idle' }
    }
    const head = found.disclosure
    const sender = relay.parties.byId(head.sender)
    if (sender === undefined) return settle(tx, head, 'no-recipient', at)
    const place: Place = { relay, tx, lease, ...found, head, sender, target, at }
    if (head.kind === 'notice') return startNotice(place)
    const update = head.updateId === undefined ? undefined : await tx.updates.read(head.updateId)
    if (update === undefined) return settle(tx, head, 'indeterminate', at)
    if (update.validUntil !== undefined && update.validUntil <= at) return settle(tx, head, 'meeting-has-passed', at)

    const told = head.frozen === undefined ? undefined : head.information
    const item = { action: 'disclose', sender, recipient: target.party, told: undefined, ...update } as const
    const decision = contentFor(item, await tx.standing(client), at, relay.policy)
    const audit = decisionEntry(relay.newId(), decision.record, auditSubject(place))
    if (decision.outcome === 'deny') {
      await tx.audit([audit])
      return settle(tx, head, decision.reason, at)
    }
    // Bytes are frozen: when another level may be told than stands in them, they are not sent again, and what may be
    // told now is queued anew under an id of its own.
    if (told !== undefined && told.level !== decision.content.level) {
      await tx.audit([audit])
      await queueAnew(place, decision.permit, decision.content)
      return settle(tx, head, 'no-applicable-consent', at)
    }
    const basis = decision.record.basis.map(({ consent, version }) => `${consent}/_history/${version}`)
    const frozen = head.frozen === undefined ? renderUpdate(decision.content, await contextOf(place)) : frozenOf(head)
    const started = await tx.lanes.startSending(lease, head, { frozen, level: decision.content.level, basis, at })
    await tx.audit([audit, disclosureEntry(relay.newId(), 'sending', at, auditSubject(place))])
    return {
      outcome: 'sending',
      disclosure: started,
      envelope: sealUpdate(decision.permit, lease.clientId, { id: head.id, ...frozen }),
    }
  })

/** A dead letter at the head blocks its lane until a person decides. */
const isDue = ({ state, notBefore = 0 }: Disclosure, at: number): boolean => state !== 'dead' && notBefore <= at

type Place = {
  readonly relay: Relay
  readonly tx: Transaction
  readonly lease: Lease
  readonly head: Disclosure
  readonly nextDelivery: number
  readonly patientId: string | undefined
  readonly sender: Party
  readonly target: PushEndpoint
  readonly at: number
}

const startNotice = async (place: Place): Promise<Started> => {
  const { relay, tx, lease, head, at } = place
  const { template } = head
  if (template === undefined) return settle(tx, head, 'indeterminate', at)
  const frozen = head.frozen === undefined ? renderNoticeFor(template, await contextOf(place)) : frozenOf(head)
  const started = await tx.lanes.startSending(lease, head, { frozen, level: undefined, basis: [], at })
  await tx.audit([disclosureEntry(relay.newId(), 'sending', at, auditSubject(place))])
  return { outcome: 'sending', disclosure: started, envelope: sealNotice(template, head.id, frozen) }
}

const queueAnew = async (place: Place, permit: Permit, content: Content): Promise<void> => {
  const { relay, tx, head, target, at } = place
  const { endpoint = '', clientId = '', sender, recipient, purpose = '', updateId = '', source = '' } = head
  const information = { category: content.category, level: content.level }
  const item = { id: relay.newId(), endpoint, channel: 'webhook', clientId, sender, recipient, at } as const
  const recipientNames = partyIdentities(target.party)
  await tx.outbox.enqueue([{ permit, item: { ...item, recipientNames, information, purpose, updateId, source } }])
  await tx.audit([
    decisionEntry(relay.newId(), permit.record, { ...auditSubject(place), information, disclosure: item.id }),
  ])
}

const settle = async (
  tx: Transaction,
  head: Disclosure,
  reason: NonNullable<Disclosure['reason']>,
  at: number,
): Promise<Started> => {
  await tx.lanes.settle(head.id, reason === 'meeting-has-passed' ? 'expired' : 'withheld', { at, reason })
  return { outcome: 'settled' }
}

const contextOf = async ({ relay, tx, lease, head, sender, target, at, nextDelivery, patientId }: Place) => ({
  id: head.id,
  endpoint: target.endpoint,
  sender,
  recipient: target.party,
  subject: `Patient/${patientId ?? (await tx.clients.handle(target.party.id, lease.clientId, relay.newId()))}`,
  sentAt: at,
  number: nextDelivery,
  baseUrl: relay.baseUrl,
  zone: relay.policy.zone,
})

const frozenOf = ({ frozen }: Disclosure): Frozen => {
  if (typeof frozen === 'object' && frozen !== null && 'body' in frozen && 'contentType' in frozen) {
    return { body: String(frozen.body), contentType: String(frozen.contentType) }
  }
  throw new Error('frozen bytes cannot be read')
}
