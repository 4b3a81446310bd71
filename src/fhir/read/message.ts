import type { Bundle, MessageHeader } from '@medplum/fhirtypes'
import { MESSAGE_SYSTEM } from '../../domain/codes.ts'
import { type Focus, isMessageEvent, messageEvents, type MessageEvent } from '../../domain/message-event.ts'
import type { OutcomeIssue } from '../outcome.ts'
import { profileIssues } from '../profile/check.ts'
import { isRecord } from '../r4/json-kind.ts'

/** A FHIR message (R4 messaging.html) as something to be done. */
export type Message = {
  readonly id: string
  readonly event: MessageEvent
  /** Where the answer would go, as the sender says: echoed, never called. */
  readonly source: MessageHeader['source']
  /** Index in `entries` of what the message is about. */
  readonly focus: readonly number[]
  /** The Bundle's entries behind the header. */
  readonly entries: readonly BundleEntry[]
}
export type BundleEntry = NonNullable<Bundle['entry']>[number]

export type ReadMessage =
  /** Nothing that could be answered with a message: it has no id to answer to. */
  | { readonly outcome: 'none'; readonly issue: OutcomeIssue }
  | { readonly outcome: 'invalid'; readonly header: MessageHeader; readonly issues: readonly OutcomeIssue[] }
  | { readonly outcome: 'read'; readonly header: MessageHeader; readonly message: Message }

/** @param bundle parsed as R4 */
export const readMessage = (bundle: Bundle): ReadMessage => {
  const [first, ...entries] = bundle.entry ?? []
  const header = first?.resource
  if (bundle.type !== 'message' || header?.resourceType !== 'MessageHeader') {
    return none('Bundle.type', 'send a Bundle of type `message` whose first entry is the MessageHeader')
  }
  const { id } = header
  if (id === undefined) {
    return none(
      `${HEADER}.id`,
      'give the message an id: by it a repetition is known, and the answer says what it answers',
    )
  }
  const event = eventOf(header)
  if (event === undefined) {
    const known = Object.keys(messageEvents).join(', ')
    return wrong(header, [issue(`${HEADER}.event`, `say what happened with a code of \`${MESSAGE_SYSTEM}\`: ${known}`)])
  }
  if (header.response !== undefined) return wrong(header, [issue(`${HEADER}.response`, 'answers are not taken here')])
  const focus = (header.focus ?? []).map(({ reference }) => entries.findIndex(({ fullUrl }) => fullUrl === reference))
  const issues = [...focusIssues(event, focus, entries), ...profileIssuesOf(event, focus, entries)]
  if (issues.length > 0) return wrong(header, issues)
  return { outcome: 'read', header, message: { id, event, source: header.source, focus, entries } }
}

const HEADER = 'Bundle.entry[0].resource'

const eventOf = ({ eventCoding }: MessageHeader): MessageEvent | undefined => {
  const code = eventCoding?.code ?? ''
  return eventCoding?.system === MESSAGE_SYSTEM && isMessageEvent(code) ? code : undefined
}

const focusIssues = (
  event: MessageEvent,
  focus: readonly number[],
  entries: readonly BundleEntry[],
): readonly OutcomeIssue[] => {
  const missing = focus.flatMap((at, index) =>
    at === -1 ? [issue(`${HEADER}.focus[${index}]`, 'this names no entry of the Bundle by its `fullUrl`')] : [],
  )
  const types = focus.map((at) => entries[at]?.resource?.resourceType)
  const wanted = fociOf(event)
  const isRight =
    types.every((type) => wanted.some((one) => one.type === type)) &&
    wanted.every(({ type, max }) => {
      const many = types.filter((one) => one === type).length
      return many >= 1 && many <= max
    })
  if (missing.length > 0 || isRight) return missing
  const words = wanted.map(({ type, max }) => (max === 1 ? `one ${type}` : `${type}, at least one`)).join(' and ')
  return [issue(`${HEADER}.focus`, `this message is about ${words}`)]
}

/** What a message is about is held to the profile of its MessageDefinition, claimed or not. */
const profileIssuesOf = (
  event: MessageEvent,
  focus: readonly number[],
  entries: readonly BundleEntry[],
): readonly OutcomeIssue[] =>
  focus.flatMap((at) => {
    const resource = entries[at]?.resource
    const wanted = fociOf(event).find(({ type }) => type === resource?.resourceType)
    if (wanted === undefined) return []
    const issues = profileIssues(wanted.profile, resource, `Bundle.entry[${at + 1}].resource`)
    return issues.map((one) => ({ ...one, error: 'sender-profile-violated' as const }))
  })

const fociOf = (event: MessageEvent): readonly Focus[] => messageEvents[event]

/**
 * The same as a transaction, which is how it is carried out: what carries the id and version under which the gateway keeps
 * it is an update, everything else is created unless its identifier is known already.
 */
export const asTransaction = (entries: readonly BundleEntry[]): Bundle => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: entries.map(({ fullUrl, resource }) => ({
    ...(fullUrl !== undefined && { fullUrl }),
    ...(resource !== undefined && { resource, request: requestFor(resource, fullUrl) }),
  })),
})

const requestFor = (
  resource: NonNullable<BundleEntry['resource']>,
  fullUrl: string | undefined,
): NonNullable<BundleEntry['request']> => {
  const { resourceType: type, id } = resource
  const version = resource.meta?.versionId
  if (id !== undefined && version !== undefined && fullUrl?.endsWith(`/${type}/${id}`) === true) {
    return { method: 'PUT', url: `${type}/${id}`, ifMatch: `W/"${version}"` }
  }
  const identifier: unknown = Reflect.get(resource, 'identifier')
  const [first]: readonly unknown[] = Array.isArray(identifier) ? identifier : [identifier]
  const named = isRecord(first) && typeof first['system'] === 'string' && typeof first['value'] === 'string'
  if (!named) return { method: 'POST', url: type }
  const condition = new URLSearchParams({ identifier: `${String(first['system'])}|${String(first['value'])}` })
  return { method: 'POST', url: type, ifNoneExist: condition.toString() }
}

const issue = (expression: string, diagnostics: string): OutcomeIssue => ({
  severity: 'error',
  code: 'invalid',
  expression,
  diagnostics,
  error: 'sender-message-invalid',
})

const none = (expression: string, diagnostics: string): ReadMessage => ({
  outcome: 'none',
  issue: issue(expression, diagnostics),
})

const wrong = (header: MessageHeader, issues: readonly OutcomeIssue[]): ReadMessage => ({
  outcome: 'invalid',
  header,
  issues,
})
