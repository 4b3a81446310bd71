import type { Tx } from './database.ts'
import { endAll, enqueue, skip, supersede, withhold } from './item-statements.ts'
import { type Category, endpoints, type ItemRow } from './rows.ts'
import {
  bumpEpoch,
  hold,
  itemsOf,
  itemWant,
  permits,
  put,
  readStandings,
  row,
  type Standing,
  statement,
  transaction,
} from './statements.ts'
import type { Program, World } from './step.ts'

/** What a sender does, or somebody who records what a client says: `src/exchange`. */

/** News: decided on arrival, queued for both endpoints; refused when nobody may be told. @returns what was told. */
export function* tell(
  world: World,
  owner: string,
  client: string,
  category: Category,
  urgent = false,
): Program<string> {
  const update = world.newId(category)
  const told = yield* transaction(
    world,
    owner,
    function* (tx) {
      if (world.how !== 'startedUnlocked') yield* hold(tx, [client], 'share')
      return yield* tellUnder(world, tx, { client, category, update, urgent }, function* () {})
    },
    (done) => done,
  )
  if (!told) yield* recordRefusal(world, owner, client)
  return update
}

/** A new version: the one before it, where it has not been sent, does not go out any more. */
export function* correct(world: World, owner: string, update: string): Program {
  const { client, category, urgent } = aboutOf(world, update)
  const told = yield* transaction(
    world,
    owner,
    function* (tx) {
      yield* hold(tx, [client], world.how === 'sharedCorrection' ? 'share' : 'update')
      return yield* tellUnder(world, tx, { client, category, update, urgent }, function* () {
        const unsent = (item: ItemRow) => item.update === update && item.state === 'queued' && item.sentAt === undefined
        yield* skip(world, tx, unsent)
        yield* supersede(world, tx, unsent)
      })
    },
    (done) => done,
  )
  if (!told) yield* recordRefusal(world, owner, client)
}

type About = Pick<ItemRow, 'client' | 'category' | 'update' | 'urgent'>

function* tellUnder(world: World, tx: Tx, about: About, before: () => Program): Program<boolean> {
  const [standing] = yield* readStandings(world, tx, [about.client])
  if (standing === undefined || !permits(standing, about.category, world.now)) return false
  yield* before()
  // What was taken back stays so: what is said of it afterwards is told as something new.
  const isGone = world.db.read(tx, 'update', about.update)?.erased === true
  const update = isGone ? world.newId(about.category) : about.update
  yield* enqueue(world, tx, { ...about, update, kind: 'update' })
  yield* put(world, tx, 'put update', ['update', update, { id: update, erased: false }])
  return true
}

const recordRefusal = (world: World, owner: string, client: string): Program =>
  transaction(world, owner, (tx) => hold(tx, [client], 'share'))

/** Taken back: what waits ends, and whoever may have got it is told so, if that is permitted. */
export function* retract(world: World, owner: string, update: string): Program {
  const { client, category, urgent } = aboutOf(world, update)
  yield* transaction(world, owner, function* (tx) {
    yield* hold(tx, [client], 'update')
    const [standing] = yield* readStandings(world, tx, [client])
    const open = (item: ItemRow) =>
      item.update === update && ['queued', 'possibly-received', 'dead'].includes(item.state)
    yield* skip(world, tx, open)
    yield* endAll(world, tx, 'take items back', open)
    const received = yield* statement(tx, 'read what was taken back', () =>
      itemsOf(world, tx, (item) => item.update === update && item.sentAt !== undefined),
    )
    if (received.length > 0 && standing !== undefined && permits(standing, category, world.now)) {
      const correction = world.newId('correction')
      const to = endpoints.filter((one) => received.some(({ endpoint }) => endpoint === one))
      yield* enqueue(world, tx, { client, category, update: correction, kind: 'update', urgent }, to)
      yield* put(world, tx, 'put update', ['update', correction, { id: correction, erased: false }])
    }
    yield* put(world, tx, 'erase update', ['update', update, { id: update, erased: true }])
  })
}

