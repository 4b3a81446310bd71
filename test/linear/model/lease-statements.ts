import type { Tx } from './database.ts'
import { wrongLease } from './promises.ts'
import { laneId, type LaneRow } from './rows.ts'
import { changeLane, forShare, headOf, laneWant, row, statement } from './statements.ts'
import type { Program, World } from './step.ts'

/** Statements on lanes under lease: `leases.ts` of the store. */

export const LEASE_S = 30
const LANES_AT_ONCE = 16

/** `until`: when another worker may take the lane. */
export type Lease = { readonly lane: LaneRow; readonly token: number; readonly until: number }

/** Locks a lane and its client, if nobody else has them. */
const takeFree = (world: World, tx: Tx, lane: LaneRow): boolean => {
  const { db, how } = world
  const client = forShare(lane.client)
  const isLocking = !['noClientLock', 'lockAfterReading', 'startedUnlocked'].includes(how)
  if (isLocking && !db.isFree(tx, client)) return false
  if (isLocking) db.lock(tx, client)
  if (!db.isFree(tx, laneWant(lane))) return false
  db.lock(tx, laneWant(lane))
  return true
}

export type Kept = 'held' | 'lost' | 'busy'

export const keep = <L extends Lease>(world: World, tx: Tx, leases: readonly L[]): Program<ReadonlyMap<L, Kept>> =>
  statement(
    tx,
    'keep leases',
    () =>
      new Map(
        leases.map((one): [L, Kept] => {
          if (!takeFree(world, tx, one.lane)) return [one, 'busy']
          const now = row(world, tx, 'lane', laneId(one.lane))
          const isOurs = now.token === one.token && now.leasedUntil !== undefined
          const isKept = isOurs || world.how === 'noFence'
          world.fault(wrongLease(world, one, isKept))
          if (!isKept) return [one, 'lost']
          changeLane(world, tx, now, { leasedUntil: tx.began + LEASE_S })
          return [one, 'held']
        }),
      ),
  )

/** A worker takes up what is due. */
export const claim = (world: World, tx: Tx): Program<readonly Lease[]> =>
  statement(tx, 'claim lanes', () => leased(world, tx, world.db.all(tx, 'lane'), tx.began + LEASE_S))

/** Those of these lanes that are due. */
export const take = (world: World, tx: Tx, lanes: readonly string[], until: number): Program<readonly Lease[]> =>
  statement(tx, 'claim lanes', () => {
    const these = lanes.map((id) => row(world, tx, 'lane', id))
    if (world.how === 'startedUnleased') return these.map((lane) => ({ lane, token: lane.token, until }))
    const taken = leased(world, tx, these, until)
    return world.how === 'startedUnderOldToken' ? taken.map((one) => ({ ...one, token: one.lane.token })) : taken
  })

const leased = (world: World, tx: Tx, lanes: readonly LaneRow[], until: number): readonly Lease[] =>
  lanes
    .filter(
      ({ dueAt, leasedUntil, restsUntil }) =>
        dueAt !== undefined &&
        dueAt <= world.now &&
        (leasedUntil === undefined || leasedUntil <= world.now) &&
        restsUntil <= world.now,
    )
    .toSorted((one, other) => (one.dueAt ?? 0) - (other.dueAt ?? 0))
    .slice(0, LANES_AT_ONCE)
    .filter((lane) => takeFree(world, tx, lane))
    .map((lane) => {
      const token = lane.token + 1
      changeLane(world, tx, lane, { token, leasedUntil: until })
      return { lane, token, until }
    })

export const release = (world: World, tx: Tx, leases: readonly Lease[]): Program =>
  statement(tx, 'release leases', () => {
    for (const { lane, token } of leases) {
      const now = row(world, tx, 'lane', laneId(lane))
      if (now.token !== token) continue
      const head = headOf(world, tx, lane)
      const dueAt = head === undefined || head.state === 'dead' ? undefined : head.notBefore
      changeLane(world, tx, now, { leasedUntil: undefined, dueAt })
    }
  })
