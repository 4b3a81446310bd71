import type { Tx, Want } from './database.ts'
import { type Category, type ConsentRow, type ItemRow, isOpen, type LaneRow, laneId, type Rows } from './rows.ts'
import { narrowingsOf, type Program, type StatementName, type Step, type World } from './step.ts'

/** Statements on clients and on what decisions rest on; `relay-statements.ts` and `item-statements.ts` hold the others. */

export function* statement<T>(
  tx: Tx,
  name: StatementName,
  run: () => T,
  wants?: () => readonly Want[],
): Generator<Step, T> {
  return yield { name, tx, run, wants }
}

export const forShare = (client: string): Want => ({ table: 'client', id: client, mode: 'share' })
export const forUpdate = (client: string): Want => ({ table: 'client', id: client, mode: 'update' })

/** Locks clients in id order. */
export const hold = (tx: Tx, clients: readonly string[], mode: Want['mode']): Program =>
  statement(
    tx,
    `hold clients for ${mode}`,
    () => {},
    () => clients.toSorted().map(mode === 'share' ? forShare : forUpdate),
  )

/** What one client's decisions rest on, and how often her permissions had been narrowed by then. */
export type Standing = {
  readonly client: string
  readonly consent: ConsentRow
  readonly member: boolean
  readonly referral: boolean
  readonly narrowings: number
}

/** Two statements: neither sees what commits after it began. */
export function* readStandings(world: World, tx: Tx, clients: readonly string[]): Program<readonly Standing[]> {
  yield* statement(tx, 'read clients', () => {})
  return yield* statement(tx, 'read what decisions rest on', () =>
    clients.map((client) => {
      const standing = standingOf(world, tx, client)
      tx.saw.set(client, standing.narrowings)
      return standing
    }),
  )
}

/**
 * Wrong on purpose: what is read beside the locked row is as of when the statement started, before it waited for the lock.
 */
export const lockWithReading = (world: World, tx: Tx, clients: readonly string[]): Program<readonly Standing[]> => {
  let seen: readonly Standing[] = []
  return statement(
    tx,
    'hold clients for share',
    () => seen,
    () => {
      seen = clients.map((client) => standingOf(world, tx, client))
      for (const { client, narrowings } of seen) tx.saw.set(client, narrowings)
      return clients.toSorted().map(forShare)
    },
  )
}

export const standingOf = (world: World, tx: Tx | undefined, client: string): Standing => ({
  client,
  consent: row(world, tx, 'consent', client),
  member: row(world, tx, 'member', client).present,
  referral: row(world, tx, 'referral', client).live,
  narrowings: narrowingsOf(world, client),
})

export const permits = ({ consent, member, referral }: Standing, category: Category, now: number): boolean =>
  consent.permits.includes(category) && now < consent.until && (member || (category === 'referral' && referral))

export const row = <T extends keyof Rows>(world: World, tx: Tx | undefined, table: T, id: string): Rows[T] => {
  const found = world.db.read(tx, table, id)
  if (found === undefined) throw new Error(`no ${table} ${id}`)
  return found
}

export const put = <T extends keyof Rows>(
  { db }: World,
  tx: Tx,
  name: StatementName,
  [table, id, value]: readonly [T, string, Rows[T]],
): Program =>
  statement(
    tx,
    name,
    () => db.write(tx, table, id, value),
    () => [{ table, id, mode: 'update' }],
  )

/** Needs the client's row: waits for everybody who holds it. */
export const bumpEpoch = (world: World, tx: Tx, client: string): Program =>
  statement(
    tx,
    'bump epoch',
    () => {
      const before = row(world, tx, 'client', client)
      world.db.write(tx, 'client', client, { ...before, epoch: before.epoch + 1 })
    },
    () => [forUpdate(client)],
  )

export const itemsOf = (world: World, tx: Tx | undefined, which: (item: ItemRow) => boolean): readonly ItemRow[] =>
  world.db.all(tx, 'item').filter(which)

/** The first open item of a lane; nothing but what is urgent overtakes it. */
export const headOf = (world: World, tx: Tx | undefined, { endpoint, client }: LaneRow): ItemRow | undefined => {
  let head: ItemRow | undefined
  for (const item of world.db.all(tx, 'item')) {
    if (item.endpoint !== endpoint || item.client !== client || !isOpen(item)) continue
    if (head === undefined || goesBefore(item, head)) head = item
  }
  return head
}

/** Urgent items pass the others. */
export const goesBefore = (one: ItemRow, other: ItemRow): boolean =>
  one.urgent === other.urgent ? one.position < other.position : one.urgent

export const changeItem = (world: World, tx: Tx, id: string, change: Partial<ItemRow>): void =>
  world.db.write(tx, 'item', id, { ...row(world, tx, 'item', id), ...change })

export const changeLane = (world: World, tx: Tx, lane: LaneRow, change: Partial<LaneRow>): void => {
  const id = laneId(lane)
  world.db.write(tx, 'lane', id, { ...row(world, tx, 'lane', id), ...change })
}

export const laneWant = (lane: Pick<LaneRow, 'endpoint' | 'client'>): Want => ({
  table: 'lane',
  id: laneId(lane),
  mode: 'update',
})
export const itemWant = ({ id }: Pick<ItemRow, 'id'>): Want => ({ table: 'item', id, mode: 'update' })

const isDeadlock = (error: unknown): boolean => error instanceof Error && error.message === DEADLOCK
/** What PostgreSQL tells one of those who wait for each other in a ring. */
export const DEADLOCK = 'deadlock detected'

/** What was queued could not be started: it is queued again, without. */
export const NOT_STARTED = 'not started'
const isNotStarted = (error: unknown): boolean => error instanceof Error && error.message === NOT_STARTED

/**
 * Runs work in a transaction; again when it was chosen to break a ring of waits. What it queues is started before it commits
 * where `owner` has a starter, at the first attempt. `keeps`: rolled back when false.
 */
export function* transaction<T>(
  world: World,
  owner: string,
  work: (tx: Tx) => Program<T>,
  keeps: (result: T) => boolean = () => true,
): Program<T> {
  for (let attempt = 1; ; attempt += 1) {
    const tx = world.db.begin(owner, world.now)
    try {
      const result = yield* work(tx)
      if (!keeps(result)) {
        yield* statement(tx, 'rollback', () => world.db.rollback(tx))
        return result
      }
      const start = attempt === 1 && tx.queued.size > 0 ? world.starters.get(owner) : undefined
      const afterCommit = start === undefined ? undefined : yield* start(tx)
      yield* statement(tx, 'commit', () => world.commit(tx))
      afterCommit?.()
      return result
    } catch (error) {
      if (isNotStarted(error)) yield* statement(tx, 'rollback', () => {})
      world.db.rollback(tx)
      if (attempt >= 5 || !(isDeadlock(error) || isNotStarted(error))) throw error
    }
  }
}
