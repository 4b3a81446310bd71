import { grant } from './clients.ts'
import type { HospitalCalls } from './hospital-calls.ts'
import type { ConsentChange, Entry } from './journal.ts'
import type { Team } from './scene.ts'

type Keeper = {
  readonly hospital: HospitalCalls
  readonly write: (entry: Entry) => void
  readonly patients: readonly string[]
  readonly name: string
  /** What this producer, or one before it under the same share, has written down. */
  readonly earlier: readonly Entry[]
  /** The consents that came with the referrals, for the first team. */
  readonly firstConsents: readonly string[]
}

/**
 * Grants and withdraws, one consent at a time for each client and team. What was begun by a producer that was killed is
 * asked for again, with the same words, before anything else is changed there.
 */
export const consentKeeper = (keeper: Keeper) => {
  const { write, name, earlier, firstConsents } = keeper
  const standing = new Map<string, string>()
  const begun = new Map<string, ConsentChange>()
  const settle = (change: ConsentChange, consent: string): void => {
    const place = placeOf(change)
    begun.delete(place)
    if (change.action === 'grant') standing.set(place, consent)
    else standing.delete(place)
  }
  for (const [client, consent] of firstConsents.entries()) standing.set(placeOf({ client, team: 'team-a' }), consent)
  for (const entry of earlier) {
    if (entry.kind === 'intent') begun.set(placeOf(entry.change), entry.change)
    if (entry.kind === 'done') settle(entry.change, entry.consent)
  }
  let granted = 0
  return {
    toggle: async (client: number, team: Team, stop: AbortSignal): Promise<void> => {
      const place = placeOf({ client, team })
      const consent = standing.get(place)
      let change = begun.get(place)
      if (change === undefined) {
        granted += 1
        change = { client, team, ...nextAfter(consent, `${name}-${granted}`) }
        write({ kind: 'intent', change })
        begun.set(place, change)
      }
      const done = change.action === 'grant' ? await give(keeper, change, stop) : await end(keeper, change, stop)
      if (done === undefined) return
      write({ kind: 'acknowledged', record: done })
      const reference = done.split('/_history')[0] ?? ''
      write({ kind: 'done', change, consent: reference })
      settle(change, reference)
    },
  }
}

const placeOf = ({ client, team }: { readonly client: number; readonly team: string }): string => `${client} ${team}`

const nextAfter = (consent: string | undefined, name: string): Pick<ConsentChange, 'action' | 'name'> =>
  consent === undefined ? { action: 'grant', name } : { action: 'withdraw', name: consent }

/** @returns the version that stands now: `Consent/…/_history/1`. */
const give = async (
  { hospital, patients }: Keeper,
  { client, team, name }: ConsentChange,
  stop: AbortSignal,
): Promise<string | undefined> => {
  const body = grant(client, team as Team, name, patients[client] ?? '')
  const answer = await hospital.insist({ method: 'POST', path: '/fhir', body }, [200], stop)
  return answer?.body.entry[2].response.location
}

const end = async (
  { hospital }: Keeper,
  { name: reference }: ConsentChange,
  stop: AbortSignal,
): Promise<string | undefined> => {
  for (;;) {
    const found = await hospital.insist({ method: 'GET', path: `/fhir/${reference}` }, [200], stop)
    if (found === undefined) return undefined
    const { status, meta } = found.body
    // The answer to an earlier withdrawal got lost.
    if (status === 'inactive') return `${reference}/_history/${meta.versionId}`
    const body = { ...found.body, status: 'inactive' }
    const headers = { 'if-match': found.etag }
    const put = await hospital.insist(
      { method: 'PUT', path: `/fhir/${reference}`, body, headers },
      [200, 409, 412],
      stop,
    )
    if (put === undefined) return undefined
    if (put.status === 200) return `${reference}/_history/${put.body.meta.versionId}`
  }
}
