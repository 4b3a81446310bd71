import type { AuditSubject } from '../audit/audit-entry.ts'
import { purposeOf } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { PushEndpoint, Relay } from './relay.ts'

/** Who tells whom what, as the audit names it. */
export const auditSubject = ({
  relay,
  item,
  sender,
  target,
}: {
  readonly relay: Pick<Relay, 'gateway'>
  readonly item: Disclosure
  readonly sender: Party
  readonly target: PushEndpoint
}): AuditSubject => {
  const { system, code } = purposeOf(target.party)
  return {
    gateway: relay.gateway,
    client: item.clientId,
    sender: named(sender),
    recipient: named(target.party),
    information: item.information,
    purpose: { system, code },
    disclosure: item.id,
    requestId: undefined,
  }
}

const named = (party: Party) => ({
  id: party.id,
  name: party.name,
  identifier: party.identifiers[0] ?? { system: '', value: party.id },
})
