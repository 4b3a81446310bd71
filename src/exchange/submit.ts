import type { Standing } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import type { StoredResource } from '../store/queries/resources.ts'
import { remembering } from '../store/pseudonym.ts'
import type { Transaction } from '../store/store.ts'
import { notify, withholdWhatIsForbidden } from './aftermath.ts'
import { applyRecords } from './apply-records.ts'
import type { Exchange } from './exchange.ts'
import { refusalRejection } from './refusal-outcome.ts'
import { resourceKey } from './look-up.ts'
import { resolveEntries } from './resolve-entries.ts'
import { eraseUntold, settleHeld } from './settle-held.ts'
import { doneAlready, type Entry, type EntryResult, type Once, type Submitted } from './submission.ts'
import { standingsOf } from './standings.ts'
import { recordRefusals } from './tell.ts'
import { type EventRefusal, tellEvents } from './tell-events.ts'
import { checkUpdates } from './update-rules.ts'
import { identifiersOf, type ResolvedEntry, type Work } from './work.ts'

/**
 * Takes in what a party posts: everything or nothing. Resources, disclosures and audit commit together; what nobody may
 * be told is never written, and only the refusal with its coded reason and its audit remain.
 */
export const submit = async (
  exchange: Exchange,
  caller: Party,
  entries: readonly Entry[],
  requestId: string | undefined,
  once?: Once,
): Promise<Submitted> => {
  const remembered = { ...exchange, pseudonyms: remembering(exchange.pseudonyms) }
  const workIn = (tx: Transaction): Work => ({
    exchange: remembered,
    tx,
    caller,
    at: exchange.now(),
    requestId,
    newClients: new Map(),
  })
  const outcome = await exchange.store.transaction(
    async (tx) => {
      if (once !== undefined && !(await once.claim(tx))) return doneAlready()
      const taken = await takeIn(workIn(tx), entries)
      if (taken.outcome === 'done') await once?.keep(tx, taken.results)
      return taken
    },
    (result) => result.outcome === 'done',
  )
  if (outcome.outcome !== 'refused') return outcome
  await exchange.store.transaction(async (tx) => {
    for (const { telling, verdicts } of outcome.refusals) {
      // A client who came with the refused submission is not kept either.
      const [client] = await tx.clients.lock([telling.clientId], 'share')
      const known = client === undefined ? { ...telling, clientId: undefined } : telling
      await recordRefusals(workIn(tx), known, verdicts)
    }
  })
  return refusalRejection(outcome.refusals)
}

type Refused = { readonly outcome: 'refused'; readonly refusals: readonly EventRefusal[] }

const takeIn = async (work: Work, entries: readonly Entry[]): Promise<Submitted | Refused> => {
  const resolved = await resolveEntries(work, entries)
  if (resolved.outcome === 'rejected') return resolved
  const fresh = resolved.entries.filter(({ existing }) => !existing)
  const conflict = checkUpdates(fresh, resolved.own)
  if (conflict !== undefined) return conflict

  const applied = await applyRecords(work, fresh, resolved)
  if (applied.outcome === 'rejected') return applied
  const standings = await standingsOf(work, applied)
  const ended = await afterChanges(work, applied.changed, standings)
  const told = await tellEvents(work, fresh, { ...resolved, ...applied, standings })
  if (told.outcome !== 'told') return told
  await keep(work, fresh, applied.clientOf)
  await eraseUntold(work.tx, ended)
  return { outcome: 'done', results: resolved.entries.map((entry) => resultOf(work, entry, resolved.own)) }
}

/**
 * Consent or team changed: bump the epoch first, so that nothing decided before can start sending after the commit.
 *
 * @returns resources that waited for an answer of the client, and need not be kept for it any more.
 */
export const afterChanges = async (
  work: Work,
  changed: ReadonlyMap<string, 'granted' | 'narrowed'>,
  standings: ReadonlyMap<string, Standing>,
): Promise<readonly string[]> => {
  const ended: string[] = []
  for (const [clientId, how] of changed) {
    const standing = standings.get(clientId)
    if (standing === undefined || work.newClients.has(clientId)) continue
    await work.tx.clients.bumpEpoch(clientId)
    // What was narrowed may have been granted in part, by the same submission or by a new version of the team.
    ended.push(...(await settleHeld(work, standing)))
    if (how === 'narrowed') {
      await withholdWhatIsForbidden(work, standing)
      const told = await work.tx.reports.toldParties(clientId)
      const parties = told
        .flatMap((id) => work.exchange.parties.byId(id) ?? [])
        .filter(({ id }) => id !== work.caller.id)
      await notify(work, clientId, parties, 'permissions-changed')
    }
  }
  return ended
}

const keep = async (
  work: Work,
  entries: readonly ResolvedEntry[],
  clientOf: ReadonlyMap<ResolvedEntry, string>,
): Promise<void> => {
  const stored = (entry: ResolvedEntry): StoredResource => ({
    id: entry.id,
    type: entry.type,
    party: work.caller.id,
    clientId: clientOf.get(entry),
    version: entry.version,
    updatedAt: work.at,
    resource: entry.resource,
  })
  const identifiers = (entry: ResolvedEntry) => [
    ...new Map(
      identifiersOf(entry.resource).map((one) => {
        const key = resourceKey(work, entry.type, one)
        return [key, { party: work.caller.id, type: entry.type, key, resourceId: entry.id }] as const
      }),
    ).values(),
  ]
  const creates = entries.filter(({ entry }) => entry.method === 'create')
  await work.tx.resources.insert(creates.map(stored), creates.flatMap(identifiers))
  // INVARIANT (lock order): in id order, so that two transactions that change the same resources cannot wait in a ring.
  const updates = entries
    .filter(({ entry: { method } }) => method === 'update')
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
  for (const entry of updates) {
    // Two updates of one version at the same moment: the second one starts over and finds the version gone.
    if (!(await work.tx.resources.replace(stored(entry)))) throw conflict()
    await work.tx.resources.replaceIdentifiers(entry.id, identifiers(entry))
  }
}

const conflict = (): Error => Object.assign(new Error('the resource changed meanwhile'), { code: '40001' })

const resultOf = (work: Work, entry: ResolvedEntry, own: ReadonlyMap<string, StoredResource>): EntryResult => ({
  status: entry.existing || entry.entry.method === 'update' ? 200 : 201,
  type: entry.type,
  id: entry.id,
  version: entry.version,
  updatedAt: entry.existing ? (own.get(entry.id)?.updatedAt ?? work.at) : work.at,
  resource: entry.resource,
  notes: entry.notes,
})