const aboutOf = (world: World, update: string): ItemRow => {
  const [item] = itemsOf(world, undefined, (one) => one.update === update)
  if (item === undefined) throw new Error(`nothing was told of ${update}`)
  return item
}

/** Takes categories out of a consent, or all of it back. */
export function* withdraw(world: World, owner: string, client: string, taken: readonly Category[]): Program {
  yield* transaction(world, owner, function* (tx) {
    const locks = world.how !== 'withdrawalUnlocked'
    if (locks) yield* hold(tx, [client], 'update')
    const before = row(world, tx, 'consent', client)
    const kept = before.permits.filter((one) => !taken.includes(one))
    yield* put(world, tx, 'put consent', ['consent', client, { ...before, permits: kept }])
    yield* narrow(world, tx, client, locks)
  })
}

/** The team leaves the client's care team. */
export function* leaveTeam(world: World, owner: string, client: string): Program {
  yield* transaction(world, owner, function* (tx) {
    yield* hold(tx, [client], 'update')
    yield* put(world, tx, 'put care team', ['member', client, { client, present: false }])
    yield* narrow(world, tx, client, true)
  })
}

function* narrow(world: World, tx: Tx, client: string, bumpsFirst: boolean): Program {
  tx.narrowed.add(client)
  tx.withdrawn.add(client)
  const [standing] = yield* readStandings(world, tx, [client])
  if (bumpsFirst) yield* bumpEpoch(world, tx, client)
  if (world.how !== 'queueLeftAlone' && standing !== undefined) yield* withholdForbidden(world, tx, standing)
  const told = yield* statement(
    tx,
    'read who was told',
    () =>
      itemsOf(world, tx, (item) => item.client === client && item.kind === 'update' && item.sentAt !== undefined)
        .length > 0,
  )
  if (told) yield* enqueue(world, tx, { client, category: 'benefit', update: '', kind: 'notice' })
  if (!bumpsFirst) yield* bumpEpoch(world, tx, client)
}

function* withholdForbidden(world: World, tx: Tx, standing: Standing): Program {
  const isWaiting = (item: ItemRow) =>
    item.client === standing.client &&
    item.kind === 'update' &&
    ['queued', 'possibly-received', 'dead'].includes(item.state)
  const open = yield* statement(
    tx,
    'lock open items',
    () => itemsOf(world, tx, isWaiting),
    () => itemsOf(world, tx, isWaiting).toSorted(byLane).map(itemWant),
  )
  for (const item of open.toSorted(byLane)) {
    const { erased } = yield* statement(tx, 'read update', () => row(world, tx, 'update', item.update))
    if (!erased && !permits(standing, item.category, world.now)) yield* withhold(world, tx, item)
  }
}

const byLane = (one: ItemRow, other: ItemRow): number =>
  one.endpoint.localeCompare(other.endpoint) || one.position - other.position

/** A new consent to everything. */
export function* renew(world: World, owner: string, client: string): Program {
  yield* transaction(world, owner, function* (tx) {
    yield* hold(tx, [client], 'update')
    const consent = { client, permits: ['medication', 'benefit', 'referral'], until: Infinity } as const
    yield* put(world, tx, 'put consent', ['consent', client, consent])
    yield* readStandings(world, tx, [client])
    yield* bumpEpoch(world, tx, client)
  })
}

/** The team turns the referral down: from then on nothing of it is told. */
export function* turnDown(world: World, owner: string, client: string): Program {
  yield* transaction(world, owner, function* (tx) {
    yield* hold(tx, [client], world.how === 'sharedAnswer' ? 'share' : 'update')
    const [standing] = yield* readStandings(world, tx, [client])
    if (standing === undefined || !permits(standing, 'referral', world.now)) return
    // The sender hears that something has changed, and the team gets the referral as it may still read it.
    yield* enqueue(world, tx, { client, category: 'benefit', update: '', kind: 'notice' }, [])
    yield* hold(tx, [client], 'share')
    yield* readStandings(world, tx, [client])
    tx.narrowed.add(client)
    yield* put(world, tx, 'put referral', ['referral', client, { client, live: false }])
    if (world.how !== 'sharedAnswer') yield* bumpEpoch(world, tx, client)
  })
}
