import type { CompiledQuery, Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** A query builder of Kysely or an `sql` template. */
type Write = { compile(db: Kysely<Database>): CompiledQuery }

const marked = new WeakSet<object>()

/**
 * A write nobody needs an answer to. An engine that can sends it without waiting, behind what was sent before; it has
 * been carried out before any later statement of the transaction, and when it fails the transaction fails: at the next
 * statement that is waited for, or at the commit.
 */
export const later = async (db: Kysely<Database>, query: Write): Promise<void> => {
  const compiled = query.compile(db)
  marked.add(compiled)
  await db.executeQuery(compiled)
}

export const isForLater = (query: CompiledQuery): boolean => marked.has(query)
