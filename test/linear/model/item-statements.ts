import type { Tx } from './database.ts'
import { type Category, type Endpoint, endpoints, type ItemRow, type ItemState, laneId } from './rows.ts'
import { changeItem, changeLane, itemsOf, itemWant, laneWant, row, statement } from './statements.ts'
import { narrowingsOf, type Program, type World } from './step.ts'

/** Statements on queued items: `outbox.ts`, `lanes.ts` and `inbox.ts` of the store. */

export type Telling = {
  readonly client: string
  readonly category: Category
  readonly update: string
  readonly kind: 'update' | 'notice'
  readonly urgent?: boolean
}

/** One item for each endpoint, behind everything else of its lane: the lane's row gives the position. */
export const enqueue = (world: World, tx: Tx, telling: Telling, to: readonly Endpoint[] = endpoints): Program =>
  statement(
    tx,
    'enqueue',
    () => {
      for (const endpoint of to) {
        const lane = row(world, tx, 'lane', laneId({ endpoint, client: telling.client }))
        const due = endpoint === 'webhook' ? { dueAt: Math.min(lane.dueAt ?? Infinity, 0) } : {}
        changeLane(world, tx, lane, { nextPosition: lane.nextPosition + 1, ...due })
        if (endpoint === 'webhook') tx.queued.add(laneId(lane))
        const id = world.newId(`${telling.kind === 'notice' ? 'notice' : telling.update}-${endpoint}`)
        world.db.write(tx, 'item', id, {
          ...fresh,
          ...telling,
          id,
          endpoint,
          position: lane.nextPosition,
          ...decidedNow(world, telling),
        })
      }
    },
    () => to.map((endpoint) => laneWant({ endpoint, client: telling.client })),
  )

const decidedNow = (world: World, { client }: Telling) => ({ decidedAfter: narrowingsOf(world, client) })

const fresh = {
  state: 'queued',
  number: undefined,
  attempts: 0,
  sentAt: undefined,
  maybeReceived: false,
  mayArriveUntil: 0,
  urgent: false,
  notBefore: 0,
} as const

/** What ends without having arrived gives its number back. Lanes before items, as a starting sending takes them. */
export function* skip(world: World, tx: Tx, which: (item: ItemRow) => boolean): Program {
  const theirs = () => itemsOf(world, tx, (item) => item.endpoint === 'webhook' && which(item))
  yield* statement(
    tx,
    'lock lanes of items',
    () => {},
    () => theirs().map(laneWant),
  )
  yield* statement(
    tx,
    'give numbers back',
    () => {
      for (const item of theirs()) {
        const lane = row(world, tx, 'lane', laneId(item))
        const returned = item.sentAt === undefined && item.number !== undefined
        if (returned) changeItem(world, tx, item.id, { number: undefined })
        changeLane(world, tx, lane, {
          nextDelivery: lane.nextDelivery - (returned ? 1 : 0),
          dueAt: Math.min(lane.dueAt ?? Infinity, world.now),
          ...(world.how !== 'restless' && { restsUntil: Math.max(lane.restsUntil, item.mayArriveUntil) }),
        })
      }
    },
    () => theirs().flatMap((item) => [itemWant(item), laneWant(item)]),
  )
}

export type Settlement = {
  readonly id: string
  readonly state: ItemState
  readonly notBefore?: number
  readonly received?: 'no' | 'maybe'
  readonly mayArriveUntil?: number | undefined
}

/** INVARIANT (an end is an end): what has ended meanwhile stays as it is. */
export const settle = (world: World, tx: Tx, all: readonly Settlement[]): Program =>
  statement(
    tx,
    'settle sendings',
    () => {
      for (const { id, state, notBefore = 0, received, mayArriveUntil } of all) {
        const item = row(world, tx, 'item', id)
        const isOpen = ['queued', 'sending', 'possibly-received'].includes(item.state)
        const isGivenUp = item.state === 'dead' && state === 'withheld'
        if (world.how !== 'openEnds' && !isOpen && !isGivenUp) continue
        const surelyNot = received === 'no' && !item.maybeReceived
        changeItem(world, tx, id, {
          state,
          notBefore,
          maybeReceived: item.maybeReceived || received === 'maybe',
          mayArriveUntil: mayArriveUntil ?? item.mayArriveUntil,
          sentAt: surelyNot ? undefined : item.sentAt,
        })
      }
    },
    () => all.map(itemWant),
  )

export function* withhold(world: World, tx: Tx, { id }: ItemRow): Program {
  yield* skip(world, tx, (item) => item.id === id)
  yield* settle(world, tx, [{ id, state: 'withheld' }])
}

export const supersede = (world: World, tx: Tx, which: (item: ItemRow) => boolean): Program =>
  endAll(world, tx, 'supersede items', which)

export const endAll = (
  world: World,
  tx: Tx,
  name: 'supersede items' | 'take items back',
  which: (item: ItemRow) => boolean,
): Program =>
  statement(
    tx,
    name,
    () => {
      for (const { id } of itemsOf(world, tx, which)) changeItem(world, tx, id, { state: 'superseded', notBefore: 0 })
    },
    () => itemsOf(world, tx, which).map(itemWant),
  )

/** @returns whether it was still there to be shown. */
export const show = (world: World, tx: Tx, { id }: ItemRow): Program<boolean> =>
  statement(
    tx,
    'show item',
    () => {
      if (row(world, tx, 'item', id).state !== 'queued') return false
      const { next } = row(world, tx, 'counter', 'inbox')
      world.db.write(tx, 'counter', 'inbox', { next: next + 1 })
      changeItem(world, tx, id, { state: 'delivered', number: next, attempts: 1, sentAt: world.now })
      return true
    },
    () => itemsOf(world, tx, (item) => item.id === id && item.state === 'queued').map(itemWant),
  )
