import type { CareTeam } from '@medplum/fhirtypes'
import { readPeriod } from '../../consent/period.ts'
import { invalid, read, type Reading, ruleIssue } from './issues.ts'

export type CareTeamFacts = {
  readonly subject: string
  readonly active: boolean
  readonly members: readonly MemberFacts[]
}
/** Half-open epoch milliseconds, undefined = unbounded. */
export type MemberFacts = {
  readonly member: Reference
  readonly from: number | undefined
  readonly until: number | undefined
}
type Reference = {
  readonly reference?: string
  readonly identifier?: { readonly system?: string; readonly value?: string }
}

/** Reads a CareTeam: who is round the client, from when to when (participant period within the team's own). */
export const readCareTeam = (team: CareTeam, path: string, zone: string): Reading<CareTeamFacts> => {
  const subject = team.subject?.reference
  if (subject === undefined) {
    return invalid([
      ruleIssue(`${path}.subject`, 'name the client: `subject.reference` to your own Patient', 'sender-client-missing'),
    ])
  }
  const members: MemberFacts[] = []
  for (const [index, participant] of (team.participant ?? []).entries()) {
    const period = participant.period ?? team.period
    const read = readPeriod(period?.start, period?.end, zone)
    if (read === 'invalid') {
      const place = `${path}.participant[${index}].period`
      return invalid([ruleIssue(place, 'the period ends before it starts: correct it', 'sender-period-invalid')])
    }
    const bounds = read === 'unstated' ? { from: undefined, until: undefined } : read
    // A member may act on behalf of a team: the organisation is what the gateway delivers to.
    for (const reference of [participant.onBehalfOf, participant.member]) {
      if (reference !== undefined) members.push({ member: reference, from: bounds.from, until: bounds.until })
    }
  }
  return read({ subject, active: team.status === undefined || team.status === 'active', members })
}
