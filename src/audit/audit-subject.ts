import { purposeOf } from '../consent/decide-disclosure.ts'
import type { AuditParty } from '../domain/audit-fact.ts'
import { CANONICAL } from '../domain/codes.ts'
import type { Party } from '../domain/party.ts'
import type { AuditSubject } from './audit-entry.ts'

/** A party that has left the configuration is named by its id alone. */
export type NamedParty = Pick<Party, 'id'> & Partial<Pick<Party, 'name' | 'identifiers'>>

export const auditParty = ({ id, name = id, identifiers }: NamedParty): AuditParty => ({
  id,
  name,
  identifier: identifiers?.[0] ?? { system: `${CANONICAL}/party`, value: id },
})

/** Who tells whom what, and for what purpose, as the audit names it. */
export const auditSubject = ({
  sender,
  recipient,
  requestId,
  ...about
}: Pick<AuditSubject, 'gateway' | 'client' | 'information' | 'disclosure' | 'reader'> & {
  readonly sender: NamedParty
  readonly recipient: Party
  readonly requestId?: string | undefined
}): AuditSubject => ({
  ...about,
  sender: auditParty(sender),
  recipient: auditParty(recipient),
  purpose: purposeOf(recipient),
  requestId,
})
