import type { Tx, Written } from './database.ts'
import { type Category, type Endpoint, isEnded, isOpen, type ItemRow, laneId, type LaneRow } from './rows.ts'
import { itemsOf, permits, row, type Standing, standingOf } from './statements.ts'
import { narrowingsOf, type World } from './step.ts'

/** What must be true whatever the order of the steps. Each answers with what is wrong, in words. */

/** INVARIANT (withdrawal is linear): nothing decided before a withdrawal commits after it, a sending or a reading. */
export const tooLate = (world: World, tx: Tx): string | undefined => {
  for (const client of tx.disclosed) {
    if (tx.saw.get(client) !== narrowingsOf(world, client)) {
      return `${tx.owner} commits what it decided about ${client} before a withdrawal that has committed`
    }
  }
  return undefined
}

/** INVARIANT (what is started is permitted): also by what its own transaction has changed. */
export const forbidden = (world: World, tx: Tx): string | undefined => {
  const one = tx.started.find((item) => {
    return item.kind === 'update' && !permitted(standingOf(world, tx, item.client), item.category)
  })
  return one === undefined ? undefined : `${tx.owner} starts ${one.id}, which it leaves forbidden`
}

/** At any time: whether a consent has run out is a matter of when, and not of the order of commits. */
const permitted = (standing: Standing, category: Category): boolean => permits(standing, category, -Infinity)

/** INVARIANT (a lease holds while it lasts): whoever has it settles, and nobody else does while a sending is under way. */
export const wrongLease = (
  { now, underWay }: World,
  { lane, until }: { readonly lane: LaneRow; readonly until: number },
  isKept: boolean,
): string | undefined => {
  const other = underWay.get(laneId(lane))
  if (isKept && other !== undefined && other.until > now)
    return `${laneId(lane)} is settled while ${other.item} is under way`
  return !isKept && now < until ? `${laneId(lane)} is lost to its worker before the lease is over` : undefined
}

/** INVARIANT (an end is an end). */
export const endedTwice = (written: readonly Written[]): string | undefined => {
  for (const { table, before, after } of written) {
    if (table !== 'item' || before === undefined) continue
    const [old, now] = [before as ItemRow, after as ItemRow]
    if (isEnded(old) && old.state !== now.state) return `${old.id} was ${old.state} and becomes ${now.state}`
  }
  return undefined
}

/** INVARIANT (a withdrawal clears the queue): nothing it forbids is queued or unread once it has committed. */
export const leftWaiting = (world: World, tx: Tx): string | undefined => {
  for (const client of tx.withdrawn) {
    const standing = standingOf(world, undefined, client)
    const left = itemsOf(
      world,
      undefined,
      (item) =>
        item.client === client &&
        item.kind === 'update' &&
        ['queued', 'possibly-received', 'dead'].includes(item.state) &&
        !row(world, undefined, 'update', item.update).erased &&
        !permitted(standing, item.category),
    )
    if (left[0] !== undefined) return `${left[0].id} still waits after ${tx.owner} took its permission away`
  }
  return undefined
}

/** INVARIANT (silence does not speak): the numbers given out are 1, 2, 3 … without a gap or a repetition. */
export const gap = (world: World): string | undefined => {
  const places = world.db.all(undefined, 'lane').filter(({ endpoint }) => endpoint === 'webhook')
  for (const lane of places) {
    const wrong = gapIn(numbersOf(world, 'webhook', lane.client), lane.nextDelivery)
    if (wrong !== undefined) return `${laneId(lane)} ${wrong}`
  }
  const wrong = gapIn(numbersOf(world, 'inbox'), row(world, undefined, 'counter', 'inbox').next)
  return wrong === undefined ? undefined : `inbox ${wrong}`
}

const numbersOf = (world: World, endpoint: Endpoint, client?: string): readonly number[] =>
  itemsOf(
    world,
    undefined,
    (item) => item.endpoint === endpoint && (client === undefined || item.client === client),
  ).flatMap(({ number }) => number ?? [])

const gapIn = (numbers: readonly number[], next: number): string | undefined => {
  const sorted = numbers.toSorted((one, other) => one - other)
  const isWhole = sorted.length === next - 1 && sorted.every((number, index) => number === index + 1)
  return isWhole ? undefined : `has given out the numbers ${sorted.join(', ')} and gives ${next} next`
}

/** What the receiver sees: one number for one item, and the items of a client in their order, urgent ones in theirs. */
export const wrongArrival = ({ arrived }: World): string | undefined => {
  const byNumber = new Map<string, string>()
  const last = new Map<string, number>()
  const seen = new Set<string>()
  for (const { item, client, number, position, urgent } of arrived) {
    const other = byNumber.get(`${client} ${number}`)
    if (other !== undefined && other !== item) return `number ${number} of ${client} arrived as ${other} and as ${item}`
    byNumber.set(`${client} ${number}`, item)
    const queue = `${client} ${urgent}`
    if (!seen.has(item) && position < (last.get(queue) ?? 0)) return `${item} arrived after what was told later`
    seen.add(item)
    last.set(queue, Math.max(position, last.get(queue) ?? 0))
  }
  return undefined
}

/** When everybody has had time to finish: nothing is lost, and what may have arrived is never told as not sent. */
export const wrongEnd = (world: World): string | undefined => {
  const unknown = world.arrived.find(({ item }) => world.db.read(undefined, 'item', item) === undefined)
  if (unknown !== undefined) return `${unknown.item} arrived and was never queued`
  for (const item of world.db.all(undefined, 'item')) {
    const hasArrived = world.arrived.some((one) => one.item === item.id)
    if (isOpen(item)) return `${item.id} is still ${item.state} when nothing is left to do`
    if (hasArrived && item.sentAt === undefined) return `${item.id} arrived and is told as never sent`
    if (item.endpoint === 'webhook' && item.state === 'delivered' && !hasArrived) return `${item.id} was lost`
    const isForbidden =
      narrowingsOf(world, item.client) > 0 || row(world, undefined, 'consent', item.client).until < world.now
    const isGone = item.kind === 'update' && row(world, undefined, 'update', item.update).erased
    if (item.state === 'withheld' && !isForbidden && !isGone) return `${item.id} was withheld for nothing`
  }
  return undefined
}
