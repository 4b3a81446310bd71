import type { Standing } from '../consent/decide-disclosure.ts'
import type { Transaction } from '../store/store.ts'
import type { Applied } from './apply-records.ts'
import type { Work } from './work.ts'

/**
 * Locks clients and reads what decisions about them rest on, in one round trip.
 *
 * INVARIANT (decided under the lock): the reading is sent behind the locking, so that it sees what has committed before.
 */
export const lockStandings = async (
  tx: Transaction,
  clientIds: readonly string[],
  mode: 'share' | 'update' = 'share',
): Promise<ReadonlyMap<string, Standing>> => {
  const [, standings] = await Promise.all([tx.clients.hold(clientIds, mode), tx.standings.of(clientIds)])
  return standings
}

/**
 * What decisions about the clients of a submission rest on, under their locks and with the submission's own changes.
 *
 * INVARIANT (no oracle): a client this submission has made is asked for too, though all of her is at hand: the answer
 * about a person whom nobody knew takes as long as the one about another party's client.
 */
export const standingsOf = async (work: Work, applied: Applied): Promise<ReadonlyMap<string, Standing>> => {
  const ids = [...applied.clients]
  const standings = new Map(ids.every((id) => applied.read.has(id)) ? applied.read : await work.tx.standings.of(ids))
  for (const id of applied.clients) {
    const made = work.newClients.get(id)
    if (made !== undefined) standings.set(id, { ...made, referrals: [] })
  }
  return standings
}
