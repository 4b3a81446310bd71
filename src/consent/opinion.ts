import type { Identity } from '../domain/identity.ts'
import type { Code, ConsentRecord, Effect } from './consent-record.ts'
import { byWord, inOrder, type Order } from './order.ts'
import type { Prepared } from './prepare.ts'
import type { DecisionRequest, Policy } from './request.ts'
import { weigh } from './weigh.ts'

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

/** What a decision is made under besides the request. */
export type Frame = {
  readonly asOf: number
  readonly policy: Policy
  /** What a plan has left of each Consent; without it every Consent is prepared whole. */
  readonly left?: ReadonlyMap<ConsentRecord, Prepared>
}

/**
 * Rules 3 and 13: every patient named and every purpose asked must be permitted separately; the worst one speaks.
 * Not yet in canonical order: a level that is tried and not permitted leaves no record.
 */
export const weighAll = (request: DecisionRequest, consents: readonly ConsentRecord[], frame: Frame): Opinion => {
  const foreign = othersNamed(request, consents)
  if (foreign.length === 0 && request.purposes.length < 2) return weigh(request, consents, frame)
  const clients = [request.client, ...foreign.map((patient) => [patient])]
  const asked: readonly (readonly Code[])[] =
    request.purposes.length === 0 ? [[]] : request.purposes.map((one) => [one])
  const opinions = clients.flatMap((client) =>
    asked.map((purposes) => weigh({ ...request, client, purposes }, consents, frame)),
  )
  const worst = severity.find((reason) => opinions.some((opinion) => opinion.reason === reason))
  return {
    reason: worst ?? 'indeterminate',
    basis: opinions.flatMap(({ reason, basis }) => (reason === worst ? basis : [])),
    notApplicable: opinions.flatMap(({ notApplicable }) => notApplicable),
    unknowns: opinions.flatMap(({ unknowns }) => unknowns),
  }
}

/**
 * Everybody else the resource names, each once. Of those no Consent is about one stands for all: the same is said of them,
 * and a resource with thousands of names must not be asked about thousands of times.
 */
const othersNamed = ({ data, client }: DecisionRequest, consents: readonly ConsentRecord[]): readonly Identity[] => {
  const foreign = data?.patients.filter((patient) => !client.includes(patient)) ?? []
  if (foreign.length < 2) return foreign
  const consenting = new Set(consents.flatMap(({ patients }) => patients))
  const [stranger] = foreign.filter((patient) => !consenting.has(patient))
  const known = [...new Set(foreign)].filter((patient) => consenting.has(patient))
  return stranger === undefined ? known : [...known, stranger]
}

/** Sorted and without repeats, so that the same input gives the same bytes in any order of consents (rule 1). */
export const canonical = ({ reason, basis, notApplicable, unknowns }: Opinion): Opinion => ({
  reason,
  basis: inOrder(basis, byBasis),
  notApplicable: inOrder(notApplicable, byConsentAndWhy),
  unknowns: inOrder(unknowns, byWord),
})

const byConsentAndWhy: Order<Opinion['notApplicable'][number]> = (one, other) =>
  byWord(one.consent, other.consent) || byWord(one.why, other.why)
const byBasis: Order<Basis> = (one, other) =>
  byWord(one.consent, other.consent) ||
  byWord(one.version, other.version) ||
  byWord(one.path, other.path) ||
  byWord(one.effect, other.effect)
