import type { Arrival, Evidence, Item } from './evidence.ts'
import type { Standing } from './verdict.ts'

export type Late = Pick<Item, 'kind' | 'channel' | 'state' | 'number'>

export type ArrivalCounts = {
  readonly sameIdDuplicates: number
  readonly otherDuplicates: number
  readonly outOfOrder: number
  /** Urgent items that arrived before something older of their lane. */
  readonly passed: number
  /** What came too late, for whoever has to find out why. */
  readonly late: readonly Late[]
  readonly gaps: number
  readonly numbersInDoubt: number
  /** See `lostPages`. */
  readonly readLate: number
}

/** What the recipients saw: repetitions, order and numbers. */
export const judgeArrivals = (
  evidence: Evidence,
  byId: ReadonlyMap<string, Item>,
  standing: Standing,
): ArrivalCounts => {
  const { arrivals, items, recorded } = evidence
  const { first, same, other } = repetitions(arrivals)
  const seen = first.flatMap(({ id }) => byId.get(id) ?? [])
  const lost = lostPages(evidence, first, byId)
  const readings = [seen.filter((item) => !lost.has(item)), seen.filter((item) => lost.has(item))]
  const late = readings.flatMap((read) =>
    [...groups(read, queueOf).values()].flatMap((queue) => overtaken(queue, recorded)),
  )
  return {
    sameIdDuplicates: same,
    otherDuplicates: other + twins(seen),
    outOfOrder: late.length,
    passed: sum([...groups(seen, laneOf).values()].map((lane) => passing(lane, recorded))),
    late,
    readLate: lost.size,
    ...missing(seen, items, standing),
  }
}

/** Parts the first arrival of each id at each endpoint from what came again. */
const repetitions = (arrivals: readonly Arrival[]) => {
  const digests = new Map<string, string>()
  const first: Arrival[] = []
  let [same, other] = [0, 0]
  for (const arrival of arrivals) {
    const key = `${arrival.endpoint} ${arrival.id}`
    const before = digests.get(key)
    if (before === undefined) {
      digests.set(key, arrival.digest)
      first.push(arrival)
    } else if (before === arrival.digest) same += 1
    else other += 1
  }
  return { first, same, other }
}

/**
 * Inbox items that were shown on a page which got lost, whose consent was withdrawn before the reader asked again, and
 * given once more later: the reader has gone on behind them by then, and finds them when it reads from the beginning.
 * Where a consent stood all along there is no such excuse.
 */
const lostPages = (
  { sendings, consents }: Evidence,
  first: readonly Arrival[],
  byId: ReadonlyMap<string, Item>,
): ReadonlySet<Item> => {
  const shownAt = new Map(sendings.map(({ item, at }) => [item, at]))
  const stoodAllAlong = ({ id, client, recipient }: Item): boolean =>
    consents.some(
      (one) =>
        one.client === client &&
        one.recipient === recipient &&
        one.from <= (shownAt.get(id) ?? Infinity) &&
        one.until === undefined,
    )
  const reread = first.filter((arrival) => arrival.reread === true).flatMap(({ id }) => byId.get(id) ?? [])
  return new Set(reread.filter((item) => item.kind === 'update' && !stoodAllAlong(item)))
}

/** One message, or one number, that came to one endpoint under several ids. */
const twins = (seen: readonly Item[]): number =>
  surplus(seen.flatMap(({ endpoint, record }) => (record === undefined ? [] : [`${endpoint} ${record}`]))) +
  surplus(seen.flatMap((item) => (item.number === undefined ? [] : [`${counterOf(item)} ${item.number}`])))

const surplus = (names: readonly string[]): number => names.length - new Set(names).size

/** Items that arrived for the first time after one of their queue with a higher number, or committed later. */
const overtaken = (queue: readonly Item[], recorded: Evidence['recorded']): readonly Late[] => {
  let [number, committed] = [-Infinity, -Infinity]
  const late: Late[] = []
  for (const item of queue) {
    const at = recorded.get(item.record ?? '')?.at ?? committed
    const { kind, channel, state } = item
    if ((item.number ?? number) < number || at < committed) late.push({ kind, channel, state, number: item.number })
    number = Math.max(number, item.number ?? number)
    committed = Math.max(committed, at)
  }
  return late
}

/** How many urgent items arrived before one that was committed earlier. */
const passing = (lane: readonly Item[], recorded: Evidence['recorded']): number => {
  let [earliest, count] = [Infinity, 0]
  for (const { urgent, record } of lane.toReversed()) {
    const at = recorded.get(record ?? '')?.at ?? Infinity
    if (urgent === true && at > earliest) count += 1
    earliest = Math.min(earliest, at)
  }
  return count
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

/** Numbers below the highest one seen that never came. */
const missing = (seen: readonly Item[], items: readonly Item[], standing: Standing) => {
  const holders = new Map(items.map((item) => [`${counterOf(item)} ${item.number}`, item]))
  let [gaps, numbersInDoubt] = [0, 0]
  for (const [counter, arrived] of groups(seen, counterOf)) {
    const numbers = new Set(arrived.flatMap(({ number }) => number ?? []))
    for (let number = 1; number < Math.max(...numbers); number += 1) {
      if (numbers.has(number)) continue
      const holder = holders.get(`${counter} ${number}`)
      if (holder !== undefined && isInDoubt(holder, standing)) numbersInDoubt += 1
      else gaps += 1
    }
  }
  return { gaps, numbersInDoubt }
}

/** Under way when its consent was withdrawn, or on an inbox page that got lost and may not be read any more. */
const isInDoubt = (item: Item, standing: Standing): boolean =>
  item.mayHaveLeft &&
  item.kind === 'update' &&
  (item.channel === 'webhook' ? item.state === 'withheld' : !standing(item, Number.MAX_SAFE_INTEGER))

const laneOf = ({ endpoint, client }: Item): string => `${endpoint} ${client}`

/** Urgent items pass the others of their lane, and never each other. */
const queueOf = (item: Item): string => `${laneOf(item)} ${item.urgent === true}`

/** A webhook counts for each client; an inbox is read as one list and counts as one. */
const counterOf = (item: Item): string => (item.channel === 'inbox' ? item.endpoint : laneOf(item))

const groups = (items: readonly Item[], nameOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> =>
  Map.groupBy(items, nameOf)
