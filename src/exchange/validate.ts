import type { Party } from '../domain/party.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { answerReferral } from './answer-referral.ts'
import type { Exchange } from './exchange.ts'
import type { Entry } from './submission.ts'
import { submit } from './submit.ts'

/**
 * What a create or an update of this resource would meet, by doing it and taking everything back: the judge is the one
 * of a real post, and nothing is kept, not even an audit event.
 *
 * Whether the client's consents let it be told is not for a validation to say (`/api/explain` does, and is about one
 * recipient): it would be a way to ask about permissions again and again without a trace.
 */
export const validate = async (exchange: Exchange, caller: Party, entry: Entry): Promise<readonly OutcomeIssue[]> => {
  const rehearsed = rehearsal(exchange)
  const { resource, method, id, ifMatch } = entry
  if (resource.resourceType === 'Task' && method === 'update') {
    const answered = await answerReferral(rehearsed, caller, { id: id ?? '', task: resource, ifMatch })
    if (answered.outcome === 'answered') return []
    if (answered.outcome === 'rejected') return answered.issues
  }
  const done = await submit(rehearsed, caller, [entry], undefined)
  const issues = done.outcome === 'rejected' ? done.issues : done.results.flatMap(({ notes }) => notes)
  return issues.filter(({ error }) => !isAboutTelling(error))
}

/** The same exchange over a store that keeps nothing. */
const rehearsal = (exchange: Exchange): Exchange => ({
  ...exchange,
  store: { ...exchange.store, transaction: (work) => exchange.store.transaction(work, () => false) },
})

const isAboutTelling = (error: OutcomeIssue['error']): boolean =>
  error.startsWith('gateway-') || error === 'sender-no-permission' || error === 'sender-no-recipient'
