import type { Bundle, MessageHeader } from '@medplum/fhirtypes'
import { operationOutcome, type OutcomeIssue } from '../outcome.ts'

/** R4 `response-code`. */
export type ResponseCode = 'ok' | 'transient-error' | 'fatal-error'

/**
 * The answer to a message (R4 messaging.html §2.4.3): its header says which message it answers and how that went, the
 * OperationOutcome what there is to say, and `focus` under which ids the gateway keeps what the message was about.
 */
export const writeMessageResponse = (
  request: MessageHeader,
  response: {
    readonly code: ResponseCode
    readonly issues: readonly OutcomeIssue[]
    /** `ServiceRequest/[id]`, … */
    readonly focus: readonly string[]
  },
  context: {
    readonly ids: { readonly bundle: string; readonly header: string; readonly outcome: string }
    /** Epoch milliseconds. */
    readonly at: number
    readonly endpoint: string
  },
): Bundle => {
  const { ids, at, endpoint } = context
  const details = `urn:uuid:${ids.outcome}`
  const { endpoint: back, name } = request.source ?? {}
  const header: MessageHeader = {
    resourceType: 'MessageHeader',
    id: ids.header,
    ...(request.eventCoding !== undefined && { eventCoding: request.eventCoding }),
    ...(request.eventUri !== undefined && { eventUri: request.eventUri }),
    ...(back !== undefined && { destination: [{ ...(name !== undefined && { name }), endpoint: back }] }),
    source: { name: 'ips-gateway', endpoint },
    response: { identifier: request.id ?? '', code: response.code, details: { reference: details } },
    ...(response.focus.length > 0 && { focus: response.focus.map((reference) => ({ reference })) }),
  }
  return {
    resourceType: 'Bundle',
    id: ids.bundle,
    type: 'message',
    timestamp: new Date(at).toISOString(),
    entry: [
      { fullUrl: `urn:uuid:${ids.header}`, resource: header },
      { fullUrl: details, resource: { ...operationOutcome(response.issues), id: ids.outcome } },
    ],
  }
}
