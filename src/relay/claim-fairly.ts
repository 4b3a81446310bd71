import type { LaneClaim, Lease, Leases } from '../store/queries/leases.ts'

export type Claimed = {
  readonly lanes: readonly Lease[]
  /** Endpoints that took all there was to take: more of them may be due. */
  readonly crowd: ReadonlySet<string>
}

/**
 * Takes up lanes that are due. Longest due first would let an endpoint that comes back with thousands of lanes go before
 * everybody else's news, however quick it is; so whoever filled the last round leaves the first places of this one to others.
 *
 * @param crowd of the round before. @returns twice `claim.most` at most.
 */
export const claimFairly = async (
  leases: Pick<Leases, 'claim'>,
  claim: LaneClaim,
  crowd: ReadonlySet<string> = new Set(),
): Promise<Claimed> => {
  const { true: crowding = [], false: others = [] } = Object.groupBy(claim.endpoints, (one) =>
    crowd.has(one) ? 'true' : 'false',
  )
  const taken = await Promise.all([others, crowding].map((endpoints) => leases.claim({ ...claim, endpoints })))
  const filled = taken.filter((lanes) => lanes.length > 0 && lanes.length === claim.most)
  return { lanes: taken.flat(), crowd: new Set(filled.flat().map(({ endpoint }) => endpoint)) }
}
