import type { Arrival, Evidence, Item } from './evidence.ts'
import { judgeArrivals, type Late } from './verdict-arrivals.ts'
import { judgeKeeping } from './verdict-keeping.ts'

/** What became of a run. The counts of `faults` must be 0. */
export type Verdict = {
  readonly acknowledged: number
  /** Acknowledged and not there, never told to somebody it is for, not arrived, or withheld while a consent stood. */
  readonly lost: number
  /** The same bytes under the same id again: what at-least-once means. */
  readonly sameIdDuplicates: number
  /** The same id with other bytes, or the same message or delivery number under another id. */
  readonly otherDuplicates: number
  /** First arrivals after something of the same client and recipient that is newer. */
  readonly outOfOrder: number
  /** What came too late, for whoever has to find out why: where it stands now. */
  readonly late: readonly Late[]
  /** Delivery numbers that a recipient misses. */
  readonly gaps: number
  /** SENDING, or a first reading, committed while no consent stood. */
  readonly sentWithoutConsent: number
  /** Arrived, and the database knows nothing of it or holds that it never left. */
  readonly unexplained: number
  /** A missing number of an item that was under way when its consent was withdrawn: it may have arrived, nobody knows. */
  readonly numbersInDoubt: number
  /** First seen when an inbox was read again from its beginning, because a page got lost and its consent went meanwhile. */
  readonly readLate: number
  readonly passed: number
  readonly arrivals: number
  readonly delivered: number
  readonly withheld: number
}

export const judge = (evidence: Evidence): Verdict => {
  const { items, arrivals } = evidence
  const byId = new Map(items.map((item) => [item.id, item]))
  const standing = standings(evidence)
  const inState = (...states: readonly string[]): number => items.filter(({ state }) => states.includes(state)).length
  return {
    acknowledged: evidence.acknowledged.length,
    lost: judgeKeeping(evidence, standing),
    ...judgeArrivals(evidence, byId, standing),
    sentWithoutConsent: evidence.sendings.filter(({ item, at }) => {
      const sent = byId.get(item)
      return sent !== undefined && sent.kind === 'update' && !standing(sent, at)
    }).length,
    unexplained: arrivals.filter((arrival) => !isExplained(arrival, byId.get(arrival.id))).length,
    arrivals: arrivals.length,
    delivered: inState('delivered'),
    withheld: inState('withheld'),
  }
}

/** Keys of a verdict that must be 0. */
export const faults = [
  'lost',
  'otherDuplicates',
  'outOfOrder',
  'gaps',
  'sentWithoutConsent',
  'unexplained',
] as const satisfies readonly (keyof Verdict)[]

/** Whether a consent of this client for this recipient was in force at the moment of a commit. */
export type Standing = (about: Pick<Item, 'client' | 'recipient'>, at: number) => boolean

const standings = ({ consents }: Evidence): Standing => {
  const groups = Map.groupBy(consents, ({ client, recipient }) => `${client} ${recipient}`)
  return ({ client, recipient }, at) =>
    (groups.get(`${client} ${recipient}`) ?? []).some(
      ({ from, until }) => from <= at && (until === undefined || at < until),
    )
}

const isExplained = (arrival: Arrival, item: Item | undefined): boolean =>
  item !== undefined &&
  item.endpoint === arrival.endpoint &&
  item.mayHaveLeft &&
  item.number !== undefined &&
  (arrival.number === undefined || arrival.number === item.number)
