import type { Standing } from '../consent/decide-disclosure.ts'
import type { Applied } from './apply-records.ts'
import type { Work } from './work.ts'

/** What decisions about the clients of a submission rest on, under their locks and with the submission's own changes. */
export const standingsOf = async (work: Work, applied: Applied): Promise<ReadonlyMap<string, Standing>> => {
  const standings = new Map<string, Standing>()
  const known = [...applied.clients].filter((id) => !work.newClients.has(id))
  for (const client of await work.tx.clients.lock(known, applied.changed.size > 0 ? 'update' : 'share')) {
    standings.set(client.id, await work.tx.standing(client))
  }
  for (const id of applied.clients) {
    const made = work.newClients.get(id)
    if (made !== undefined) standings.set(id, { ...made, referrals: [] })
  }
  return standings
}
