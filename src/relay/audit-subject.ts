import type { AuditSubject } from '../audit/audit-entry.ts'
import { purposeOf } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { PushEndpoint, Relay } from './relay.ts'

/** Who tells whom what, as the audit names it. */
export const auditSubject = ({
  relay,
  head,
  sender,
  target,
}: {
  readonly relay: Pick<Relay, 'gateway'>
  readonly head: Disclosure
  readonly sender: Party
  readonly target: PushEndpoint
}): AuditSubject => {
  const { system, code } = purposeOf(target.party)
  return {
    gateway: relay.gateway,
    client: head.clientId,
    sender: named(sender),
    recipient: named(target.party),
    information: head.information,
    purpose: { system, code },
    disclosure: head.id,
    requestId: undefined,
  }
}

const named = (party: Party) => ({
  id: party.id,
  name: party.name,
  identifier: party.identifiers[0] ?? { system: '', value: party.id },
})
