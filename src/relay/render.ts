import type { Communication } from '@medplum/fhirtypes'
import { auditParty } from '../audit/audit-subject.ts'
import { purposeOf } from '../consent/decide-disclosure.ts'
import type { Party, PushedEndpoint } from '../domain/party.ts'
import type { NoticeTemplate } from '../domain/refusal.ts'
import type { Content } from '../domain/update.ts'
import { type Envelope as Frame, writeCommunication, writeNotice } from '../fhir/write/communication.ts'
import { writeTransaction } from '../fhir/write/transaction.ts'
import { renderContent } from '../language/render-content.ts'
import { renderNotice } from '../language/render-notice.ts'
import type { Frozen } from './envelope.ts'
import type { FrozenUpdate } from './frozen.ts'

export type RenderContext = {
  readonly id: string
  readonly endpoint: PushedEndpoint
  readonly sender: Party
  readonly recipient: Party
  /** The recipient's own name for the client. */
  readonly subject: string
  readonly sentAt: number
  /** Number in this lane, without gaps. */
  readonly number: number
  readonly baseUrl: string
  readonly zone: string
}

/** The bytes of an update for one endpoint: the permitted resource, alone or in a transaction, or a thin event that tells to fetch it. */
export const renderUpdate = (content: Content, context: RenderContext): FrozenUpdate => {
  if (isThin(context)) return { ...thin('care-team-update', context), fields: [] }
  const text = renderContent(content, context.endpoint.language, context.zone)
  return { ...whole(writeCommunication(content, frameOf(context, text)), context), fields: Object.keys(content.fields) }
}

export const renderNoticeFor = (template: NoticeTemplate, context: RenderContext): Frozen => {
  if (isThin(context)) return thin('notice', context)
  return whole(writeNotice(template, frameOf(context, renderNotice(template, context.endpoint.language))), context)
}

const isThin = ({ endpoint }: RenderContext): boolean => endpoint.channel === 'webhook' && endpoint.body === 'thin'

const whole = (told: Communication, { endpoint, baseUrl }: RenderContext): Frozen => ({
  contentType: 'application/fhir+json; charset=utf-8',
  body: JSON.stringify(endpoint.channel === 'fhir-server' ? writeTransaction(told, `${baseUrl}/fhir`) : told),
})

/** CloudEvents 1.0 attribute names. The type does not say which kind of information: the subject line is no secret. */
const thin = (type: 'care-team-update' | 'notice', context: RenderContext): Frozen => ({
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify({
    specversion: '1.0',
    id: context.id,
    source: context.baseUrl,
    type: `fi.ips-gateway.${type}`,
    time: new Date(context.sentAt).toISOString(),
    subject: context.subject,
    sequence: String(context.number),
    dataref: type === 'notice' ? `${context.baseUrl}/api/inbox` : `${context.baseUrl}/fhir/Communication/${context.id}`,
  }),
})

const frameOf = ({ id, endpoint, sender, recipient, subject, sentAt }: RenderContext, text: string): Frame => ({
  id,
  subject,
  sentAt,
  sender: auditParty(sender),
  recipient: auditParty(recipient),
  purpose: purposeOf(recipient),
  text,
  language: endpoint.language,
})
