import { partyIdentities, type Standing } from '../consent/decide-disclosure.ts'
import type { EndingConsent } from '../store/queries/consents.ts'
import type { Transaction } from '../store/store.ts'
import { notify } from './aftermath.ts'
import { namesParty } from './asked.ts'
import type { Exchange } from './exchange.ts'

/** Time enough to meet the client and ask her again. */
const AHEAD_MS = 30 * 86_400_000

/**
 * Reminds of consents that end within 30 days, once for each end, whoever sweeps: whoever holds the paper, and the
 * members of the client's team whom it names and who were told something under it. The notice says nothing about her.
 * The end itself takes no sweep: it is decided at every sending.
 *
 * @returns how many consents were looked at for the first time.
 */
export const remindOfEnds = async (exchange: Exchange): Promise<number> =>
  exchange.store.transaction(async (tx) => {
    const at = exchange.now()
    const found = await tx.consents.endingBetween(at, at + AHEAD_MS)
    const clients = [...new Set(found.map(({ clientId }) => clientId))]
    await tx.clients.hold(clients, 'update')
    // Another gateway may have reminded of them, and a renewal or withdrawal may have been recorded, before the lock.
    const ending = (await tx.consents.endingBetween(at, at + AHEAD_MS)).filter(({ clientId }) =>
      clients.includes(clientId),
    )
    await tx.consents.markReminded(ending.map(({ id }) => id))
    const standings = await tx.standings.of(clients)
    for (const one of ending) {
      const standing = standings.get(one.clientId)
      if (standing !== undefined && !standing.client.deceased) await remind({ exchange, tx, at }, one, standing)
    }
    return ending.length
  })

const remind = async (
  { exchange, tx, at }: { readonly exchange: Exchange; readonly tx: Transaction; readonly at: number },
  { id, clientId, party }: EndingConsent,
  { consents, members }: Standing,
): Promise<void> => {
  const name = `Consent/${id}`
  const recorder = exchange.parties.byId(party)
  const isRenewed = consents.some(({ status, replaces }) => status === 'active' && replaces?.includes(name) === true)
  if (recorder === undefined || isRenewed) return
  const provision = consents.find((one) => one.id === name)?.provision
  const isMember = (other: string): boolean =>
    members.some(
      (one) =>
        one.party === other &&
        (one.from === undefined || one.from <= at) &&
        (one.until === undefined || at < one.until),
    )
  const concerned = (await tx.reports.toldParties(clientId))
    .flatMap((told) => exchange.parties.byId(told) ?? [])
    .filter((told) => told !== recorder && isMember(told.id) && namesParty(provision, partyIdentities(told)))
  const work = { exchange, tx, caller: recorder, at, requestId: undefined, newClients: new Map() }
  await notify(work, clientId, [recorder, ...concerned], 'permission-ends-soon')
}
