import type { ConsentRecord, Provision } from './consent-record.ts'
import { emptyProvision } from './empty-provision.ts'
import { type Fit, fitOf } from './fit.ts'
import type { Tests } from './match.ts'
import { isRecipient } from './match-actor.ts'
import { codeTestsOf } from './match-data.ts'
import type { Policy } from './request.ts'
import { inherit, type Scope, statesAnything } from './scope.ts'

/** `default`: a root deny of our own form, which says "no permit from here" and overrides nothing elsewhere. */
export type RuleKind = 'permit' | 'deny' | 'context' | 'default'

/** One provision with everything it tests, own or inherited, ready to be matched. */
export type Rule = Tests & {
  readonly kind: RuleKind
  readonly path: string
  /** Rule 10: what a permit does not name and must; undefined for whatever else. */
  readonly unnamed: 'recipient-not-named' | 'purpose-not-named' | undefined
  readonly nested: readonly Rule[]
  /** Whether an untyped nested provision has no effect here (rule 7). */
  readonly ignores: boolean
}

/** A Consent under one policy: whether it counts at all (rule 4), and its rules; undefined when it says nothing. */
export type Prepared = {
  readonly fit: Fit
  readonly root: Rule | undefined
  /** The version of the Consent in one word, for the digest of a decision's inputs. */
  readonly word: string
}

/**
 * Prepares a Consent once for all its decisions: effects, inheritance and paths depend on nothing but the Consent and the
 * policy. Kept as long as the record itself, which is immutable; a new version is a new record.
 */
export const prepare = (consent: ConsentRecord, policy: Policy): Prepared => {
  const known = preparedUnder.get(consent)
  if (known?.policy === policy) return known.prepared
  const kind = rootKind(consent, policy)
  const root = kind === 'nothing' ? undefined : ruleOf(consent.provision ?? emptyProvision, kind, rootPlace(policy))
  const { id, version, status, digest } = consent
  const word = `${id}/_history/${version} ${status} ${digest ?? '-'}`
  const prepared = { fit: fitOf(consent, policy), root, word }
  preparedUnder.set(consent, { policy, prepared })
  return prepared
}

const preparedUnder = new WeakMap<ConsentRecord, { readonly policy: Policy; readonly prepared: Prepared }>()

type Place = { readonly path: string; readonly outer: Scope | undefined; readonly policy: Policy }

const rootPlace = (policy: Policy): Place => ({ path: 'provision', outer: undefined, policy })

const ruleOf = (node: Provision, kind: RuleKind, { path, outer, policy }: Place): Rule => {
  const scope = inherit(outer, node)
  const nested: Rule[] = []
  let ignores = false
  for (const [index, child] of node.provisions.entries()) {
    const effect = nestedKind(child, kind)
    if (effect === undefined) ignores = true
    else nested.push(ruleOf(child, effect, { path: `${path}.provision[${index}]`, outer: scope, policy }))
  }
  const mustName = kind === 'permit' && policy.mode === 'production'
  return {
    kind,
    path,
    scope,
    codeTests: codeTestsOf(scope.codes),
    unnamed: mustName ? unnamedOf(scope) : undefined,
    nested,
    ignores,
  }
}

/** Rule 6. */
const rootKind = (consent: ConsentRecord, policy: Policy): RuleKind | 'nothing' => {
  const root = consent.provision ?? emptyProvision
  const typedChildren = root.provisions.some((child) => child.type !== undefined)
  if (root.type === 'permit') return 'permit'
  if (root.type === 'deny') {
    const ours = consent.policyUris.some((uri) => policy.ownPolicyUris.includes(uri))
    return ours && typedChildren ? 'default' : 'deny'
  }
  if (typedChildren) return 'context'
  const rule = policy.mode === 'r4-conformance' ? optRule(consent) : undefined
  if (statesAnything(root)) return rule === 'OPTOUT' ? 'permit' : 'deny'
  return rule === 'OPTOUT' ? 'permit' : rule === 'OPTIN' ? 'deny' : 'nothing'
}

const optRule = (consent: ConsentRecord): 'OPTIN' | 'OPTOUT' | undefined =>
  consent.policyRules.some(({ code }) => code === 'OPTOUT')
    ? 'OPTOUT'
    : consent.policyRules.some(({ code }) => code === 'OPTIN')
      ? 'OPTIN'
      : undefined

/** Rule 7: an untyped nested provision is the exception to a permit; anywhere else it has no effect. */
const nestedKind = (child: Provision, parent: RuleKind): 'permit' | 'deny' | undefined =>
  child.type ?? (parent === 'permit' ? 'deny' : undefined)

/** Rule 10: in production a permit names at least one recipient and one purpose, own or inherited. */
const unnamedOf = (scope: Scope): Rule['unnamed'] => {
  if (!scope.actors.some(isRecipient)) return 'recipient-not-named'
  return scope.purposes.length === 0 ? 'purpose-not-named' : undefined
}
