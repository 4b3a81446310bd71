import { nextAttempt } from '../../../src/relay/schedule.ts'
import type { Tx } from './database.ts'
import { settle, type Settlement, show, withhold } from './item-statements.ts'
import { type ItemRow, laneId, type LaneRow } from './rows.ts'
import {
  changeItem,
  changeLane,
  forShare,
  headOf,
  hold,
  itemsOf,
  itemWant,
  laneWant,
  lockWithReading,
  permits,
  readStandings,
  row,
  type Standing,
  statement,
  transaction,
} from './statements.ts'
import type { Program, World } from './step.ts'

/** Who sends and who reads: `src/relay`, and `read-inbox` of `src/exchange`. */

const LEASE_S = 30
const LANES_AT_ONCE = 16

/** `until`: when another worker may take the lane. */
type Lease = { readonly lane: LaneRow; readonly token: number; readonly until: number }
type Sending = Lease & { readonly item: ItemRow; readonly number: number }
export type Delivery = 'delivered' | 'failed' | 'unknown' | 'not-sent'
type Finished = Sending & { readonly delivery: Delivery }

/** A worker for some rounds: settle, claim, decide, deliver. */
export function* work(world: World, owner: string, rounds: number, answer: () => Delivery): Program {
  let finished: readonly Finished[] = []
  for (let round = 0; round < rounds; round += 1) {
    const turn = finished
    const { sendings, busy } = yield* transaction(world, owner, (tx) => playRound(world, tx, turn))
    setOut(world, sendings)
    const back: Finished[] = [...busy]
    for (const sending of sendings) back.push({ ...sending, delivery: yield* deliver(world, sending, answer) })
    finished = back
  }
}

/** INVARIANT (one at a time): while a sending is under way and its lease lasts, its lane starts no other. */
const setOut = ({ underWay, now, fault }: World, sendings: readonly Sending[]): void => {
  for (const { lane, item, until } of sendings) {
    const other = underWay.get(laneId(lane))
    if (other !== undefined && other.until > now) fault(`${item.id} is sent while ${other.item} is under way`)
    underWay.set(laneId(lane), { item: item.id, until })
  }
}

/** Works until nothing is due: every receiver answers. */
export function* drain(world: World, owner: string): Program {
  let finished: readonly Finished[] = []
  for (;;) {
    const turn = finished
    const { sendings } = yield* transaction(world, owner, (tx) => playRound(world, tx, turn))
    const back: Finished[] = []
    for (const sending of sendings) {
      back.push({ ...sending, delivery: yield* deliver(world, sending, () => 'delivered') })
    }
    finished = back
    if (sendings.length === 0) return
  }
}

function* deliver(world: World, { lane, item, number, until }: Sending, answer: () => Delivery): Program<Delivery> {
  return yield {
    name: 'deliver',
    tx: undefined,
    run: () => {
      // Nothing is handed to a channel when its lease has ended, and a channel gives up before that.
      if (world.now >= until) return 'not-sent'
      world.underWay.delete(laneId(lane))
      const delivery = answer()
      // No answer: half of the time it arrived all the same.
      if (delivery === 'delivered' || (delivery === 'unknown' && world.random() < 0.5)) {
        const { endpoint, client, position, kind, category } = item
        world.arrived.push({
          item: item.id,
          endpoint,
          client,
          position,
          number,
          category: kind === 'notice' ? kind : category,
        })
      }
      return delivery
    },
  }
}

type Round = { readonly sendings: readonly Sending[]; readonly busy: readonly Finished[] }

function* playRound(world: World, tx: Tx, finished: readonly Finished[]): Program<Round> {
  const kept = finished.length === 0 ? new Map<Finished, Kept>() : yield* keep(world, tx, finished)
  const claimed = yield* claim(world, tx)
  const ours = finished.filter((one) => kept.get(one) === 'held')
  if (ours.length > 0)
    yield* settle(
      world,
      tx,
      ours.map((one) => settlementOf(world, one)),
    )
  const goOn = ours
    .filter(({ delivery }) => delivery === 'delivered')
    .map((one) => ({ ...one, until: tx.began + LEASE_S }))
  const waiting = ours.filter(({ delivery }) => delivery !== 'delivered')
  const { sendings, idle } = yield* startHeads(world, tx, [...claimed, ...goOn])
  if (sendings.length > 0) yield* start(world, tx, sendings)
  if (waiting.length + idle.length > 0) yield* release(world, tx, [...waiting, ...idle])
  return { sendings, busy: finished.filter((one) => kept.get(one) === 'busy') }
}

