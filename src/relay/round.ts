import type { AuditEntry } from '../audit/audit-entry.ts'
import type { LaneKey, Lease } from '../store/queries/leases.ts'
import { laneName } from '../store/queries/leases.ts'
import type { Starting } from '../store/queries/sendings.ts'
import type { Transaction } from '../store/store.ts'
import type { Envelope } from './envelope.ts'
import { learn, stoppedOf } from './learn.ts'
import type { PushEndpoint, Relay } from './relay.ts'
import { type Finished, settlementOf } from './settle-delivery.ts'
import { startSending, type Step } from './start-sending.ts'

export type Targets = ReadonlyMap<string, PushEndpoint>
export type Sending = Omit<Finished, 'delivery'> & { readonly envelope: Envelope }

/** What a round is to look at. */
export type Turn = {
  /** Sendings that have come back. */
  readonly finished: readonly Finished[]
  /** How many further lanes may be taken up. */
  readonly most: number
  readonly only?: LaneKey | undefined
  /** Lanes to be taken up although their endpoint is stopped, to find out whether it works again. */
  readonly probes?: readonly LaneKey[] | undefined
  /** Nothing more is started, also on lanes under lease. */
  readonly closing?: boolean | undefined
}

export type Round = {
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
    const claim = { endpoints: [...targets.keys()], now, until, most: turn.most, only: turn.only }
    const probes = turn.closing === true ? [] : (turn.probes ?? [])
    const [states, kept, claimed, ...probing] = await Promise.all([
      tx.endpoints.states(),
      tx.leases.keep(
        turn.finished.map(({ lease }) => lease),
        until,
      ),
      tx.leases.claim(claim),
      ...probes.map((only) => tx.leases.claim({ ...claim, most: 1, only, probe: true })),
    ])
    const stateOf = new Map(kept.map(({ lease, state }) => [lease, state]))
    const ours = turn.finished.filter(({ lease }) => stateOf.get(lease) === 'held')
    const back = await settleAll(relay, tx, ours)
    const stopped = stoppedOf(states, ours)
    const isFree = ({ endpoint }: Lease): boolean => turn.closing !== true && !stopped.has(endpoint)
    const next = [...claimed, ...back.delivered]
    const started = await startHeads(relay, tx, targets, [...next.filter(isFree), ...probing.flat()])
    await tx.sendings.start(started.sendings.map(({ starting }) => starting))
    await tx.audit([...back.audits, ...started.audits])
    await tx.leases.release([...back.waiting, ...next.filter((lease) => !isFree(lease)), ...started.idle])
    await learn(relay, tx, states, ours)
    return {
      sendings: started.sendings.map(({ sending }) => sending),
      busy: turn.finished.filter(({ lease }) => stateOf.get(lease) === 'busy'),
      settled: ours.length + started.withheld.length,
      withheld: started.withheld,
      claimed: claimed.length,
    }
  })

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

type Started = {
  readonly sendings: readonly { readonly starting: Starting; readonly sending: Sending }[]
  readonly idle: readonly Lease[]
  readonly withheld: readonly string[]
  readonly audits: readonly AuditEntry[]
}

const startHeads = async (
  relay: Relay,
  tx: Transaction,
  targets: Targets,
  lanes: readonly Lease[],
): Promise<Started> => {
  const sendings: Started['sendings'][number][] = []
  const idle: Lease[] = []
  const audits: AuditEntry[] = []
  const withheld: string[] = []
  const reading = tx.standings.of([...new Set(lanes.map(({ clientId }) => clientId))])
  let active = lanes
  while (active.length > 0) {
    const next: Lease[] = []
    const heads = tx.sendings.heads(
      active.map((lane) => ({ ...lane, recipient: targets.get(lane.endpoint)?.party.id ?? '' })),
    )
    const [standings, found] = await Promise.all([reading, heads])
    for (const lease of active) {
      const [head, standing] = [found.get(laneName(lease)), standings.get(lease.clientId)]
      const target = targets.get(lease.endpoint)
      const step: Step =
        head === undefined || standing === undefined || target === undefined
          ? { outcome: 'idle' }
          : await startSending({ relay, tx, target, lease, head, standing, at: relay.now() })
      if (step.outcome === 'idle') idle.push(lease)
      else audits.push(...step.audits)
      if (step.outcome === 'settled') {
        withheld.push(lease.endpoint)
        next.push(lease)
      } else if (step.outcome === 'sending' && target !== undefined) {
        const { starting, envelope } = step
        const sending = { target, lease, disclosure: starting.head, attempts: starting.head.attempts + 1, envelope }
        sendings.push({ starting, sending })
      }
    }
    active = next
  }
  return { sendings, idle, withheld, audits }
}
