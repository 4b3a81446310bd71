import type { CompiledQuery, Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** A query builder of Kysely or an `sql` template. */
type Write = { compile(db: Kysely<Database>): CompiledQuery }

type How = {
  /** Does not look at rows that were inserted in the same transaction before: they may be written after it. */
  readonly apart?: boolean
}

const marked = new WeakMap<object, How>()

/**
 * A write nobody needs an answer to. An engine that can sends it without waiting, behind what was sent before; it has
 * been carried out before any later statement of the transaction, and when it fails the transaction fails: at the next
 * statement that is waited for, or at the commit.
 */
export const later = async (db: Kysely<Database>, query: Write, how: How = {}): Promise<void> => {
  await db.executeQuery(forLater(query.compile(db), how))
}

export const forLater = (query: CompiledQuery, how: How = {}): CompiledQuery => {
  marked.set(query, how)
  return query
}

export const isForLater = (query: CompiledQuery): boolean => marked.has(query)
export const isApart = (query: CompiledQuery): boolean => marked.get(query)?.apart === true