type Kept = 'held' | 'lost' | 'busy'

/** Locks a lane and its client, if nobody else has them. */
const takeFree = (world: World, tx: Tx, lane: LaneRow): boolean => {
  const { db, how } = world
  const client = forShare(lane.client)
  const isLocking = how !== 'noClientLock' && how !== 'lockAfterReading'
  if (isLocking && !db.isFree(tx, client)) return false
  if (isLocking) db.lock(tx, client)
  if (!db.isFree(tx, laneWant(lane))) return false
  db.lock(tx, laneWant(lane))
  return true
}

const keep = (world: World, tx: Tx, finished: readonly Finished[]): Program<ReadonlyMap<Finished, Kept>> =>
  statement(
    tx,
    'keep leases',
    () =>
      new Map(
        finished.map((one): [Finished, Kept] => {
          if (!takeFree(world, tx, one.lane)) return [one, 'busy']
          const now = row(world, tx, 'lane', laneId(one.lane))
          const isOurs = now.token === one.token && now.leasedUntil !== undefined
          if (!isOurs && world.how !== 'noFence') return [one, 'lost']
          changeLane(world, tx, now, { leasedUntil: tx.began + LEASE_S })
          return [one, 'held']
        }),
      ),
  )

const claim = (world: World, tx: Tx): Program<readonly Lease[]> =>
  statement(tx, 'claim lanes', () => {
    const due = world.db
      .all(tx, 'lane')
      .filter(
        ({ dueAt, leasedUntil }) =>
          dueAt !== undefined && dueAt <= world.now && (leasedUntil === undefined || leasedUntil <= world.now),
      )
      .toSorted((one, other) => (one.dueAt ?? 0) - (other.dueAt ?? 0))
      .slice(0, LANES_AT_ONCE)
    return due
      .filter((lane) => takeFree(world, tx, lane))
      .map((lane) => {
        changeLane(world, tx, lane, { token: lane.token + 1, leasedUntil: tx.began + LEASE_S })
        return { lane, token: lane.token + 1, until: tx.began + LEASE_S }
      })
  })

const settlementOf = (world: World, { item: { id, attempts }, delivery }: Finished): Settlement => {
  if (delivery === 'delivered') return { id, state: 'delivered' }
  const again = nextAttempt(attempts + 1, world.now * 1000, 0, undefined)
  const state = again === undefined ? 'dead' : delivery === 'unknown' ? 'possibly-received' : 'queued'
  return { id, state, notBefore: (again ?? 0) / 1000, received: delivery === 'not-sent' ? 'no' : 'maybe' }
}

type Started = { readonly sendings: readonly Sending[]; readonly idle: readonly Lease[] }

function* startHeads(world: World, tx: Tx, lanes: readonly Lease[]): Program<Started> {
  const sendings: Sending[] = []
  const idle: Lease[] = []
  if (lanes.length === 0) return { sendings, idle }
  const clients = [...new Set(lanes.map(({ lane }) => lane.client))]
  const standings = new Map((yield* readStandings(world, tx, clients)).map((one) => [one.client, one]))
  if (world.how === 'lockAfterReading') yield* hold(tx, clients, 'share')
  let active = lanes
  while (active.length > 0) {
    const heads = yield* readHeads(world, tx, active)
    const next: Lease[] = []
    for (const [index, lease] of active.entries()) {
      const head = heads[index]
      if (head === undefined || head.item.state === 'dead' || head.item.notBefore > world.now) idle.push(lease)
      else if (isPermitted(world, tx, head, standings.get(lease.lane.client))) {
        if (head.item.kind === 'update') tx.disclosed.add(lease.lane.client)
        sendings.push({ ...lease, item: head.item, number: head.item.number ?? head.next })
      } else {
        yield* withhold(world, tx, head.item)
        next.push(lease)
      }
    }
    active = next
  }
  return { sendings, idle }
}

type Head = { readonly item: ItemRow; readonly next: number; readonly erased: boolean }

const readHeads = (world: World, tx: Tx, lanes: readonly Lease[]): Program<readonly (Head | undefined)[]> =>
  statement(tx, 'read heads', () =>
    lanes.map(({ lane }) => {
      const item = headOf(world, tx, lane)
      if (item === undefined) return undefined
      const erased = item.kind === 'update' && row(world, tx, 'update', item.update).erased
      return { item, next: row(world, tx, 'lane', laneId(lane)).nextDelivery, erased }
    }),
  )

