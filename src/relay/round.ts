import type { AuditEntry } from '../audit/audit-entry.ts'
import { type Claimed, claimFairly } from './claim-fairly.ts'
import type { LaneKey, Lease } from '../store/queries/leases.ts'
import type { Transaction } from '../store/store.ts'
import { learn, stoppedOf } from './learn.ts'
import type { Relay } from './relay.ts'
import { type Finished, settlementOf } from './settle-delivery.ts'
import { type Sending, startHeads, type Targets } from './start-heads.ts'

/** What a round is to look at. */
export type Turn = {
  /** Sendings that have come back. */
  readonly finished: readonly Finished[]
  /** How many further lanes may be taken up. */
  readonly most: number
  /** Endpoints that get no further lanes for now. */
  readonly full?: ReadonlySet<string> | undefined
  /** Endpoints that filled the last round, and leave the first places of this one to others. */
  readonly crowd?: ReadonlySet<string> | undefined
  /** Only these, when they are due. */
  readonly only?: readonly LaneKey[] | undefined
  /** Lanes to be taken up although their endpoint is stopped, to find out whether it works again. */
  readonly probes?: readonly LaneKey[] | undefined
  /** Nothing more is started, also on lanes under lease. */
  readonly closing?: boolean | undefined
}

export type Round = Pick<Claimed, 'crowd'> & {
  readonly sendings: readonly Sending[]
  /** Came back, but somebody is holding their lane or client right now: for the next round. */
  readonly busy: readonly Finished[]
  /** Items settled one way or another. */
  readonly settled: number
  /** The endpoint of each item that the decision at the moment of sending kept from it. */
  readonly withheld: readonly string[]
  /** Lanes newly taken up. */
  readonly claimed: number
}

/**
 * One transaction for many lanes: settles what has come back, takes up lanes that are due, decides on the head of each
 * again, assigns delivery numbers, freezes bytes and writes SENDING with its audit; or withholds.
 *
 * INVARIANT (decided under the lock): a withdrawal that has committed is seen here, and one that has not waits for us.
 */
export const playRound = (relay: Relay, targets: Targets, turn: Turn): Promise<Round> =>
  relay.store.transaction(async (tx) => {
    const now = relay.now()
    const until = now + relay.leaseMs
    const claim = { now, until, most: turn.most }
    const probes = turn.closing === true ? [] : (turn.probes ?? [])
    const [states, kept, claimed, probing] = await Promise.all([
      tx.endpoints.states(),
      tx.leases.keep(
        turn.finished.map(({ lease }) => lease),
        until,
      ),
      turn.only === undefined
        ? claimFairly(tx.leases, { ...claim, endpoints: openTo(targets, turn.full) }, turn.crowd)
        : tx.leases.take(turn.only, claim).then((lanes) => ({ lanes, crowd: new Set<string>() })),
      tx.leases.take(probes, { ...claim, probe: true }),
    ])
    const stateOf = new Map(kept.map(({ lease, state }) => [lease, state]))
    const ours = turn.finished.filter(({ lease }) => stateOf.get(lease) === 'held')
    const back = await settleAll(relay, tx, ours)
    const stopped = stoppedOf(states, ours)
    const isFree = ({ endpoint }: Lease): boolean => turn.closing !== true && !stopped.has(endpoint)
    const next = [...claimed.lanes, ...back.delivered]
    const started = await startHeads({ relay, tx, targets, until }, [...next.filter(isFree), ...probing])
    await tx.audit(back.audits)
    await tx.leases.release([...back.waiting, ...next.filter((lease) => !isFree(lease))])
    await learn(relay, tx, states, ours)
    return {
      sendings: started.sendings,
      busy: turn.finished.filter(({ lease }) => stateOf.get(lease) === 'busy'),
      settled: ours.length + started.withheld.length,
      withheld: started.withheld,
      claimed: claimed.lanes.length,
      crowd: claimed.crowd,
    }
  })

/** Endpoints whose lanes may be taken up. */
export const openTo = (targets: Targets, full: Turn['full'] = new Set()): readonly string[] =>
  [...targets.keys()].filter((endpoint) => !full.has(endpoint))

type Settled = {
  /** Lanes that go on with their next item. */
  readonly delivered: readonly Lease[]
  /** The head waits, and the lane with it: order is kept, and a dead letter blocks until a person decides. */
  readonly waiting: readonly Lease[]
  readonly audits: readonly AuditEntry[]
}

const settleAll = async (relay: Relay, tx: Transaction, ours: readonly Finished[]): Promise<Settled> => {
  const all = ours.map((one) => ({ ...settlementOf(relay, one), lease: one.lease }))
  await tx.sendings.settle(all.map(({ settlement }) => settlement))
  const leasesOf = (isDelivered: boolean): readonly Lease[] =>
    all.filter(({ settlement }) => (settlement.state === 'delivered') === isDelivered).map(({ lease }) => lease)
  return { delivered: leasesOf(true), waiting: leasesOf(false), audits: all.flatMap(({ audits }) => audits) }
}
