import type { Code, ConsentRecord, Effect } from './consent-record.ts'
import { evaluateConsent } from './evaluate-consent.ts'
import { evidenceGap } from './evidence.ts'
import type { DecisionRequest, Policy } from './request.ts'

export type Reason = 'permitted' | 'denied' | 'indeterminate' | 'no-applicable-consent'

/** What the consents say about a request, and on what that rests; codes only, in canonical order. */
export type Opinion = {
  readonly reason: Reason
  readonly basis: readonly Basis[]
  readonly notApplicable: readonly { readonly consent: string; readonly why: string }[]
  readonly unknowns: readonly string[]
}
export type Basis = {
  readonly consent: string
  readonly version: string
  readonly path: string
  readonly effect: Effect
}

const severity: readonly Reason[] = ['denied', 'indeterminate', 'no-applicable-consent', 'permitted']

type Frame = { readonly asOf: number; readonly policy: Policy }

/** Rules 3 and 13: every patient named and every purpose asked must be permitted separately; the worst one speaks. */
export const opinionOf = (request: DecisionRequest, consents: readonly ConsentRecord[], frame: Frame): Opinion => {
  const foreign = request.data?.patients.filter((patient) => !request.client.includes(patient)) ?? []
  const clients = [request.client, ...foreign.map((patient) => [patient])]
  const asked: readonly (readonly Code[])[] =
    request.purposes.length === 0 ? [[]] : request.purposes.map((one) => [one])
  const opinions = clients.flatMap((client) =>
    asked.map((purposes) => weigh({ ...request, client, purposes }, consents, frame)),
  )
  const worst = severity.find((reason) => opinions.some((opinion) => opinion.reason === reason))
  const speaking = opinions.filter(({ reason }) => reason === worst)
  return {
    reason: worst ?? 'indeterminate',
    basis: canonical(speaking.flatMap(({ basis }) => basis)),
    notApplicable: canonical(opinions.flatMap(({ notApplicable }) => notApplicable)),
    unknowns: canonical(opinions.flatMap(({ unknowns }) => unknowns)),
  }
}

/** Rules 2, 4 and 19: candidates, then explicit denies over everything, then permits of any Consent. */
const weigh = (request: DecisionRequest, consents: readonly ConsentRecord[], { asOf, policy }: Frame): Opinion => {
  const permits: Basis[] = []
  const denies: Basis[] = []
  const doubts: Basis[] = []
  const maybes: string[] = []
  const broken: string[] = []
  const notApplicable: { consent: string; why: string }[] = []
  for (const consent of consents) {
    const absent = notLive(consent, request)
    // INVARIANT (what cannot be read cannot be left out): not even because its scope or category does not seem to fit.
    if (absent === undefined) for (const element of consent.unreadable) broken.push(`${consent.id}: ${element}`)
    const excluded = absent ?? notFitting(consent, policy)
    if (excluded !== undefined) {
      notApplicable.push({ consent: consent.id, why: excluded })
      continue
    }
    const gap = policy.mode === 'production' ? evidenceGap(consent, request) : undefined
    const verdict = evaluateConsent(consent, request, { asOf, policy, mayPermit: gap === undefined })
    for (const unknown of verdict.maybe) maybes.push(`${consent.id}: ${unknown}`)
    const { effect, certainty, path } = verdict
    if (effect === 'none') notApplicable.push({ consent: consent.id, why: gap ?? verdict.why ?? 'no-effect' })
    else {
      const basis: Basis = { consent: consent.id, version: consent.version, path, effect }
      if (effect === 'permit') permits.push(basis)
      else (certainty === 'T' ? denies : doubts).push(basis)
    }
  }
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

/** Rules 3 and 4: a Consent about somebody else, or one that is not in force. */
const notLive = (consent: ConsentRecord, request: DecisionRequest): string | undefined => {
  if (!consent.patients.some((name) => request.client.includes(name))) return 'other-client'
  return consent.status === 'active' ? undefined : `status-${consent.status}`
}

/** Rule 4: a Consent about another kind of matter. */
const notFitting = (consent: ConsentRecord, policy: Policy): string | undefined => {
  if (!consent.scopes.some(({ code }) => policy.consentScopes.includes(code))) return 'scope-does-not-fit'
  if (policy.mode === 'r4-conformance') return undefined
  return consent.categories.some(({ code }) => policy.consentCategories.includes(code))
    ? undefined
    : 'category-does-not-count'
}

/** Sorted by its own words and without repeats, so that the same input gives the same bytes in any order of consents. */
const canonical = <T extends object | string>(items: readonly T[]): readonly T[] => {
  if (items.length < 2) return items
  const words = new Map(items.map((item) => [wordOf(item), item]))
  return [...words.keys()].toSorted().flatMap((word) => words.get(word) ?? [])
}

const wordOf = (item: object | string): string => (typeof item === 'string' ? item : Object.values(item).join('\u0000'))
