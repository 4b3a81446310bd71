import type { ConsentRecord, Provision } from '../consent/consent-record.ts'
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
    after.permits.some((word) => !before.permits.includes(word)) ||
    before.denies.some((word) => !after.denies.includes(word))
  )
}

/** Which rules a consent is read by; under others the same provisions could permit more. */
const frameOf = ({ scopes, categories, policyUris, policyRules, patients }: ConsentRecord): string =>
  JSON.stringify([scopes, categories, policyUris, policyRules, patients])

const flat = (root: Provision | undefined) => {
  const permits: string[] = []
  const denies: string[] = []
  const walk = (node: Provision, outer: string): void => {
    const { provisions, ...own } = node
    const word = `${outer}${JSON.stringify(own)}`
    if (node.type === 'permit') permits.push(word)
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
