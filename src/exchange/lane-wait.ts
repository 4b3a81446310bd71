import type { EndpointState } from '../store/queries/endpoints.ts'
import type { OpenLane } from '../store/queries/open-lanes.ts'

/** Why a lane does not move right now, in one word; `due` and `under-way` when nothing keeps it. */
export type LaneWait =
  | 'due'
  | 'under-way'
  /** Its head has failed, and is tried again at `nextAttempt`. */
  | 'retry'
  /** What ended without an answer may still arrive (`skip` in the store's lanes). */
  | 'resting'
  /** A worker has it, or it is left alone for a lease because its head could not be read: then the log says so. */
  | 'leased'
  | 'dead-letter'
  | 'endpoint-paused'
  | 'endpoint-broken'
  | 'endpoint-gone'
  /** No party has such an endpoint (any more). */
  | 'endpoint-unconfigured'
  | 'held-after-restore'

export type LaneSurroundings = {
  readonly endpoint: EndpointState
  readonly isConfigured: boolean
  readonly isHeld: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

/** What keeps a lane longest comes first: only when that is out of the way does the next one count. */
export const laneWait = (lane: OpenLane, { endpoint, isConfigured, isHeld, now }: LaneSurroundings): LaneWait => {
  const isLeased = isAhead(lane.leasedUntil, now)
  if (isHeld) return 'held-after-restore'
  if (isLeased && lane.headState === 'sending') return 'under-way'
  if (lane.headState === 'dead') return 'dead-letter'
  if (!isConfigured) return 'endpoint-unconfigured'
  if (endpoint.pausedAt !== undefined) return 'endpoint-paused'
  if (endpoint.disabledAt !== undefined) return 'endpoint-gone'
  if (endpoint.openedAt !== undefined) return 'endpoint-broken'
  if (isAhead(lane.notBefore, now)) return 'retry'
  if (isAhead(lane.restsUntil, now)) return 'resting'
  return isLeased ? 'leased' : 'due'
}

/**
 * When the lane is looked at again for its own sake, epoch milliseconds: after its retry, its rest and its lease, as far as
 * they lie ahead. @returns undefined while it is under way, or only a person moves it on.
 */
export const nextAttemptOf = (lane: OpenLane, wait: LaneWait, now: number): number | undefined => {
  if (wait === 'under-way' || wait === 'dead-letter') return undefined
  const ahead = [lane.notBefore, lane.restsUntil, lane.leasedUntil].filter((one) => isAhead(one, now))
  return ahead.length === 0 ? lane.notBefore : Math.max(...ahead)
}

const isAhead = (instant: number | undefined, now: number): instant is number => instant !== undefined && instant > now
