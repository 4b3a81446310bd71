import type { AuditEntry } from '../audit/audit-entry.ts'
import { type LaneKey, laneName, type Lease } from '../store/queries/leases.ts'
import type { Starting } from '../store/queries/sendings.ts'
import type { Transaction } from '../store/store.ts'
import type { Envelope } from './envelope.ts'
import type { PushEndpoint, Relay } from './relay.ts'
import type { Finished } from './settle-delivery.ts'
import { startSending, type Step } from './start-sending.ts'

export type Targets = ReadonlyMap<string, PushEndpoint>
export type Sending = Omit<Finished, 'delivery'> & { readonly envelope: Envelope }

type Start = { readonly relay: Relay; readonly tx: Transaction; readonly targets: Targets; readonly until: number }

export type Started = {
  readonly sendings: readonly Sending[]
  /** The endpoint of each item that the decision kept from it. */
  readonly withheld: readonly string[]
}

/**
 * Decides on the heads of leased lanes again, and starts their sendings or withholds them, until each lane has one under
 * way or nothing to send; with the audit. Call with the lanes and their clients locked (`Leases`).
 */
export const startHeads = async (
  { relay, tx, targets, until }: Start,
  lanes: readonly Lease[],
  ahead = lookAhead(tx, targets, lanes),
): Promise<Started> => {
  const started: { readonly starting: Starting; readonly sending: Sending }[] = []
  const idle: Lease[] = []
  const audits: AuditEntry[] = []
  const withheld: string[] = []
  const [standings, heads] = await ahead
  let [active, found] = [lanes, heads]
  while (active.length > 0) {
    const next: Lease[] = []
    for (const lease of active) {
      const [item, standing] = [found.get(laneName(lease)), standings.get(lease.clientId)]
      const target = targets.get(lease.endpoint)
      const step: Step =
        item === undefined || standing === undefined || target === undefined
          ? { outcome: 'idle' }
          : await startSending({ relay, tx, target, lease, head: item, standing, at: relay.now() })
      if (step.outcome === 'idle') idle.push(lease)
      else audits.push(...step.audits)
      if (step.outcome === 'settled') {
        withheld.push(lease.endpoint)
        const rests = (item?.disclosure.mayArriveUntil ?? 0) > relay.now()
        if (rests) idle.push(lease)
        else next.push(lease)
      } else if (step.outcome === 'sending' && target !== undefined) {
        const { starting, envelope } = step
        const { head } = starting
        const sending = { target, lease, disclosure: head, attempts: head.attempts + 1, envelope, until }
        started.push({ starting, sending })
      }
    }
    active = next
    if (active.length > 0) found = await headsOf(tx, targets, active)
  }
  await tx.sendings.start(started.map(({ starting }) => starting))
  await tx.audit(audits)
  await tx.leases.release(idle)
  return { sendings: started.map(({ sending }) => sending), withheld }
}

/** What deciding on lanes takes, asked for in one go. */
export const lookAhead = (tx: Transaction, targets: Targets, lanes: readonly LaneKey[]) =>
  Promise.all([tx.standings.of([...new Set(lanes.map(({ clientId }) => clientId))]), headsOf(tx, targets, lanes)])

const headsOf = (tx: Transaction, targets: Targets, lanes: readonly LaneKey[]) =>
  tx.sendings.heads(lanes.map((lane) => ({ ...lane, recipient: targets.get(lane.endpoint)?.party.id ?? '' })))
