import type { Kysely } from 'kysely'
import type { HintTopic, Signals } from './hints.ts'
import { type LaneKey, laneName } from './queries/leases.ts'
import type { Database } from './schema.ts'
import type { AfterCommit, Starter, Store, Transaction } from './store.ts'

/** What differs between engines besides how they are opened. */
export type StoreEngine = {
  /** Runs work in one READ COMMITTED transaction; commits when it resolves, rolls back when it rejects. */
  transact<T>(work: (db: Kysely<Database>) => Promise<T>): Promise<T>
  /** How workers hear that something was committed for them. */
  readonly onHint: Store['onHint']
  hint(topic: HintTopic): void
  close(): Promise<void>
}

/** How a transaction on the engine's connection looks to the rooms; it says by its signals what
 * others should look at. */
type Over = (db: Kysely<Database>, signals: Signals) => Transaction

const MOST_ATTEMPTS = 5
/** While more transactions than this are under way, starting is left to the workers, who start many in one transaction. */
const FEW = 2
/** More lanes than this would keep their sender waiting. */
const FEW_LANES = 4

/** `Store.transaction` over an engine: tries again after conflicts, and has starters and workers told of what was queued. */
export const transactions = (engine: StoreEngine, over: Over): Pick<Store, 'transaction' | 'onQueued'> => {
  let starter: Starter | undefined
  let underWay = 0
  const once = async <T>(
    work: (tx: Transaction) => Promise<T>,
    keeps: (result: T) => boolean,
    start: Starter | undefined,
  ): Promise<T> => {
    const queued = new Map<string, LaneKey>()
    const hints = new Set<HintTopic>()
    const dropped: T[] = []
    let afterCommit: AfterCommit | undefined
    try {
      const done = await engine.transact(async (db) => {
        const tx = over(db, {
          queued: (lane) => void queued.set(laneName(lane), lane),
          hint: (topic) => void hints.add(topic),
        })
        const result = await work(tx)
        if (!keeps(result)) {
          dropped.push(result)
          throw new Error('rolled back on purpose')
        }
        if (start !== undefined && queued.size > 0 && queued.size <= FEW_LANES) {
          afterCommit = await start(tx, [...queued.values()]).catch(notStarted)
        }
        return result
      })
      if (afterCommit !== undefined) afterCommit()
      else if (queued.size > 0) hints.add('lanes')
      for (const topic of hints) engine.hint(topic)
      return done
    } catch (error) {
      for (const result of dropped) return result
      throw error
    }
  }
  return {
    transaction: async (work, keeps = () => true) => {
      underWay += 1
      try {
        for (let attempt = 1; ; attempt += 1) {
          const start = attempt === 1 && underWay <= FEW ? starter : undefined
          try {
            return await once(work, keeps, start)
          } catch (error) {
            if (attempt >= MOST_ATTEMPTS || !(isConflict(error) || isNotStarted(error))) throw error
          }
        }
      } finally {
        underWay -= 1
      }
    },
    onQueued: (asked) => {
      starter = asked
      return () => {
        starter = undefined
      }
    },
  }
}

const NOT_STARTED = 'not-started'

/** What cannot be started must not stop what was said from being taken in: it is queued without, and a worker sees to it. */
const notStarted = (cause: unknown): never => {
  throw Object.assign(new Error('what was queued could not be started', { cause }), { code: NOT_STARTED })
}

const isNotStarted = (error: unknown): boolean => codeOf(error) === NOT_STARTED

/**
 * unique_violation, serialization_failure, deadlock_detected: somebody else was first; look again and decide anew.
 * feature_not_supported: another build has widened a table since the statement was planned; it is planned anew.
 */
const conflictCodes = new Set(['23505', '40001', '40P01', '0A000'])

const isConflict = (error: unknown): boolean => conflictCodes.has(codeOf(error))

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