const isPermitted = (world: World, tx: Tx, { item, erased }: Head, standing: Standing | undefined): boolean => {
  if (item.kind === 'notice') return true
  if (world.how === 'decidedOnArrival') {
    tx.saw.set(item.client, item.decidedAfter)
    return true
  }
  return !erased && standing !== undefined && permits(standing, item.category, world.now)
}

const start = (world: World, tx: Tx, sendings: readonly Sending[]): Program =>
  statement(
    tx,
    'start sendings',
    () => {
      for (const { item, lane, number } of sendings) {
        const now = row(world, tx, 'item', item.id)
        if (item.number === undefined) changeLane(world, tx, lane, { nextDelivery: number + 1 })
        changeItem(world, tx, item.id, {
          state: 'sending',
          attempts: now.attempts + 1,
          sentAt: now.sentAt ?? world.now,
          number: now.number ?? number,
          // Nobody came back from the attempt before: it may have arrived.
          maybeReceived: now.maybeReceived || (world.how !== 'crashForgotten' && now.state === 'sending'),
        })
      }
    },
    () => sendings.flatMap(({ item, lane }) => [laneWant(lane), itemWant(item)]),
  )

const release = (world: World, tx: Tx, leases: readonly Lease[]): Program =>
  statement(tx, 'release leases', () => {
    for (const { lane, token } of leases) {
      const now = row(world, tx, 'lane', laneId(lane))
      if (now.token !== token) continue
      const head = headOf(world, tx, lane)
      const dueAt = head === undefined || head.state === 'dead' ? undefined : head.notBefore
      changeLane(world, tx, now, { leasedUntil: undefined, dueAt })
    }
  })

/** The team's system fetches its inbox from behind what it knows. */
export const readInbox = (world: World, owner: string): Program =>
  transaction(world, owner, function* (tx) {
    yield* statement(
      tx,
      'open inbox',
      () => world.db.write(tx, 'counter', 'inbox', row(world, tx, 'counter', 'inbox')),
      () => [{ table: 'counter', id: 'inbox', mode: 'update' }],
    )
    const ofInbox = (state: ItemRow['state']) => () =>
      itemsOf(world, tx, (item) => item.endpoint === 'inbox' && item.state === state)
    const unseen = yield* statement(tx, 'read unseen items', ofInbox('queued'))
    const shown = (yield* statement(tx, 'read shown items', ofInbox('delivered'))).filter(
      ({ number = 0 }) => number > world.cursor,
    )
    const clients = [...new Set([...unseen, ...shown].map(({ client }) => client))]
    if (clients.length === 0) return
    const standings = new Map((yield* lockStandings(world, tx, clients)).map((one) => [one.client, one]))
    for (const item of shown) {
      if (item.kind === 'notice') continue
      if (yield* mayRead(world, tx, item, standings)) tx.disclosed.add(item.client)
    }
    for (const item of unseen) yield* readFirst(world, tx, item, standings)
  })

type Standings = ReadonlyMap<string, Standing>

function* readFirst(world: World, tx: Tx, item: ItemRow, standings: Standings): Program {
  if (item.kind === 'notice') {
    yield* show(world, tx, item)
    return
  }
  // Once for whether it has passed, once for the decision.
  yield* readUpdate(world, tx, item)
  const permitted = yield* mayRead(world, tx, item, standings)
  if (permitted === undefined) return
  if (!permitted) yield* withhold(world, tx, item)
  else if (yield* show(world, tx, item)) tx.disclosed.add(item.client)
}

const readUpdate = (world: World, tx: Tx, { update }: ItemRow) =>
  statement(tx, 'read update', () => row(world, tx, 'update', update))

function* mayRead(world: World, tx: Tx, item: ItemRow, standings: Standings): Program<boolean | undefined> {
  const { erased } = yield* readUpdate(world, tx, item)
  const standing = standings.get(item.client)
  return erased || standing === undefined ? undefined : permits(standing, item.category, world.now)
}

function* lockStandings(world: World, tx: Tx, clients: readonly string[]): Program<readonly Standing[]> {
  if (world.how === 'readWithoutLock') return yield* readStandings(world, tx, clients)
  if (world.how === 'lockAfterReading') {
    const standings = yield* readStandings(world, tx, clients)
    yield* hold(tx, clients, 'share')
    return standings
  }
  if (world.how === 'lockWithReading') return yield* lockWithReading(world, tx, clients)
  yield* hold(tx, clients, 'share')
  return yield* readStandings(world, tx, clients)
}
