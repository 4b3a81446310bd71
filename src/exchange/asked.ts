import type { ConsentRecord, Provision } from '../consent/consent-record.ts'
import { partyIdentities, type Standing } from '../consent/decide-disclosure.ts'
import type { Identity } from '../domain/identity.ts'
import type { Party } from '../domain/party.ts'

/**
 * Whether the client was ever asked whether this sender may tell this recipient: a permission, a refusal and a withdrawal
 * are answers. What she was asked about another sender is no answer to this one, and must not show to it.
 */
export const wasAsked = (standing: Standing, sender: Party, recipient: Party): boolean =>
  answers(standing, sender, recipient).some(({ status }) => status !== 'draft' && status !== 'proposed')

/** Whether one of her answers was no, for good: refused in writing, or withdrawn. */
export const saidNo = (standing: Standing, sender: Party, recipient: Party): boolean =>
  answers(standing, sender, recipient).some(({ status }) => status === 'rejected' || status === 'inactive')

const answers = (standing: Standing, sender: Party, recipient: Party): readonly ConsentRecord[] => {
  const asked = { sender: partyIdentities(sender), recipient: partyIdentities(recipient) }
  return standing.consents.filter(
    ({ status, provision }) => (status === 'rejected' && namesNobody(provision)) || mentions(provision, asked),
  )
}

const namesNobody = (provision: Provision | undefined): boolean =>
  provision === undefined || (provision.actors.length === 0 && provision.provisions.every(namesNobody))

type Asked = { readonly sender: readonly Identity[]; readonly recipient: readonly Identity[] }

/** Whether a provision names the recipient, and as custodian this sender or nobody. */
const mentions = (provision: Provision | undefined, asked: Asked, outer: Provision['actors'] = []): boolean => {
  if (provision === undefined) return false
  const own = provision.actors.filter(({ role }) => role === 'CST')
  const custodians = own.length > 0 ? own : outer
  const isSenders =
    custodians.length === 0 ||
    custodians.some(({ names }) => names.length === 0 || names.some((name) => asked.sender.includes(name)))
  const named = provision.actors.some(
    ({ role, names }) => role !== 'CST' && names.some((name) => asked.recipient.includes(name)),
  )
  return (isSenders && named) || provision.provisions.some((child) => mentions(child, asked, custodians))
}

/** Whether a provision names a party in any role. */
export const namesParty = (provision: Provision | undefined, party: readonly Identity[]): boolean =>
  provision !== undefined &&
  (provision.actors.some(({ names }) => names.some((name) => party.includes(name))) ||
    provision.provisions.some((child) => namesParty(child, party)))
