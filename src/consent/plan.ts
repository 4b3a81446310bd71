import type { Code, ConsentRecord, DataReference, PeriodOf } from './consent-record.ts'
import { hardRule } from './hard-rules.ts'
import { byWord } from './order.ts'
import { matchScope, type Tests } from './match.ts'
import { codeMatch } from './match-data.ts'
import { type Basis, canonical, type Opinion, weighAll } from './opinion.ts'
import { type Prepared, prepare, type Rule } from './prepare.ts'
import type { DecisionRequest, Policy } from './request.ts'

/** A request about no resource in particular. */
export type PlanRequest = DecisionRequest & { readonly data: undefined }

/** A rule that only the resource can settle, with what it tests of the resource. */
export type ResidualRule = Basis & {
  readonly class?: readonly Code[]
  readonly code?: readonly Code[]
  readonly securityLabel?: readonly Code[]
  readonly dataPeriod?: PeriodOf
  readonly data?: readonly DataReference[]
}

/**
 * What can be said before the resource is known (rule 21). `deny`: whatever resource of the client it is; `permit`: those
 * resources that meet the residual rules, all of them when there are none.
 */
export type Plan = Opinion & {
  readonly outcome: 'permit' | 'deny'
  readonly hardRule: ReturnType<typeof hardRule>
  readonly residual: readonly ResidualRule[]
  readonly request: PlanRequest
  readonly asOf: number
  readonly policy: Policy
  /** The Consents that can still speak, and what is left of each; `decideUnder` settles them with the resource. */
  readonly consents: readonly ConsentRecord[]
  readonly left: ReadonlyMap<ConsentRecord, Prepared>
}

/**
 * Plans without data. Rules that surely do not match fall away; of the rest those that test the resource are residual.
 * The best any resource could get is to meet every residual permit and no residual deny: when even that is refused, the
 * plan is a denial.
 */
export const plan = (request: PlanRequest, consents: readonly ConsentRecord[], asOf: number, policy: Policy): Plan => {
  const common = { request, asOf, policy, hardRule: hardRule(request), residual: [] }
  const none = { ...common, outcome: 'deny', consents: [], left: new Map(), basis: [], notApplicable: [] } as const
  try {
    if (common.hardRule !== undefined) return { ...none, reason: 'denied', unknowns: [] }
    const left = new Map(consents.map((one) => [one, leftOf(prepare(one, policy), request, asOf)]))
    const best = new Map(
      [...left].map(([one, { root, ...rest }]) => [one, { ...rest, root: root && bestOf(root, request) }]),
    )
    const opinion = canonical(weighAll(request, consents, { asOf, policy, left: best }))
    const kept = { ...common, consents, left }
    if (opinion.reason !== 'permitted') return { ...kept, ...opinion, outcome: 'deny' }
    return { ...kept, ...opinion, outcome: 'permit', residual: residualRules(kept) }
  } catch {
    // INVARIANT (an error denies): as in `decide`.
    return { ...none, reason: 'indeterminate', unknowns: ['evaluation-failed'] }
  }
}

/** Rules that surely do not match have no effect any more; their place stays for what is nested in them. */
const leftOf = ({ root, ...rest }: Prepared, request: PlanRequest, asOf: number): Prepared => {
  const leave = (rule: Rule): Rule => {
    const nested = rule.nested.map(leave)
    if (rule.kind === 'context' || rule.kind === 'default') return { ...rule, nested }
    const { truth } = matchScope(rule.kind, rule, request, asOf)
    return truth === 'F' ? { ...rule, nested, kind: 'context' } : { ...rule, nested }
  }
  return { ...rest, root: root && leave(root) }
}

/** The rule as it would be for the resource that suits best. */
const bestOf = (rule: Rule, request: PlanRequest): Rule => {
  const nested = rule.nested.map((one) => bestOf(one, request))
  const tested = testsOfData(rule, request)
  if (Object.keys(tested).length === 0) return { ...rule, nested }
  if (rule.kind !== 'permit') return { ...rule, nested, kind: 'context' }
  const { scope } = rule
  const codeTests = tested.code === undefined ? rule.codeTests : []
  return {
    ...rule,
    nested,
    codeTests,
    scope: { ...scope, classes: [], securityLabels: [], dataPeriod: 'unstated', data: [] },
  }
}

/** What a rule tests of the resource, and nothing else can answer. */
const testsOfData = ({ kind, scope, codeTests }: Rule, request: PlanRequest): Omit<ResidualRule, keyof Basis> => ({
  ...(scope.classes.length > 0 && { class: scope.classes }),
  ...(needsCodes(kind, codeTests, request) && { code: scope.codes }),
  ...(scope.securityLabels.length > 0 && { securityLabel: scope.securityLabels }),
  ...(scope.dataPeriod !== 'unstated' && { dataPeriod: scope.dataPeriod }),
  ...(scope.data.length > 0 && { data: scope.data }),
})

/** An information category is asked in the request itself; other codes are the resource's. */
const needsCodes = (kind: Rule['kind'], codeTests: Tests['codeTests'], request: PlanRequest): boolean =>
  codeTests.some((test) => test.kind === 'other') &&
  codeMatch(kind === 'permit' ? 'permit' : 'deny', codeTests, request) !== 'T'

const residualRules = ({ left, request }: Pick<Plan, 'left' | 'request'>): readonly ResidualRule[] =>
  [...left]
    .flatMap(([consent, prepared]) => residualOf(consent, prepared, request))
    .toSorted((one, other) => byWord(one.consent, other.consent) || byWord(one.path, other.path))

const residualOf = (consent: ConsentRecord, { root, fit }: Prepared, request: PlanRequest): readonly ResidualRule[] => {
  const live = consent.status === 'active' && consent.patients.some((name) => request.client.includes(name))
  if (root === undefined || !live || fit.counts === 'F') return []
  const rules = (rule: Rule): readonly Rule[] => [rule, ...rule.nested.flatMap(rules)]
  return rules(root).flatMap((rule): readonly ResidualRule[] => {
    if (rule.kind !== 'permit' && rule.kind !== 'deny') return []
    const tested = testsOfData(rule, request)
    if (Object.keys(tested).length === 0) return []
    return [{ consent: consent.id, version: consent.version, path: rule.path, effect: rule.kind, ...tested }]
  })
}
