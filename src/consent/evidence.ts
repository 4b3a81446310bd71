import type { ConsentRecord } from './consent-record.ts'
import type { DecisionRequest } from './request.ts'

/**
 * Rule 5: in production a Consent may *permit* only when it is written, its signed form is here and unaltered, and
 * somebody other than the recipient checked identity and form (or a strong electronic signature did).
 *
 * @returns the coded reason why it may not, or undefined.
 */
export const evidenceGap = (consent: ConsentRecord, request: DecisionRequest): string | undefined => {
  if (consent.performers.length === 0) return 'performer-missing'
  if (!consent.hasDateTime) return 'date-missing'
  if (consent.policyUris.length === 0) return 'policy-missing'
  if (consent.evidence !== 'verified') return `evidence-${consent.evidence}`
  if (!consent.performers.some((performer) => maySign(performer, request))) return 'performer-not-entitled'
  return consent.verifications.some(({ verified, by, strongSignature }) => {
    const independent = by.length > 0 && !by.some((name) => request.recipient.includes(name))
    return verified && (strongSignature || independent)
  })
    ? undefined
    : 'not-verified'
}

const maySign = (performer: ConsentRecord['performers'][number], request: DecisionRequest): boolean => {
  if (performer.kind === 'client') return true
  if (performer.kind !== 'guardian' || performer.covers === undefined) return false
  if (performer.covers === 'all') return true
  return request.information !== undefined && performer.covers.includes(request.information.category)
}
