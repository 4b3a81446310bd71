import type { CareTeam } from '@medplum/fhirtypes'
import { readCareTeam } from '../fhir/read/care-team.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import type { Membership } from '../store/queries/care-teams.ts'
import { type Rejection, reject } from './submission.ts'
import { type Directory, partyBehind, type ResolvedEntry, type Work } from './work.ts'

/** Who is round the client from now on. Only the care side says so: a recipient cannot put itself into a team. */
export const updateCareTeam = async (
  work: Work,
  entry: ResolvedEntry & { readonly resource: CareTeam },
  directory: Directory,
  clientId: string,
): Promise<Rejection | undefined> => {
  if (work.caller.kind !== 'care-organisation') {
    return reject(403, [
      ruleIssue(entry.path, 'only the care side says who is in the care team', 'sender-not-entitled'),
    ])
  }
  const team = readCareTeam(entry.resource, entry.path, work.exchange.policy.zone)
  if (team.outcome === 'invalid') return reject(422, team.issues)
  const members = team.value.members.flatMap(({ member, from, until }): readonly Membership[] => {
    const party = partyBehind(work, directory, member)
    return party === undefined ? [] : [{ party: party.id, from, until }]
  })
  if (!members.some(({ party }) => party !== work.caller.id)) {
    entry.notes.push({
      severity: 'warning',
      code: 'incomplete',
      expression: `${entry.path}.participant`,
      diagnostics: 'no participant belongs to another party of this gateway, so nobody will be told anything',
      error: 'sender-no-recipient',
    })
  }
  // The care side that states the team belongs to it, and hears what the coach tells when the client permits that.
  const all = [...members, { party: work.caller.id, from: undefined, until: undefined }]
  const current = team.value.active ? all : []
  await work.tx.careTeams.replace({ id: entry.id, clientId, isNew: entry.entry.method === 'create' }, current)
  work.newClients.get(clientId)?.members.push(...current.map((member) => ({ team: entry.id, ...member })))
  return undefined
}
