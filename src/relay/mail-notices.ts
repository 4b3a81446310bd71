import { contentFor } from '../consent/content-for.ts'
import type { NoticeEndpoint, Party } from '../domain/party.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { NoticeLease, NoticePlace, NoticeResult } from '../store/queries/mail-notices.ts'
import type { Transaction } from '../store/store.ts'
import type { Channel, Delivery } from './channel.ts'
import { type Envelope, sealNotice } from './envelope.ts'
import { frozenOf } from './frozen.ts'
import type { Relay } from './relay.ts'
import { nextAttempt } from './schedule.ts'
import { failureOf, isFinal } from './settle-delivery.ts'
import { writeMail } from './write-mail.ts'

/** What notices by e-mail work with. Times in milliseconds. */
export type Mailer = Pick<
  Relay,
  'store' | 'parties' | 'policy' | 'leaseMs' | 'retrySeconds' | 'now' | 'newId' | 'random' | 'observe' | 'report'
> & {
  readonly channel: Channel
  /** The gateway's own address. */
  readonly from: string
  /** No address gets more than one notice in this time. */
  readonly everyMs: number
}

/** Notices sent at once: one server takes them all. */
const AT_ONCE = 4
/** Of what is unread, the newest so many are decided on; one that may be read is enough. */
const MOST_DECIDED = 100

type Place = NoticePlace & { readonly address: NoticeEndpoint; readonly party: Party }

/** Sends whatever notice is due, each once. @returns how many attempts were made. @throws when the store cannot be reached. */
export const sendMailNotices = async (mailer: Mailer): Promise<number> => {
  const places = new Map(placesOf(mailer).map((place) => [place.endpoint, place]))
  const due = await mailer.store.transaction((tx) => tx.mailNotices.due([...places.values()], timeOf(mailer)))
  const waiting = due.flatMap(({ endpoint }) => places.get(endpoint) ?? [])
  let attempts = 0
  const work = async (): Promise<void> => {
    for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
      const sent = await sendOne(mailer, place).catch((error: unknown) => {
        // What cannot be read in one inbox holds up its own addresses only.
        mailer.report('a notice could not be looked after', error)
        return false
      })
      if (sent) attempts += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return attempts
}

const placesOf = ({ parties }: Mailer): readonly Place[] =>
  parties.all.flatMap((party) => {
    const inbox = party.endpoints.find(({ channel }) => channel === 'inbox')?.id
    if (inbox === undefined) return []
    return party.endpoints.flatMap((address) =>
      address.channel === 'notice' ? [{ endpoint: address.id, inbox, address, party }] : [],
    )
  })

const timeOf = ({ now, everyMs }: Mailer) => ({ now: now(), since: now() - everyMs })

const sendOne = async (mailer: Mailer, place: Place): Promise<boolean> => {
  const sending = await mailer.store.transaction((tx) => start(mailer, tx, place))
  if (sending === undefined) return false
  const delivery = await deliver(mailer, place, sending)
  mailer.observe?.({ kind: 'attempt', endpoint: place.endpoint, outcome: delivery.outcome })
  await mailer.store.transaction((tx) => settle(mailer, tx, sending, delivery))
  return true
}

type Sending = NoticeLease & { readonly envelope: Envelope; readonly attempts: number; readonly until: number }

/**
 * INVARIANT (decided at the moment of sending): a notice leaves only when its inbox holds something that may be read now,
 * decided in this transaction under the clients' locks. A withdrawal that has committed is seen, one that has not waits.
 */
const start = async (mailer: Mailer, tx: Transaction, place: Place): Promise<Sending | undefined> => {
  const notice = await tx.mailNotices.take(place, timeOf(mailer))
  if (notice === undefined) return undefined
  const { endpoint, address, party } = place
  if (!(await isAnythingReadable(mailer, tx, party, await tx.mailNotices.untold(place, MOST_DECIDED)))) {
    await tx.mailNotices.drop(endpoint)
    return undefined
  }
  const at = mailer.now()
  const until = at + mailer.leaseMs
  const { token, id = mailer.newId() } = notice
  const frozen =
    notice.frozen === undefined ? writeMail({ id, from: mailer.from, endpoint: address, at }) : frozenOf(notice.frozen)
  await tx.mailNotices.start(place, { id, token, frozen, at, until })
  return { endpoint, token, until, attempts: notice.attempts + 1, envelope: sealNotice('something-new', id, frozen) }
}

const isAnythingReadable = async (
  mailer: Mailer,
  tx: Transaction,
  recipient: Party,
  items: readonly Disclosure[],
): Promise<boolean> => {
  if (items.some(({ kind }) => kind === 'notice')) return true
  const clients = [...new Set(items.flatMap(({ clientId }) => clientId ?? []))]
  // The reading is sent behind the locking, so that it sees what has committed before.
  const [, standings] = await Promise.all([tx.clients.hold(clients, 'share'), tx.standings.of(clients)])
  const at = mailer.now()
  for (const { id, clientId = '', sender: from, updateId = '' } of items) {
    const [update, standing, sender] = [
      await tx.updates.read(updateId, () => mailer.report(`an item of an inbox cannot be read: ${id}`, undefined)),
      standings.get(clientId),
      mailer.parties.byId(from),
    ]
    if (update === undefined || standing === undefined || sender === undefined) continue
    if (update.validUntil !== undefined && update.validUntil <= at) continue
    const question = {
      action: 'access',
      sender,
      recipient,
      update: update.update,
      facts: update.facts,
      told: undefined,
    } as const
    if (contentFor(question, standing, at, mailer.policy).outcome === 'permit') return true
  }
  return false
}

const deliver = async (mailer: Mailer, { address }: Place, { envelope, until }: Sending): Promise<Delivery> => {
  // A process may have been asleep since it wrote SENDING: by now another one may have sent this, or found nothing to tell.
  if (mailer.now() >= until) return { outcome: 'not-sent', why: 'lease-over' }
  try {
    return await mailer.channel.deliver(address, envelope, mailer.now())
  } catch (error) {
    mailer.report('a channel failed', error)
    return { outcome: 'unknown', why: 'channel-failed' }
  }
}

const settle = async (mailer: Mailer, tx: Transaction, sending: Sending, delivery: Delivery): Promise<void> => {
  const isOurs = await tx.mailNotices.settle(sending, resultOf(mailer, sending.attempts, delivery))
  if (!isOurs || delivery.outcome !== 'gone') return
  await tx.endpoints.change(sending.endpoint, (state) => ({ ...state, disabledAt: state.disabledAt ?? mailer.now() }))
}

const resultOf = (mailer: Mailer, attempts: number, delivery: Delivery): NoticeResult => {
  if (delivery.outcome === 'delivered') return { state: 'delivered', notBefore: undefined }
  const next = (): number | undefined =>
    nextAttempt(attempts, mailer.now(), mailer.random(), undefined, mailer.retrySeconds)
  const notBefore = isFinal(delivery) ? undefined : next()
  const lastFailure = failureOf(delivery)
  if (notBefore === undefined) return { state: 'dead', notBefore, lastFailure }
  return { state: delivery.outcome === 'unknown' ? 'possibly-received' : 'queued', notBefore, lastFailure }
}
