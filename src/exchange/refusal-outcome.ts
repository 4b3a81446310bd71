import type { RefusalReason } from '../domain/refusal.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import type { silencingElement } from '../fhir/read/event-standing.ts'
import { type Rejection, reject } from './submission.ts'
import type { EventRefusal } from './tell-events.ts'
import type { Telling, Verdict } from './weigh.ts'

/** HTTP 403 with one issue an event: whose permission is missing and what the sender can do; 422 when nobody is there. */
export const refusalRejection = (refusals: readonly EventRefusal[]): Rejection => {
  const issues = refusals.map(({ entry, verdicts }) => refusalIssue(entry.path, verdicts))
  return reject(refusals.every(({ verdicts }) => verdicts.length === 0) ? 422 : 403, issues)
}

export const queuedNote = (
  path: string,
  { update: { category }, urgent }: Telling,
  verdicts: readonly Verdict[],
): OutcomeIssue => {
  const told = new Set(
    verdicts.filter(({ decision }) => decision.outcome === 'permit').map(({ recipient }) => recipient.name),
  )
  const refused = verdicts.flatMap(({ recipient, decision }) =>
    decision.outcome === 'deny' && !told.has(recipient.name) ? [`${recipient.name} (${decision.reason})`] : [],
  )
  return {
    severity: refused.length === 0 ? 'information' : 'warning',
    code: 'informational',
    expression: path,
    diagnostics:
      `${category} queued for: ${[...told].join(', ')}` +
      (refused.length === 0 ? '' : `; not told: ${[...new Set(refused)].join(', ')}`) +
      (urgent ? '; it goes before what waits, but nobody watches this channel round the clock' : ''),
    error: 'gateway-queued',
  }
}

export const heldNote = (path: string): OutcomeIssue => ({
  severity: 'warning',
  code: 'informational',
  expression: path,
  diagnostics: 'the referral waits for a written consent and is sent as soon as one is recorded',
  error: 'gateway-waits-for-consent',
})

export const untoldNote = (path: string, element: ReturnType<typeof silencingElement>): OutcomeIssue => ({
  severity: 'information',
  code: 'informational',
  expression: `${path}.${element}`,
  diagnostics: `kept and told to nobody: with this \`${element}\` there is nothing to tell`,
  error: 'gateway-nothing-told',
})

/** For a type of which nothing is passed on, whatever its status. */
export const keptNote = (path: string, type: string): OutcomeIssue => ({
  severity: 'information',
  code: 'informational',
  expression: path,
  diagnostics: `kept for you and told to nobody: nothing of a ${type} is passed on`,
  error: 'gateway-nothing-told',
})

const refusalIssue = (path: string, verdicts: readonly Verdict[]): OutcomeIssue => {
  const reasons = [
    ...new Set(verdicts.flatMap(({ decision }) => (decision.outcome === 'deny' ? [decision.reason] : []))),
  ]
  if (reasons.length === 0) {
    const diagnostics = 'nobody is there to be told: post a CareTeam of the client that names a party of this gateway'
    return { severity: 'error', code: 'not-found', expression: path, diagnostics, error: 'sender-no-recipient' }
  }
  return {
    severity: 'error',
    code: 'forbidden',
    expression: path,
    diagnostics: `not told and not kept: ${reasons.map((reason) => `${reason} (${advice[reason]})`).join('; ')}`,
    error: 'sender-no-permission',
  }
}

const advice: Readonly<Record<RefusalReason, string>> = {
  denied: 'the client has said no to this',
  indeterminate: 'a consent cannot be read with certainty: have a person look at it',
  'no-applicable-consent': 'no written consent covers this: ask the client, and record the signed form',
  'nothing-to-employers': 'nothing is ever sent to an employer',
  'teams-only': 'this kind of information reaches IPS teams and care teams only',
  'purpose-never-allowed': 'nothing is told for this purpose',
  'client-deceased': 'the client has died',
  'client-minor': 'clients under 18 are not served yet',
  'recipient-not-in-care-team': 'the recipient is not in the current care team: update the CareTeam',
  'no-recipient': 'the recipient has no endpoint here: ask the operator',
  'direction-not-allowed': 'this kind of information does not go in this direction',
  'category-not-told': 'this kind of information is not told yet',
  'meeting-has-passed': 'the meeting is over',
  'taken-back': 'it was taken back as wrong',
}
