import type { Code, ConsentRecord, Provision } from '../consent/consent-record.ts'
import { INFORMATION_SYSTEM } from '../domain/codes.ts'
import { levelDepth, parseInformationCode } from '../domain/information.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { ruleIssue } from '../fhir/read/issues.ts'

/** Nothing may be added under an old signature: every permit of the new version stood in the old one, and every deny stays. */
export const widens = (previous: ConsentRecord, next: ConsentRecord): boolean => {
  if (next.status !== 'active') return false
  if (previous.status !== 'active') return true
  if (frameOf(previous) !== frameOf(next)) return true
  if (previous.unreadable.some((element) => !next.unreadable.includes(element))) return true
  const before = flat(previous.provision)
  const after = flat(next.provision)
  return (
    after.permits.some((permit) => !before.permits.some((signed) => isWithin(permit, signed))) ||
    before.denies.some((word) => !after.denies.includes(word))
  )
}

/** A permit may lose codes, and levels of a category, when nothing else in it changes. */
const isWithin = (permit: Permit, signed: Permit): boolean =>
  permit.word === signed.word ||
  (permit.frame === signed.frame &&
    permit.frame !== undefined &&
    permit.codes.length > 0 &&
    permit.codes.every((code) => signed.codes.some((one) => covers(one, code))))

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
  readonly word: string
  /** The same without the permit's own codes; only a permit without anything nested may lose some. */
  readonly frame: string | undefined
  readonly codes: readonly Code[]
}

const flat = (root: Provision | undefined) => {
  const permits: Permit[] = []
  const denies: string[] = []
  const walk = (node: Provision, outer: string): void => {
    const { provisions, ...own } = node
    const word = `${outer}${JSON.stringify(own)}`
    const frame = provisions.length === 0 ? `${outer}${JSON.stringify({ ...own, codes: [] })}` : undefined
    if (node.type === 'permit') permits.push({ word, frame, codes: node.codes })
    else if (node.type === 'deny') denies.push(word)
    for (const child of provisions) walk(child, word)
  }
  if (root !== undefined) walk(root, '')
  return { permits, denies }
}

export const widenedIssue = (path: string): OutcomeIssue =>
  ruleIssue(
    `${path}.provision`,
    'this version permits more than the signed one: record a new Consent with a newly signed form',
    'sender-consent-widened',
  )
