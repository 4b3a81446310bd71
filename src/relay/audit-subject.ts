import type { AuditSubject } from '../audit/audit-entry.ts'
import { auditSubject, type NamedParty } from '../audit/audit-subject.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { PushEndpoint, Relay } from './relay.ts'

/** What the audit says an item of the outbox is about. */
export const subjectOf = ({
  relay,
  item,
  sender,
  target,
}: {
  readonly relay: Pick<Relay, 'gateway'>
  readonly item: Disclosure
  readonly sender: NamedParty
  readonly target: PushEndpoint
}): AuditSubject =>
  auditSubject({
    gateway: relay.gateway,
    client: item.clientId,
    sender,
    recipient: target.party,
    information: item.information,
    disclosure: item.id,
  })
