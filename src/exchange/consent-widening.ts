import type { Code, ConsentRecord } from '../consent/consent-record.ts'
import { prepare, type Rule } from '../consent/prepare.ts'
import type { Policy } from '../consent/request.ts'
import type { Scope } from '../consent/scope.ts'
import { INFORMATION_SYSTEM } from '../domain/codes.ts'
import { levelDepth, parseInformationCode } from '../domain/information.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { ruleIssue } from '../fhir/read/issues.ts'

/**
 * Nothing may be added under an old signature: every permit of the new version stood in the old one, and every deny stays.
 *
 * INVARIANT (compared as the engine reads them): what denies without saying so, such as the exception to a permit or an
 * outermost deny that stands alone, is a deny here too; a provision nested into that one would turn it into a default.
 */
export const widens = (previous: ConsentRecord, next: ConsentRecord, policy: Policy): boolean => {
  if (next.status !== 'active') return false
  if (previous.status !== 'active') return true
  if (frameOf(previous) !== frameOf(next)) return true
  if (previous.unreadable.some((element) => !next.unreadable.includes(element))) return true
  const places: Places = new Map()
  const before = statementsOf(prepare(previous, policy).root, places)
  const after = statementsOf(prepare(next, policy).root, places)
  const kept = Map.groupBy(after.denies, ({ place }) => place)
  return (
    !allStood(after.permits, before.permits) ||
    before.denies.some(({ place, opens }) => kept.get(place)?.some((deny) => allStood(deny.opens, opens)) !== true)
  )
}

const allStood = (permits: readonly Permit[], signed: readonly Permit[]): boolean => {
  const known = new Set(signed.map(({ place }) => place))
  return permits.every((permit) => known.has(permit.place) || signed.some((one) => isWithin(permit, one)))
}

/** Not the same permit: it may lose codes, and levels of a category, when nothing else in it changes. */
const isWithin = (permit: Permit, signed: Permit): boolean =>
  permit.frame === signed.frame &&
  permit.frame !== undefined &&
  permit.codes.length > 0 &&
  permit.codes.every((code) => signed.codes.some((one) => covers(one, code)))

const covers = (signed: Code, code: Code): boolean => {
  if (signed.system !== code.system) return false
  if (signed.code === code.code) return true
  const [one, other] = [parseInformationCode(signed.code), parseInformationCode(code.code)]
  if (code.system !== INFORMATION_SYSTEM || one === undefined || other === undefined) return false
  return one.category === other.category && levelDepth(other) <= levelDepth(one)
}

/** Which rules a consent is read by; under others the same provisions could permit more. */
const frameOf = ({ scopes, categories, policyUris, policyRules, patients }: ConsentRecord): string =>
  JSON.stringify([scopes, categories, policyUris, policyRules, patients])

type Permit = {
  /** The permit and everything around it. */
  readonly place: number
  /** The same without the permit's own codes; only a permit without anything nested may lose some. */
  readonly frame: number | undefined
  readonly codes: readonly Code[]
}

/** Of two that say the same, the one with less open in it is another refusal. */
type Deny = {
  readonly place: number
  /** The permits in it, however deep. */
  readonly opens: readonly Permit[]
}

/** What a provision says, below the place of the one around it: a number each, for a text would repeat all of these. */
type Places = Map<string, number>

const placeOf = (places: Places, outer: number, text: string): number => {
  const word = `${outer} ${text}`
  const known = places.get(word) ?? places.size
  places.set(word, known)
  return known
}

const statementsOf = (root: Rule | undefined, places: Places) => {
  const permits: Permit[] = []
  const denies: Deny[] = []
  const walk = ({ kind, scope, nested }: Rule, outer: number): void => {
    const place = placeOf(places, outer, `${kind} ${textOf(scope)}`)
    const frame = nested.length === 0 ? placeOf(places, outer, textOf({ ...scope, codes: [] })) : undefined
    if (kind === 'permit') permits.push({ place, frame, codes: scope.codes })
    const earlier = permits.length
    for (const rule of nested) walk(rule, place)
    if (kind === 'deny') denies.push({ place, opens: permits.slice(earlier) })
  }
  if (root !== undefined) walk(root, -1)
  return { permits, denies }
}

/** A scope can be the provision itself, with what is nested in it. */
const textOf = (scope: Scope): string => JSON.stringify({ ...scope, type: undefined, provisions: undefined })

export const widenedIssue = (path: string): OutcomeIssue =>
  ruleIssue(
    `${path}.provision`,
    'this version permits more than the signed one: record a new Consent with a newly signed form',
    'sender-consent-widened',
  )
