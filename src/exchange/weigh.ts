import { type AuditEntry, decisionEntry } from '../audit/audit-entry.ts'
import { auditSubject } from '../audit/audit-subject.ts'
import {
  decideDisclosure,
  type DisclosureDecision,
  type DisclosureQuestion,
  refused,
  type Standing,
} from '../consent/decide-disclosure.ts'
import type { DataFacts } from '../consent/request.ts'
import { contentEndpoints, type Endpoint, type Party } from '../domain/party.ts'
import type { Update } from '../domain/update.ts'
import type { Exchange } from './exchange.ts'

/** Something to be told about a client, before anybody decided on it. */
export type Telling = {
  readonly clientId: string
  readonly sender: Party
  readonly resourceId: string
  /** How the sender knows it, kept also when the content is not. */
  readonly source: string
  readonly update: Update
  readonly facts: DataFacts
  readonly validUntil: number | undefined
  /** Goes before what waits for the same client and recipient. */
  readonly urgent: boolean
}

/** The decision for one endpoint of one recipient; each endpoint is a disclosure of its own. */
export type Verdict = {
  readonly id: string
  readonly recipient: Party
  readonly endpoint: Endpoint | undefined
  readonly decision: DisclosureDecision
}

/** Decides a telling for its recipients. Pure but for new ids; nothing is stored. */
export const weigh = (
  exchange: Exchange,
  telling: Telling,
  standing: Standing,
  recipients: readonly Party[],
  at: number,
): readonly Verdict[] =>
  recipients.flatMap((recipient) => {
    const told = contentEndpoints(recipient)
    const endpoints: readonly (Endpoint | undefined)[] = told.length === 0 ? [undefined] : told
    return endpoints.map((endpoint): Verdict => {
      const decision = decideDisclosure(questionOf(telling, recipient), standing, at, exchange.policy)
      const id = exchange.newId()
      // A party without any endpoint cannot be told: never silence, the sender sees it as a refusal.
      if (endpoint !== undefined || decision.outcome === 'deny') return { id, recipient, endpoint, decision }
      return { id, recipient, endpoint, decision: refused(decision.record, 'no-recipient') }
    })
  })

export const questionOf = ({ sender, facts, update }: Telling, recipient: Party): DisclosureQuestion => ({
  category: update.category,
  action: 'disclose',
  sender,
  recipient,
  data: facts,
})

export const isAnyPermitted = (verdicts: readonly Verdict[]): boolean =>
  verdicts.some(({ decision }) => decision.outcome === 'permit')

/** A recipient who may be told nowhere is one refusal, not one for each of its endpoints. */
export const oneRefusalEach = (verdicts: readonly Verdict[]): readonly Verdict[] => {
  const told = new Set(
    verdicts.filter(({ decision }) => decision.outcome === 'permit').map(({ recipient }) => recipient),
  )
  const refused = new Set<Party>()
  return verdicts.filter(({ recipient, decision }) => {
    if (decision.outcome === 'permit' || told.has(recipient)) return true
    const first = !refused.has(recipient)
    refused.add(recipient)
    return first
  })
}

/**
 * Current members, without the sender, of the care teams the sender itself belongs to.
 *
 * INVARIANT (no oracle): a party that nobody placed round the client gets "nobody is there to be told", as for a person
 * whom no other party knows: the care team of others shows in no answer.
 */
export const recipientsOf = (exchange: Exchange, standing: Standing, sender: Party, at: number): readonly Party[] => {
  const current = standing.members.filter(
    ({ from, until }) => (from === undefined || from <= at) && (until === undefined || at < until),
  )
  const teams = new Set(current.filter(({ party }) => party === sender.id).map(({ team }) => team))
  const ids = new Set(current.filter(({ team }) => teams.has(team)).map(({ party }) => party))
  return [...ids].filter((id) => id !== sender.id).flatMap((id) => exchange.parties.byId(id) ?? [])
}

export const auditOf = (
  exchange: Exchange,
  telling: Pick<Telling, 'sender' | 'update'> & { readonly clientId: string | undefined },
  { id, recipient, decision }: Verdict,
  requestId: string | undefined,
): AuditEntry => {
  const { clientId: client, sender, update } = telling
  const information =
    decision.outcome === 'permit' ? decision.permit.information : { category: update.category, level: undefined }
  const { gateway } = exchange
  return decisionEntry(
    exchange.newId(),
    decision.record,
    auditSubject({ gateway, client, sender, recipient, information, disclosure: id, requestId }),
  )
}
