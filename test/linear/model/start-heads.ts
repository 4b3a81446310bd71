import type { Tx } from './database.ts'
import { withhold } from './item-statements.ts'
import { type Lease, release } from './lease-statements.ts'
import { isOpen, type ItemRow, laneId, type LaneRow } from './rows.ts'
import {
  changeItem,
  changeLane,
  headOf,
  hold,
  itemsOf,
  itemWant,
  laneWant,
  permits,
  readStandings,
  row,
  type Standing,
  statement,
} from './statements.ts'
import type { Program, World } from './step.ts'

/** Decides on the heads of leased lanes and starts them: `start-heads.ts` and `start-sending.ts` of `src/relay`. */

/** `passes`: its number was that of what it goes before. */
export type Sending = Lease & { readonly item: ItemRow; readonly number: number; readonly passes: boolean }

/** Starts heads or withholds them, until each lane has a sending under way or nothing to send; gives the others back. */
export function* startHeads(world: World, tx: Tx, lanes: readonly Lease[], ahead?: Ahead): Program<readonly Sending[]> {
  const sendings: Sending[] = []
  const idle: Lease[] = []
  if (lanes.length === 0) return sendings
  const { standings, heads } =
    ahead ??
    (yield* lookAhead(
      world,
      tx,
      lanes.map(({ lane }) => laneId(lane)),
    ))
  if (world.how === 'lockAfterReading') yield* hold(tx, [...standings.keys()], 'share')
  let [active, found] = [lanes, heads]
  while (active.length > 0) {
    const next: Lease[] = []
    for (const lease of active) {
      const head = found.get(laneId(lease.lane))
      if (head === undefined || head.item.state === 'dead' || head.item.notBefore > world.now) idle.push(lease)
      else if (isPermitted(world, tx, head, standings.get(lease.lane.client))) {
        const { item, next, passes } = head
        sendings.push({ ...lease, item, number: item.number ?? next, passes })
      } else {
        yield* withhold(world, tx, head.item)
        const rests = world.how !== 'restless' && head.item.mayArriveUntil > world.now
        if (rests) idle.push(lease)
        else next.push(lease)
      }
    }
    active = next
    if (active.length > 0) {
      found = yield* readHeads(
        world,
        tx,
        active.map(({ lane }) => laneId(lane)),
      )
    }
  }
  if (sendings.some(({ passes }) => passes)) yield* giveWay(world, tx, sendings)
  if (sendings.length > 0) yield* start(world, tx, sendings)
  if (idle.length > 0) yield* release(world, tx, idle)
  return sendings
}

/** What deciding on lanes takes. */
export type Ahead = { readonly standings: ReadonlyMap<string, Standing>; readonly heads: Heads }

export function* lookAhead(world: World, tx: Tx, lanes: readonly string[]): Program<Ahead> {
  const clients = new Set(lanes.map((id) => row(world, tx, 'lane', id).client))
  const standings = yield* readStandings(world, tx, [...clients])
  const heads = yield* readHeads(world, tx, lanes)
  return { standings: new Map(standings.map((one) => [one.client, one])), heads }
}

type Head = {
  readonly item: ItemRow
  readonly next: number
  readonly passes: boolean
  readonly erased: boolean
}
type Heads = ReadonlyMap<string, Head>

const readHeads = (world: World, tx: Tx, lanes: readonly string[]): Program<Heads> =>
  statement(
    tx,
    'read heads',
    () =>
      new Map(
        lanes.flatMap((id): [string, Head][] => {
          const lane = row(world, tx, 'lane', id)
          const item = world.how === 'startedOutOfOrder' ? lastQueued(world, tx, lane) : headOf(world, tx, lane)
          if (item === undefined) return []
          const erased = item.kind === 'update' && row(world, tx, 'update', item.update).erased
          const passes = world.how !== 'numberKept' && passedBy(world, tx, item) !== undefined
          return [[id, { item, next: lane.nextDelivery - (passes ? 1 : 0), passes, erased }]]
        }),
      ),
  )

/** What an urgent item goes before and has a number, though it has not left. */
const passedBy = (world: World, tx: Tx, item: ItemRow): ItemRow | undefined =>
  item.urgent && item.number === undefined
    ? itemsOf(world, tx, (one) => {
        const isOfLane = one.endpoint === item.endpoint && one.client === item.client && one.id !== item.id
        return isOfLane && isOpen(one) && one.number !== undefined && one.sentAt === undefined
      })[0]
    : undefined

const giveWay = (world: World, tx: Tx, sendings: readonly Sending[]): Program => {
  const passed = () => sendings.flatMap(({ item, passes }) => (passes ? (passedBy(world, tx, item) ?? []) : []))
  return statement(
    tx,
    'give way',
    () => {
      for (const { id } of passed()) changeItem(world, tx, id, { number: undefined })
    },
    () => passed().map(itemWant),
  )
}

/** Wrong on purpose: what its own transaction has queued overtakes what waits before it. */
const lastQueued = (world: World, tx: Tx, lane: LaneRow): ItemRow | undefined =>
  tx.queued.has(laneId(lane))
    ? itemsOf(world, tx, ({ endpoint, client, state }) => {
        return endpoint === lane.endpoint && client === lane.client && state === 'queued'
      }).at(-1)
    : headOf(world, tx, lane)

const isPermitted = (world: World, tx: Tx, { item, erased }: Head, standing: Standing | undefined): boolean => {
  if (item.kind === 'notice') return true
  if (world.how === 'decidedOnArrival') {
    tx.saw.set(item.client, item.decidedAfter)
    return true
  }
  if (world.how === 'startedUndecided' && tx.queued.size > 0) return true
  return !erased && standing !== undefined && permits(standing, item.category, world.now)
}

const start = (world: World, tx: Tx, sendings: readonly Sending[]): Program =>
  statement(
    tx,
    'start sendings',
    () => {
      for (const { item, lane, number } of sendings) {
        tx.started.push(item)
        if (item.kind === 'update') tx.disclosed.add(item.client)
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
