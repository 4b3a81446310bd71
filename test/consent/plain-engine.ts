import type { ConsentRecord, Effect, Provision } from '../../src/consent/consent-record.ts'
import { emptyProvision } from '../../src/consent/empty-provision.ts'
import { evidenceGap } from '../../src/consent/evidence.ts'
import { claimedBy, fitOf, voiceOf } from '../../src/consent/fit.ts'
import { hardRule } from '../../src/consent/hard-rules.ts'
import { matchScope } from '../../src/consent/match.ts'
import { isRecipient } from '../../src/consent/match-actor.ts'
import { codeTestsOf } from '../../src/consent/match-data.ts'
import type { DecisionRequest, Policy } from '../../src/consent/request.ts'
import { inherit, type Scope, statesAnything } from '../../src/consent/scope.ts'

/**
 * The rules for several provisions and several consents (2–7, 10, 18–20) a second time, as plainly as they can be
 * written: nothing prepared, nothing kept, everything sorted through its words. The engine must agree to the byte.
 */
export type PlainRecord = {
  readonly reason: string
  readonly basis: readonly object[]
  readonly notApplicable: readonly object[]
  readonly unknowns: readonly string[]
}

export const plainDecision = (
  request: DecisionRequest,
  consents: readonly ConsentRecord[],
  asOf: number,
  policy: Policy,
): PlainRecord => {
  if (hardRule(request) !== undefined) return { reason: 'denied', basis: [], notApplicable: [], unknowns: [] }
  const others = (request.data?.patients ?? []).filter((patient) => !request.client.includes(patient))
  const asked = [request.client, ...others.map((one) => [one])].flatMap((client) =>
    (request.purposes.length === 0 ? [[]] : request.purposes.map((one) => [one])).map((purposes) => ({
      ...request,
      client,
      purposes,
    })),
  )
  const answers = asked.map((one) => oneQuestion(one, consents, asOf, policy))
  const reason = ['denied', 'indeterminate', 'no-applicable-consent', 'permitted'].find((word) =>
    answers.some((answer) => answer.reason === word),
  )
  return {
    reason: reason ?? 'indeterminate',
    basis: sorted(answers.flatMap((answer) => (answer.reason === reason ? answer.basis : []))),
    notApplicable: sorted(answers.flatMap(({ notApplicable }) => notApplicable)),
    unknowns: sorted(answers.flatMap(({ unknowns }) => unknowns)),
  }
}

const sorted = <T extends object | string>(items: readonly T[]): readonly T[] => {
  const word = (item: T): string => (typeof item === 'string' ? item : Object.values(item).join('\u0000'))
  return [...new Map(items.map((item) => [word(item), item])).entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, item]) => item)
}

const oneQuestion = (
  request: DecisionRequest,
  consents: readonly ConsentRecord[],
  asOf: number,
  policy: Policy,
): PlainRecord => {
  const said = consents.map((consent) => oneConsent(consent, request, asOf, policy))
  const of = (effect: string) => said.filter((one) => one.effect === effect)
  const [denies, doubts, permits] = [of('deny'), of('doubt'), of('permit')]
  const unknowns = [
    ...said.flatMap(({ broken, maybe }) => [...broken, ...maybe]),
    ...doubts.map(({ consent, path }) => `${consent.id}: ${path}`),
  ]
  const conflicts = denies.length > 0 ? permits : []
  const notApplicable = [
    ...of('none').map(({ consent, why }) => ({ consent: consent.id, why })),
    ...conflicts.map(({ consent }) => ({ consent: consent.id, why: 'conflicting-consents' })),
  ]
  const basis = (some: typeof said, effect: Effect) =>
    some.map(({ consent, path }) => ({ consent: consent.id, version: consent.version, path, effect }))
  if (denies.length > 0) return { reason: 'denied', basis: basis(denies, 'deny'), notApplicable, unknowns }
  if (doubts.length > 0 || said.some(({ broken }) => broken.length > 0)) {
    return { reason: 'indeterminate', basis: basis(doubts, 'deny'), notApplicable, unknowns }
  }
  if (permits.length > 0) return { reason: 'permitted', basis: basis(permits, 'permit'), notApplicable, unknowns }
  const maybe = said.some((one) => one.maybe.length > 0)
  return { reason: maybe ? 'indeterminate' : 'no-applicable-consent', basis: [], notApplicable, unknowns }
}

