import type { AuditEntry } from '../audit/audit-entry.ts'
import type { Condition } from '../fhir/search/criteria.ts'
import type { Referral } from '../store/queries/care-teams.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { StoredResource } from '../store/queries/resources.ts'
import type { OwnFilter, SearchFilter } from '../store/queries/searches.ts'
import { resourceKey } from './look-up.ts'
import type { ReadContext, ReadResource } from './read-context.ts'
import { judgeTask, presentTask } from './read-task.ts'
import { judgeTold } from './read-told.ts'
import { lockStandings } from './standings.ts'
import { isUuid } from './uuid.ts'

/** Something a search may come upon, and how a read of it would judge it. */
export type Candidate = {
  readonly id: string
  judge(): Promise<{
    readonly shown: ReadResource | undefined
    /** Undefined for the caller's own: nothing is disclosed. */
    readonly decision: AuditEntry | undefined
  }>
}

type Narrowing = Omit<OwnFilter, 'party' | 'after' | 'most'>

/**
 * What the store can narrow a search by. It may leave too much, never too little: conditions are judged on what is shown.
 *
 * @returns undefined when nothing can meet the conditions: an id no resource has, a Patient that is not the caller's
 */
export const narrowingOf = async (
  { tx, exchange, caller }: ReadContext,
  type: string,
  conditions: readonly Condition[],
): Promise<Narrowing | undefined> => {
  const ids = inAll(conditions.flatMap((one) => (one.kind === 'id' ? [one.anyOf] : [])))?.filter(isUuid)
  const patients = inAll(conditions.flatMap((one) => (one.kind === 'patient' ? [one.anyOf] : [])))?.filter(isUuid)
  const identifiers = conditions.find((one) => one.kind === 'identifier')?.anyOf
  const times = conditions.filter((one) => one.kind === 'updated')
  const from = Math.max(-Infinity, ...times.map((one) => one.from))
  const until = Math.min(Infinity, ...times.map((one) => one.until))
  const clientIds =
    patients === undefined
      ? undefined
      : (await tx.clients.linksOfParty(caller.id, patients)).map(({ clientId }) => clientId)
  if (ids?.length === 0 || clientIds?.length === 0 || from >= until) return undefined
  return {
    ids,
    clientIds,
    keys: identifiers?.map((one) => resourceKey({ exchange, caller }, type, one)),
    from: Number.isFinite(from) ? from : undefined,
    until: Number.isFinite(until) ? until : undefined,
  }
}

/** Candidates in the order of their ids, from behind `after`. */
export const candidatesOf = async (
  context: ReadContext,
  type: string,
  filter: Omit<OwnFilter, 'party'>,
): Promise<{ readonly candidates: readonly Candidate[]; readonly isEnd: boolean }> => {
  const { tx, caller } = context
  const mine = { ...filter, party: caller.id }
  const own = (await tx.searches.own(type, mine)).map(ownCandidate)
  const others = await candidatesOfOthers(context, type, mine)
  const full = [own, others].filter(({ length }) => length === filter.most)
  // Of a list that was cut off, what comes later is not known: nothing behind its end is looked at in this round.
  const known = full.flatMap((list) => list.at(-1)?.id ?? []).toSorted()[0]
  const ownIds = new Set(own.map(({ id }) => id))
  const candidates = [...own, ...others.filter(({ id }) => !ownIds.has(id))]
    .filter(({ id }) => known === undefined || id <= known)
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
  return { candidates, isEnd: known === undefined }
}

const ownCandidate = ({ id, resource, version, updatedAt }: StoredResource): Candidate => ({
  id,
  judge: async () => ({ shown: { resource, version, updatedAt }, decision: undefined }),
})

const candidatesOfOthers = async (
  context: ReadContext,
  type: string,
  filter: SearchFilter & Pick<OwnFilter, 'keys'>,
): Promise<readonly Candidate[]> => {
  // What others let a party see carries no business identifiers (`writeTeamTask`, `writeCommunication`).
  if (filter.keys !== undefined) return []
  if (type === 'Task') return askedCandidates(context, await context.tx.searches.asked(filter))
  return type === 'Communication' ? toldCandidates(context, await context.tx.searches.told(filter)) : []
}

/** INVARIANT (lock order): the clients of a whole round at once, in id order. */
const askedCandidates = async (context: ReadContext, referrals: readonly Referral[]): Promise<readonly Candidate[]> => {
  const standings = await lockStandings(context.tx, clientsOf(referrals))
  const stored = await context.tx.resources.read(
    referrals.flatMap(({ taskId, serviceRequestId }) => [taskId ?? serviceRequestId, serviceRequestId]),
  )
  const rows = new Map(stored.map((row) => [row.id, row]))
  return referrals.map((referral) => ({
    id: referral.taskId ?? '',
    judge: async () => {
      const judged = judgeTask(context, { referral, standing: standings.get(referral.clientId), rows })
      const shown = judged?.permitted === undefined ? undefined : await presentTask(context, judged.permitted)
      return { shown, decision: judged?.decision }
    },
  }))
}

const toldCandidates = async (
  context: ReadContext,
  disclosures: readonly Disclosure[],
): Promise<readonly Candidate[]> => {
  const standings = await lockStandings(context.tx, clientsOf(disclosures))
  return disclosures.map((disclosure) => ({
    id: disclosure.id,
    judge: async () => {
      const judged = await judgeTold(context, disclosure, standings.get(disclosure.clientId ?? ''))
      return { shown: judged?.shown, decision: judged?.decision }
    },
  }))
}

const clientsOf = (rows: readonly { readonly clientId: string | undefined }[]): readonly string[] => [
  ...new Set(rows.flatMap(({ clientId }) => clientId ?? [])),
]

/** What stands in all of the lists; undefined when there is none. */
const inAll = (lists: readonly (readonly string[])[]): readonly string[] | undefined =>
  lists.length === 0 ? undefined : lists.reduce((left, right) => left.filter((one) => right.includes(one)))
