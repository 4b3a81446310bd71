import type { Standing } from '../consent/decide-disclosure.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { UpdateRecord } from '../store/queries/updates.ts'
import { type Judged, recordTold } from './tell.ts'
import { isAnyPermitted, weigh } from './weigh.ts'
import type { ResolvedEntry, Work } from './work.ts'

/**
 * Takes back what was told from a resource: what waits or was never read is ended, its content is erased for every later
 * reading, and whoever may have got it is told which message was taken back and nothing else, if the client still permits
 * that. Under the client's `update` lock: no sending or reading starts in between.
 */
export const retract = async (work: Work, entry: ResolvedEntry, standing: Standing): Promise<void> => {
  const { tx, at } = work
  // A correction told before stays told, so that saying "entered in error" twice takes nothing back twice.
  const news = (await tx.updates.ofResource(entry.id)).filter(({ update }) => update.retracts === undefined)
  const received = await tx.outbox.takeBack(
    news.map(({ id }) => id),
    at,
  )
  const corrections = received.flatMap((one) => {
    const record = news.find(({ id }) => id === one.updateId)
    return record === undefined ? [] : correctionOf(work, one, record, standing)
  })
  await recordTold(work, corrections.filter(isFirstRefusal))
  await tx.updates.erase(news.map(({ id }) => id))
  if (news.length > 0) entry.notes.push(retractedNote(entry.path, corrections))
}

/** One correction for one message: each endpoint knows the message under an id of its own. */
const correctionOf = (
  work: Work,
  { id, source, endpoint, recipient: recipientId, urgent }: Disclosure,
  { clientId, resourceId, update: { category }, facts }: UpdateRecord,
  standing: Standing,
): readonly Judged[] => {
  const { exchange, caller, at } = work
  const recipient = exchange.parties.byId(recipientId)
  if (recipient === undefined) return []
  const update = { category, fields: {}, retracts: id }
  const telling = {
    clientId,
    sender: caller,
    resourceId,
    source: source ?? '',
    update,
    facts,
    validUntil: undefined,
    urgent,
  }
  const verdicts = weigh(exchange, telling, standing, [recipient], at).filter((one) => one.endpoint?.id === endpoint)
  return verdicts.length === 0 ? [] : [{ outcome: isAnyPermitted(verdicts) ? 'queued' : 'refused', telling, verdicts }]
}

/** Somebody who may be told nothing any more is one refusal, however many messages are taken back. */
const isFirstRefusal = (one: Judged, index: number, all: readonly Judged[]): boolean =>
  one.outcome === 'queued' ||
  all.findIndex((other) => other.outcome === 'refused' && recipientOf(other) === recipientOf(one)) === index

const recipientOf = ({ verdicts }: Judged): string | undefined => verdicts[0]?.recipient.id

const retractedNote = (path: string, corrections: readonly Judged[]): OutcomeIssue => {
  const all = corrections.flatMap(({ verdicts }) => verdicts)
  const names = (outcome: 'permit' | 'deny'): string =>
    [
      ...new Set(all.filter(({ decision }) => decision.outcome === outcome).map(({ recipient }) => recipient.name)),
    ].join(', ')
  const [told, untold] = [names('permit'), names('deny')]
  const parts = [
    'taken back: what had not arrived does not arrive any more',
    told === '' ? '' : `who got it is told so: ${told}`,
    untold === '' ? '' : `who got it may not be told any more: ${untold}`,
  ]
  return {
    severity: untold === '' ? 'information' : 'warning',
    code: 'informational',
    expression: path,
    diagnostics: parts.filter((part) => part !== '').join('; '),
    error: 'gateway-retracted',
  }
}
