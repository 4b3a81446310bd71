import { clientIdentity, identifierIdentity, type Identity } from '../domain/identity.ts'
import { informationCategories, type InformationCategory } from '../domain/information.ts'
import type { Party } from '../domain/party.ts'
import { purposes } from '../domain/purpose.ts'
import type { RefusalReason } from '../domain/refusal.ts'
import type { ConsentRecord } from './consent-record.ts'
import { decideDeepest, type DecisionRecord, type Permit } from './decide.ts'
import type { GatewayRule } from './hard-rules.ts'
import { localDate } from './period.ts'
import type { DataFacts, DecisionRequest, Policy } from './request.ts'

/** Everything about a client that a decision rests on, read in the transaction in which the decision takes effect. */
export type Standing = {
  readonly client: {
    readonly id: string
    readonly birthDate: string | undefined
    readonly deceased: boolean
    readonly nonDisclosure: boolean
    /** Consent epoch, where the store told it. */
    readonly epoch?: number
  }
  readonly consents: readonly ConsentRecord[]
  /** Members of the client's care teams; half-open epoch milliseconds. */
  readonly members: readonly {
    /** The CareTeam this membership stands in. */
    readonly team?: string
    readonly party: string
    readonly from: number | undefined
    readonly until: number | undefined
  }[]
  readonly referrals: readonly { readonly performer: string; readonly sender: string; readonly live: boolean }[]
}

export type DisclosureQuestion = {
  readonly category: InformationCategory
  readonly action: 'disclose' | 'access'
  readonly sender: Party
  readonly recipient: Party
  readonly data: DataFacts
}

export type DisclosureDecision =
  | { readonly outcome: 'permit'; readonly permit: Permit; readonly record: DecisionRecord }
  | { readonly outcome: 'deny'; readonly reason: RefusalReason; readonly record: DecisionRecord }

/**
 * Decides whether a recipient may be told, and at which level. The same function decides on arrival, again in the
 * transaction that starts each sending, and at every reading: the recipient's names, team membership and the consents
 * are those of that moment.
 */
export const decideDisclosure = (
  question: DisclosureQuestion,
  standing: Standing,
  asOf: number,
  policy: Policy,
): DisclosureDecision => {
  const decision = decideDeepest(
    requestOf(question, standing, asOf, policy),
    question.category,
    standing.consents,
    asOf,
    policy,
  )
  const gap = gatewayRule(question, standing, asOf)
  // INVARIANT (rules only narrow): being in the team permits nothing; not being in it forbids.
  if (gap !== undefined) return refused(decision.record, gap)
  if (decision.outcome === 'permit') return decision
  const { hardRule, reason } = decision.record
  return {
    outcome: 'deny',
    reason: hardRule ?? (reason === 'permitted' ? 'indeterminate' : reason),
    record: decision.record,
  }
}

/** Parties that may be told about a client at all, whoever sends: her current team, or the team a referral asks. */
export const isInStanding = (party: string, category: InformationCategory, standing: Standing, asOf: number): boolean =>
  standing.members.some(
    (member) =>
      member.party === party &&
      (member.from === undefined || member.from <= asOf) &&
      (member.until === undefined || asOf < member.until),
  ) ||
  ((category === 'referral' || category === 'identity') &&
    standing.referrals.some(({ performer, live }) => live && performer === party))

export const partyIdentities = (party: Party): readonly Identity[] => party.identifiers.map(identifierIdentity)

/** The purpose of everything relayed to a party is the first one it may act for. */
export const purposeOf = (recipient: Party): { readonly system: string; readonly code: string } => {
  const { system, code } = purposes[recipient.purposes[0]]
  return { system, code }
}

const gatewayRule = (question: DisclosureQuestion, standing: Standing, asOf: number): GatewayRule | undefined => {
  const { direction } = informationCategories[question.category]
  const fromCare = question.sender.kind === 'care-organisation'
  if ((direction === 'care-to-coach' && !fromCare) || (direction === 'coach-to-care' && fromCare)) {
    return 'direction-not-allowed'
  }
  return isInStanding(question.recipient.id, question.category, standing, asOf)
    ? undefined
    : 'recipient-not-in-care-team'
}

/** A refusal whose record says so: a basis that would have permitted is none of it. */
export const refused = (
  record: DecisionRecord,
  rule: GatewayRule,
): DisclosureDecision & { readonly outcome: 'deny' } => ({
  outcome: 'deny',
  reason: rule,
  record:
    record.reason === 'permitted'
      ? { ...record, outcome: 'deny', reason: 'denied', hardRule: rule, basis: [] }
      : { ...record, outcome: 'deny', hardRule: record.hardRule ?? rule },
})

const requestOf = (question: DisclosureQuestion, standing: Standing, asOf: number, policy: Policy): DecisionRequest => {
  return {
    client: [clientIdentity(standing.client.id)],
    action: question.action,
    purposes: [purposeOf(question.recipient)],
    recipient: partyIdentities(question.recipient),
    recipientKind: question.recipient.kind,
    custodian: partyIdentities(question.sender),
    author: undefined,
    information: undefined,
    data: question.data,
    ...(standing.client.epoch !== undefined && { epoch: standing.client.epoch }),
    clientState: { deceased: standing.client.deceased, minor: isMinor(standing.client.birthDate, asOf, policy.zone) },
  }
}

/**
 * Under 18 by the local calendar; clients under 18 are refused until their consents are designed (rule 5). A birth date
 * without day or month counts as the last day it could be, one that cannot be read as under age.
 */
export const isMinor = (birthDate: string | undefined, asOf: number, zone: string): boolean => {
  if (birthDate === undefined) return false
  if (!/^\d{4}(?:-\d\d){0,2}$/.test(birthDate)) return true
  const [year, month = '12', day = '31'] = birthDate.split('-')
  // Asking Intl for the local day costs more than the rest of a decision, and most clients are far from 18.
  if (Number(year) + 20 <= new Date(asOf).getUTCFullYear()) return false
  const eighteenth = `${String(Number(year) + 18).padStart(4, '0')}-${month}-${day}`
  return localDate(asOf, zone) < eighteenth
}
