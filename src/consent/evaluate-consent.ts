import type { ConsentRecord, Provision } from './consent-record.ts'
import { emptyProvision } from './empty-provision.ts'
import { type Attribute, matchScope } from './match.ts'
import { isRecipient } from './match-actor.ts'
import type { DecisionRequest, Policy } from './request.ts'
import { inherit, type Scope, statesAnything } from './scope.ts'

/** What one Consent says about one request. `maybe`: a permit that would have matched but for something unknown. */
export type ConsentVerdict = {
  readonly effect: 'permit' | 'deny' | 'none'
  /** For a deny: T = surely, U = perhaps. A permit is always T. */
  readonly certainty: 'T' | 'U'
  readonly path: string
  readonly maybe: readonly string[]
  readonly why: string | undefined
}

/**
 * Walks one Consent's provisions (rules 6–18): the deepest matching descendant decides its branch, across sibling
 * branches deny overrides, a matching branch overrides its ancestor.
 *
 * @param mayPermit false when the consent lacks its written evidence (rule 5); its denies still hold.
 */
export const evaluateConsent = (
  consent: ConsentRecord,
  request: DecisionRequest,
  context: { readonly asOf: number; readonly policy: Policy; readonly mayPermit: boolean },
): ConsentVerdict => {
  const node = consent.provision ?? emptyProvision
  const kind = rootKind(consent, node, context.policy)
  if (kind === 'nothing') return { ...none, maybe: [], why: 'no-effect' }
  const walk: Walk = { request, ...context, maybe: [], why: undefined }
  const { effect, certainty, path } = evaluateBranch(walk, {
    node,
    kind,
    outer: undefined,
    parent: undefined,
    index: 0,
  })
  return { effect, certainty, path, maybe: walk.maybe, why: effect === 'none' ? walk.why : undefined }
}

type Walk = {
  readonly request: DecisionRequest
  readonly asOf: number
  readonly policy: Policy
  readonly mayPermit: boolean
  readonly maybe: string[]
  /** The first thing that kept something from matching. */
  why: string | undefined
}
/** `default`: a root deny of our own form, which says "no permit from here" and overrides nothing elsewhere. */
type Kind = 'permit' | 'deny' | 'context' | 'default'
type Branch = Pick<ConsentVerdict, 'effect' | 'certainty' | 'path'>
type Place = {
  readonly node: Provision
  readonly kind: Kind
  readonly outer: Scope | undefined
  readonly parent: Place | undefined
  readonly index: number
}

/** Written only where something matched: nearly all provisions of a decision do not. */
const pathOf = ({ parent, index }: Place): string =>
  parent === undefined ? 'provision' : `${pathOf(parent)}.provision[${index}]`

const none: Branch = { effect: 'none', certainty: 'T', path: '' }

/** Rule 6. */
const rootKind = (consent: ConsentRecord, root: Provision, policy: Policy): Kind | 'nothing' => {
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

const evaluateBranch = (walk: Walk, place: Place): Branch => {
  const scope = inherit(place.outer, place.node)
  let found = none
  for (const [index, node] of place.node.provisions.entries()) {
    const kind = nestedKind(node, place.kind)
    if (kind === undefined) walk.why ??= 'nested-type-missing'
    else found = stronger(found, evaluateBranch(walk, { node, kind, outer: scope, parent: place, index }))
  }
  return found.effect === 'none' ? ownEffect(walk, scope, place) : found
}

/** Rule 7: an untyped nested provision is the exception to a permit; anywhere else it has no effect. */
const nestedKind = (child: Provision, parent: Kind): 'permit' | 'deny' | undefined =>
  child.type ?? (parent === 'permit' ? 'deny' : undefined)

/** Rule 18: deny (sure before unsure) overrides permit among siblings. */
const stronger = (one: Branch, other: Branch): Branch => (strength(other) > strength(one) ? other : one)

const strength = ({ effect, certainty }: Branch): number =>
  effect === 'none' ? 0 : effect === 'permit' ? 1 : certainty === 'U' ? 2 : 3

const ownEffect = (walk: Walk, scope: Scope, place: Place): Branch => {
  if (place.kind === 'context' || place.kind === 'default') return none
  if (place.kind === 'permit') return ownPermit(walk, scope, place)
  const { truth, blame } = matchScope('deny', scope, walk.request, walk.asOf)
  if (truth === 'F') walk.why ??= blameWord(blame)
  // INVARIANT (a deny matches on unknown): doubt about a deny is a deny.
  return truth === 'F' ? none : { effect: 'deny', certainty: truth, path: pathOf(place) }
}

const ownPermit = (walk: Walk, scope: Scope, place: Place): Branch => {
  const unnamed = walk.policy.mode === 'production' ? notNamed(scope) : undefined
  const { truth, blame } = matchScope('permit', scope, walk.request, walk.asOf)
  if (unnamed !== undefined || truth === 'F') walk.why ??= unnamed ?? blameWord(blame)
  // INVARIANT (a permit matches only on true), and only under verified written evidence.
  else if (truth === 'T' && walk.mayPermit) return { effect: 'permit', certainty: 'T', path: pathOf(place) }
  else if (truth === 'U' && walk.mayPermit) walk.maybe.push(`${pathOf(place)}: ${blameWord(blame)}`)
  return none
}

/** Rule 10: in production a permit names at least one recipient and one purpose, own or inherited. */
const notNamed = (scope: Scope): string | undefined => {
  if (!scope.actors.some(isRecipient)) return 'recipient-not-named'
  return scope.purposes.length === 0 ? 'purpose-not-named' : undefined
}

const blameWord = (blame: Attribute | undefined): string => `${blame ?? 'provision'}-does-not-match`
