import type { Code, ConsentRecord } from './consent-record.ts'
import { evaluateRule, type Finding, type Walk } from './evaluate-consent.ts'
import { evidenceGap } from './evidence.ts'
import { claimedBy, voiceOf } from './fit.ts'
import type { Basis, Frame, Opinion } from './opinion.ts'
import { prepare, type Rule } from './prepare.ts'
import type { DecisionRequest } from './request.ts'

/** What the consents of one client have said so far about one request for one purpose. */
type Heard = {
  readonly permits: Basis[]
  readonly denies: Basis[]
  /** Denies that perhaps match. */
  readonly doubts: Basis[]
  /** Permits that perhaps match. */
  readonly maybes: string[]
  /** What could not be read of consents in force. */
  readonly broken: string[]
  /** The purposes among which the one asked is, when one scope alone can permit them. */
  readonly claimed: readonly Code[] | undefined
  readonly notApplicable: { readonly consent: string; readonly why: string }[]
}

/** Rules 2, 4 and 19: candidates, then explicit denies over everything, then permits of any Consent. */
export const weigh = (request: DecisionRequest, consents: readonly ConsentRecord[], frame: Frame): Opinion => {
  const heard: Heard = {
    permits: [],
    denies: [],
    doubts: [],
    maybes: [],
    broken: [],
    notApplicable: [],
    claimed: claimedBy(request, frame.policy),
  }
  for (const consent of consents) {
    const why = hear(heard, consent, request, frame)
    if (why !== undefined) heard.notApplicable.push({ consent: consent.id, why })
  }
  return opinionOn(heard)
}

/** Adds what one Consent says. Returns why it says nothing, or undefined. */
const hear = (heard: Heard, consent: ConsentRecord, request: DecisionRequest, frame: Frame): string | undefined => {
  const { asOf, policy } = frame
  const absent = notLive(consent, request)
  if (absent !== undefined) return absent
  // INVARIANT (what cannot be read cannot be left out): not even because its scope or category does not seem to fit.
  for (const element of consent.unreadable) heard.broken.push(`${consent.id}: ${element}`)
  const { fit, root } = frame.left?.get(consent) ?? prepare(consent, policy)
  if (fit.counts === 'F') return fit.why
  const voice = voiceOf(fit.only, heard.claimed, request)
  if (voice === 'none') return 'scope-does-not-fit'
  if (root === undefined) return 'no-effect'
  const gap = voice === 'denials' ? 'scope-does-not-fit' : gapOf(consent, request, frame)
  const walk: Walk = { request, asOf, mayPermit: gap === undefined, maybe: [], why: undefined }
  const finding = evaluateRule(root, walk)
  for (const unknown of walk.maybe) heard.maybes.push(`${consent.id}: ${unknown}`)
  if (finding === undefined) return gap ?? walk.why ?? 'no-effect'
  settle(heard, consent, finding, fit.counts)
  return undefined
}

const gapOf = (consent: ConsentRecord, request: DecisionRequest, { asOf, policy }: Frame): string | undefined =>
  policy.mode === 'production' ? evidenceGap(consent, request, asOf) : undefined

/** @param counts U: perhaps the Consent does not count; then it permits nothing for sure and refuses perhaps. */
const settle = (heard: Heard, consent: ConsentRecord, { effect, rule }: Finding, counts: 'T' | 'U'): void => {
  const basis = basisOf(consent, rule, effect === 'permit' ? 'permit' : 'deny')
  if (effect === 'permit') {
    if (counts === 'T') heard.permits.push(basis)
    else heard.maybes.push(`${consent.id}: scope-or-category-without-system`)
  } else if (effect === 'deny' && counts === 'T') heard.denies.push(basis)
  else heard.doubts.push(basis)
}

/** Rules 3 and 4: a Consent about somebody else, or one that is not in force. */
const notLive = (consent: ConsentRecord, request: DecisionRequest): string | undefined => {
  if (!consent.patients.some((name) => request.client.includes(name))) return 'other-client'
  return consent.status === 'active' ? undefined : `status-${consent.status}`
}

const basisOf = ({ id, version }: ConsentRecord, { path }: Rule, effect: Basis['effect']): Basis => ({
  consent: id,
  version,
  path,
  effect,
})

const opinionOn = ({ permits, denies, doubts, maybes, broken, notApplicable }: Heard): Opinion => {
  const unknowns = [...broken, ...maybes, ...doubts.map(({ consent, path }) => `${consent}: ${path}`)]
  if (denies.length > 0) {
    // Rule 19: a live contradiction shows in the record, for a person to resolve.
    for (const { consent } of permits) notApplicable.push({ consent, why: 'conflicting-consents' })
    return { reason: 'denied', basis: denies, notApplicable, unknowns }
  }
  const rest = { notApplicable, unknowns }
  if (doubts.length > 0 || broken.length > 0) return { reason: 'indeterminate', basis: doubts, ...rest }
  if (permits.length > 0) return { reason: 'permitted', basis: permits, ...rest }
  return { reason: maybes.length > 0 ? 'indeterminate' : 'no-applicable-consent', basis: [], ...rest }
}
