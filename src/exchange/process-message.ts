import type { Bundle, MessageHeader } from '@medplum/fhirtypes'
import type { Party } from '../domain/party.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import type { Message } from '../fhir/read/message.ts'
import { type ResponseCode, writeMessageResponse } from '../fhir/write/message-response.ts'
import { answerReferral } from './answer-referral.ts'
import type { Exchange } from './exchange.ts'
import type { Entry, Once, Submitted } from './submission.ts'
import { submit } from './submit.ts'

export type Processing = {
  readonly header: MessageHeader
  readonly message: Message
  /** What the message asks to be done, in the order of its entries. */
  readonly entries: readonly Entry[]
  readonly endpoint: string
  readonly requestId: string
}

/**
 * Does what a message asks, once, and answers it; the same message again gets the same answer and nothing is done again,
 * also when both arrive at the same moment.
 *
 * INVARIANT (done and answered together): the answer to what was done commits with it. A refusal leaves nothing behind,
 * so its answer is kept afterwards; whoever comes in between is judged anew and refused the same.
 */
export const processMessage = async (exchange: Exchange, caller: Party, processing: Processing): Promise<Bundle> => {
  const { header, message } = processing
  const key = {
    party: caller.id,
    key: exchange.pseudonyms.identifier({ system: 'message', value: message.id }, caller.id),
  }
  const digest = exchange.sha256(new TextEncoder().encode(JSON.stringify([message.event, message.entries])))
  const respond = (code: ResponseCode, issues: readonly OutcomeIssue[], focus: readonly string[] = []): Bundle =>
    writeMessageResponse(
      header,
      { code, issues, focus },
      {
        ids: { bundle: exchange.newId(), header: exchange.newId(), outcome: exchange.newId() },
        at: exchange.now(),
        endpoint: processing.endpoint,
      },
    )
  let answer: Bundle | undefined
  const once: Once = {
    claim: (tx) => tx.messages.claim({ ...key, digest, at: exchange.now() }),
    keep: async (tx, results) => {
      const focus = message.focus.flatMap((at) => results[at] ?? []).map(({ type, id }) => `${type}/${id}`)
      const issues = results.flatMap(({ notes }) => notes).map(behindHeader)
      answer = respond('ok', issues, focus)
      await tx.messages.answer(key, answer)
    },
  }
  const done = await carryOut(exchange, caller, processing, once)
  if (done.outcome === 'done' && answer !== undefined) return answer
  const refusal = respond('fatal-error', done.outcome === 'done' ? [] : done.issues.map(behindHeader))
  return exchange.store.transaction(async (tx) => {
    if (await tx.messages.claim({ ...key, digest, at: exchange.now() })) {
      await tx.messages.answer(key, refusal)
      return refusal
    }
    const known = await tx.messages.answered(key)
    if (known?.digest !== digest) return respond('fatal-error', [anotherMessage])
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing but `respond` writes answers
    return known.answer as Bundle
  })
}

/** The way a transaction goes, or the way of a team's answer to a referral. */
const carryOut = async (
  exchange: Exchange,
  caller: Party,
  { entries, requestId }: Processing,
  once: Once,
): Promise<Submitted> => {
  const [first] = entries
  if (entries.length === 1 && first?.resource.resourceType === 'Task' && first.method === 'update') {
    const answer = { id: first.id ?? '', task: first.resource, ifMatch: first.ifMatch }
    const answered = await answerReferral(exchange, caller, answer, once)
    if (answered.outcome === 'answered') return { outcome: 'done', results: [] }
    if (answered.outcome === 'rejected') return answered
  }
  return submit(exchange, caller, entries, requestId, once)
}

/** Issues speak of the entries of a transaction; in the message a header stands before them. */
export const behindHeader = (issue: OutcomeIssue): OutcomeIssue => ({
  ...issue,
  ...(issue.expression !== undefined && {
    expression: issue.expression.replace(/^Bundle\.entry\[(\d+)\]/, (_, at) => `Bundle.entry[${Number(at) + 1}]`),
  }),
})

const anotherMessage: OutcomeIssue = {
  severity: 'error',
  code: 'duplicate',
  expression: 'Bundle.entry[0].resource.id',
  diagnostics: 'another message of yours has this id already: give each message an id of its own',
  error: 'sender-duplicate',
}
