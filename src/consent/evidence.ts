import type { ConsentRecord, Performer } from './consent-record.ts'
import { periodMatch } from './period.ts'
import type { DecisionRequest } from './request.ts'

/**
 * Rule 5: in production a Consent may *permit* only when it is written, its signed form is here and unaltered, and
 * somebody other than the recipient checked identity and form (or a strong electronic signature did).
 *
 * INVARIANT (nobody opens the door for himself): a recipient's verification counts for nothing it would receive. On a
 * paper for both directions each side therefore needs the other's word, or that of a third who vouches for others.
 *
 * @param asOf epoch milliseconds; a guardian's order must be in force then.
 * @returns the coded reason why it may not, or undefined.
 */
export const evidenceGap = (consent: ConsentRecord, request: DecisionRequest, asOf: number): string | undefined => {
  if (consent.performers.length === 0) return 'performer-missing'
  if (!consent.hasDateTime) return 'date-missing'
  if (consent.policyUris.length === 0) return 'policy-missing'
  if (consent.evidence !== 'verified') return `evidence-${consent.evidence}`
  if (!consent.performers.some((performer) => maySign(performer, request, asOf))) return 'performer-not-entitled'
  return consent.verifications.some((one) => vouches(one, request)) ? undefined : 'not-verified'
}

const vouches = (
  { verified, by, strongSignature, onlyAsSender }: ConsentRecord['verifications'][number],
  { recipient, custodian }: DecisionRequest,
): boolean => {
  if (!verified) return false
  if (strongSignature) return true
  if (by.length === 0 || by.some((name) => recipient.includes(name))) return false
  return onlyAsSender !== true || by.some((name) => custodian?.includes(name) === true)
}

const maySign = (performer: Performer, request: DecisionRequest, asOf: number): boolean =>
  performer.kind === 'client' || orderCovers(performer, request.information?.category, asOf)

/**
 * Whether a guardian's recorded order is in force and lets her decide on a category; undefined: on everything.
 * Nobody but a guardian has an order.
 */
export const orderCovers = (
  { kind, covers, orderPeriod }: Performer,
  category: string | undefined,
  asOf: number,
): boolean => {
  if (kind !== 'guardian' || covers === undefined) return false
  if (periodMatch(orderPeriod ?? 'unstated', asOf) !== 'T') return false
  return covers === 'all' || (category !== undefined && covers.includes(category))
}
