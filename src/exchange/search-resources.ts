import type { AuditEntry } from '../audit/audit-entry.ts'
import type { Party } from '../domain/party.ts'
import { type Condition, meets } from '../fhir/search/criteria.ts'
import type { Exchange } from './exchange.ts'
import type { ReadResource } from './read-context.ts'
import { SETTLING_MS } from './sender-report.ts'
import { candidatesOf, narrowingOf } from './search-candidates.ts'

export type Search = {
  readonly type: string
  readonly conditions: readonly Condition[]
  /** Where the page before ended; undefined for the first page. */
  readonly after: string | undefined
  readonly count: number
}

export type Match = ReadResource & { readonly id: string }
export type SearchPage = {
  readonly matches: readonly Match[]
  /** Where the next page begins; undefined when there is none. For the gateway alone: it may be the id of a resource
   * that the caller must not know of. */
  readonly next: string | undefined
  /** Epoch milliseconds. Everything that was changed before is committed, so that a search by `_lastUpdated` from here on
   * misses nothing. */
  readonly completeUntil: number
}

/**
 * Searches what the caller may read, and judges each candidate as a read of it would: its own resources, what was told to
 * it, and the Tasks that ask it, decided again now. What a read withholds is passed over.
 *
 * INVARIANT (silence does not speak): a page is filled up past what is withheld, and has a next one only when something
 * more was found that may be seen.
 *
 * What is shown of others' goes to the audit; what is passed over does not, for the caller never asked for it.
 */
export const searchResources = async (exchange: Exchange, caller: Party, search: Search): Promise<SearchPage> => {
  const completeUntil = exchange.now() - SETTLING_MS
  const matches: Match[] = []
  let after = search.after ?? FIRST_ID
  for (let round = 1; ; round += 1) {
    const looked = await lookThrough(exchange, caller, search, { after, room: search.count - matches.length })
    matches.push(...looked.matches)
    after = looked.after
    if (matches.length > search.count) {
      const page = matches.slice(0, search.count)
      return { matches: page, next: page.at(-1)?.id, completeUntil }
    }
    if (looked.isEnd) return { matches, next: undefined, completeUntil }
    if (round === MOST_ROUNDS) return { matches, next: after, completeUntil }
  }
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000'
/** Candidates judged in one transaction: their clients stay locked against a withdrawal so long. */
const ROUND = 100
/** So that one request that finds nothing goes through 2,000 candidates and no more. */
const MOST_ROUNDS = 20

type Looked = { readonly matches: readonly Match[]; readonly after: string; readonly isEnd: boolean }

/** One round: at most `room` matches and one more, which only says that there is a next page. */
const lookThrough = async (
  exchange: Exchange,
  caller: Party,
  { type, conditions }: Search,
  { after, room }: { readonly after: string; readonly room: number },
): Promise<Looked> =>
  exchange.store.transaction(async (tx) => {
    const context = { exchange, caller, tx, at: exchange.now() }
    const narrowing = await narrowingOf(context, type, conditions)
    if (narrowing === undefined) return { matches: [], after, isEnd: true }
    const { candidates, isEnd } = await candidatesOf(context, type, { ...narrowing, after, most: ROUND })
    const matches: Match[] = []
    const decisions: AuditEntry[] = []
    for (const { id, judge } of candidates) {
      const { shown, decision } = await judge()
      if (shown === undefined || !conditions.every((condition) => meets(condition, shown))) continue
      matches.push({ id, ...shown })
      if (matches.length > room) break
      if (decision !== undefined) decisions.push(decision)
    }
    if (decisions.length > 0) await tx.audit(decisions)
    return { matches, after: candidates.at(-1)?.id ?? after, isEnd }
  })
