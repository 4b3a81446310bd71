import type { ConsentRecord, Provision } from './consent-record.ts'
import { type ConsentFinding, finding } from './finding.ts'
import { lintProvision } from './lint-provision.ts'
import { isRecipient } from './match-actor.ts'
import { inherit, type Scope } from './scope.ts'

/**
 * Looks a Consent over before it is written down (rule 25): what our own form cannot say unambiguously, and links to
 * earlier Consents (rule 19). The engine stays safe without it; a person should hear of it while she can still ask.
 *
 * @param others the other Consents of the same client.
 */
export const lintConsent = (consent: ConsentRecord, others: readonly ConsentRecord[]): readonly ConsentFinding[] => [
  ...consent.unreadable.map(() => finding('unreadable', '')),
  ...(consent.provision === undefined ? [finding('no-effect', '')] : lintRoot(consent, consent.provision)),
  ...(consent.status === 'active' ? overlaps(consent, others) : []),
  ...replacedFindings(consent, others),
]

const lintRoot = (consent: ConsentRecord, root: Provision): readonly ConsentFinding[] => {
  const research = consent.scopes.some(({ code }) => code === 'research')
  return [
    ...(root.type === 'deny' ? [] : [finding('root-not-deny', 'provision')]),
    ...lintProvision(root, { path: 'provision', depth: 1, outer: undefined, parent: undefined, research }),
  ]
}

type Permitted = { readonly recipient: string; readonly code: string }

/** Two Consents in force that permit the same recipient the same thing: withdrawing one would leave the other open. */
const overlaps = (consent: ConsentRecord, others: readonly ConsentRecord[]): readonly ConsentFinding[] => {
  const own = permitsOf(consent)
  const replaced = new Set(consent.replaces)
  return others
    .filter(({ id, status }) => status === 'active' && id !== consent.id && !replaced.has(id))
    .filter((other) =>
      permitsOf(other).some(({ recipient, code }) =>
        own.some((one) => one.recipient === recipient && sameMatter(one.code, code)),
      ),
    )
    .map(({ id }) => finding('overlapping-consents', '', id))
}

const EVERYTHING = ''

const sameMatter = (one: string, other: string): boolean =>
  one === EVERYTHING || other === EVERYTHING || one.split('.')[0] === other.split('.')[0]

const permitsOf = ({ provision }: ConsentRecord): readonly Permitted[] => {
  const walk = (node: Provision, outer: Scope | undefined): readonly Permitted[] => {
    const scope = inherit(outer, node)
    const recipients = scope.actors.filter(isRecipient).flatMap(({ names }) => names)
    // A permit that names no code permits every category: it overlaps with all.
    const codes = scope.codes.length === 0 ? [EVERYTHING] : scope.codes.map(({ code }) => code)
    const own =
      node.type === 'permit' ? recipients.flatMap((recipient) => codes.map((code) => ({ recipient, code }))) : []
    return [...own, ...node.provisions.flatMap((child) => walk(child, scope))]
  }
  return provision === undefined ? [] : walk(provision, undefined)
}

/**
 * Rule 19: the engine knows no order among Consents. Whoever records this one sets the replaced one inactive, which it
 * may when both are the client's and the same person signed; nobody else's paper lifts a client's own refusal.
 */
const replacedFindings = (consent: ConsentRecord, others: readonly ConsentRecord[]): readonly ConsentFinding[] => {
  const byId = new Map(others.map((one) => [one.id, one]))
  const byClient = (one: ConsentRecord): boolean => one.performers.some(({ kind }) => kind === 'client')
  return (consent.replaces ?? []).flatMap((id) => {
    const replaced = id === consent.id ? undefined : byId.get(id)
    if (replaced === undefined) return [finding('replaced-unknown', '', id)]
    return byClient(consent) || !byClient(replaced) ? [] : [finding('replaced-by-other-signer', '', id)]
  })
}