const oneConsent = (consent: ConsentRecord, request: DecisionRequest, asOf: number, policy: Policy) => {
  const nothing = { consent, effect: 'none', path: '', maybe: [] as readonly string[], broken: [] as readonly string[] }
  if (!consent.patients.some((name) => request.client.includes(name))) return { ...nothing, why: 'other-client' }
  if (consent.status !== 'active') return { ...nothing, why: `status-${consent.status}` }
  const broken = consent.unreadable.map((element) => `${consent.id}: ${element}`)
  const fit = fitOf(consent, policy)
  if (fit.counts === 'F') return { ...nothing, broken, why: fit.why }
  const voice = voiceOf(fit.only, claimedBy(request, policy), request)
  if (voice === 'none') return { ...nothing, broken, why: 'scope-does-not-fit' }
  const root = consent.provision ?? emptyProvision
  const kind = plainRootKind(consent, root, policy)
  if (kind === 'nothing') return { ...nothing, broken, why: 'no-effect' }
  const written = policy.mode === 'production' ? evidenceGap(consent, request, asOf) : undefined
  const gap = voice === 'denials' ? 'scope-does-not-fit' : written
  const walk = { request, asOf, policy, mayPermit: gap === undefined, maybe: [] as string[], whys: [] as string[] }
  const { effect, path } = branch(walk, root, kind, 'provision', undefined)
  const maybe = walk.maybe.map((word) => `${consent.id}: ${word}`)
  const said = { consent, path, maybe, broken, why: gap ?? walk.whys[0] ?? 'no-effect' }
  if (fit.counts === 'T') return { ...said, effect }
  if (effect === 'deny') return { ...said, effect: 'doubt' }
  if (effect !== 'permit') return { ...said, effect }
  return { ...said, effect: 'unsure', maybe: [...maybe, `${consent.id}: scope-or-category-without-system`] }
}

type Kind = 'permit' | 'deny' | 'context' | 'default'
type Walk = {
  readonly request: DecisionRequest
  readonly asOf: number
  readonly policy: Policy
  readonly mayPermit: boolean
  readonly maybe: string[]
  readonly whys: string[]
}

const plainRootKind = (consent: ConsentRecord, root: Provision, policy: Policy): Kind | 'nothing' => {
  const typed = root.provisions.some(({ type }) => type !== undefined)
  const ours = consent.policyUris.some((uri) => policy.ownPolicyUris.includes(uri))
  if (root.type !== undefined) return root.type === 'deny' && typed && ours ? 'default' : root.type
  if (typed) return 'context'
  const says = (word: string): boolean =>
    policy.mode === 'r4-conformance' && consent.policyRules.some(({ code }) => code === word)
  if (says('OPTOUT')) return 'permit'
  return statesAnything(root) || says('OPTIN') ? 'deny' : 'nothing'
}

const branch = (
  walk: Walk,
  node: Provision,
  kind: Kind,
  path: string,
  outer: Scope | undefined,
): { readonly effect: string; readonly path: string } => {
  const scope = inherit(outer, node)
  const kindOf = (child: Provision): Effect | undefined => child.type ?? (kind === 'permit' ? 'deny' : undefined)
  if (node.provisions.some((child) => kindOf(child) === undefined)) walk.whys.push('nested-type-missing')
  const below = node.provisions.flatMap((child, index) => {
    const effect = kindOf(child)
    return effect === undefined ? [] : [branch(walk, child, effect, `${path}.provision[${index}]`, scope)]
  })
  for (const effect of ['deny', 'doubt', 'permit']) {
    const found = below.find((one) => one.effect === effect)
    if (found !== undefined) return found
  }
  return { effect: ownEffect(walk, scope, kind, path), path }
}

const ownEffect = (walk: Walk, scope: Scope, kind: Kind, path: string): string => {
  if (kind === 'context' || kind === 'default') return 'none'
  const tests = { scope, codeTests: codeTestsOf(scope.codes) }
  const { truth, blame } = matchScope(kind, tests, walk.request, walk.asOf)
  const why = `${blame}-does-not-match`
  if (kind === 'deny') {
    if (truth === 'F') walk.whys.push(why)
    return truth === 'F' ? 'none' : truth === 'T' ? 'deny' : 'doubt'
  }
  const unnamed = walk.policy.mode === 'production' ? unnamedOf(scope) : undefined
  if (unnamed !== undefined || truth === 'F') {
    walk.whys.push(unnamed ?? why)
    return 'none'
  }
  if (!walk.mayPermit) return 'none'
  if (truth === 'U') walk.maybe.push(`${path}: ${why}`)
  return truth === 'T' ? 'permit' : 'none'
}

const unnamedOf = (scope: Scope): string | undefined => {
  if (!scope.actors.some(isRecipient)) return 'recipient-not-named'
  return scope.purposes.length === 0 ? 'purpose-not-named' : undefined
}
