import type { CompiledQuery, QueryResult } from 'kysely'
import { type Batch, gatherable, insertOf } from './insert-rows.ts'
import { forLater, isApart } from './later.ts'
import type { Table } from './tables.ts'

export type Execute = <R>(query: CompiledQuery) => Promise<QueryResult<R>>

/**
 * Holds back a transaction's plain inserts and writes them in one statement: before any other statement that might look
 * at them, and at the latest by `flush`, before the commit. A message inserts into ten tables; on every engine a
 * statement costs more than its rows.
 */
export const gatherInserts = (execute: Execute): { readonly execute: Execute; flush(): Promise<void> } => {
  let gathered = new Map<Table, Batch['rows'][number][]>()
  const flush = async (): Promise<void> => {
    if (gathered.size === 0) return
    const batches = [...gathered].map(([into, rows]) => ({ into, rows }))
    gathered = new Map()
    await execute(forLater(insertOf(batches)))
  }
  return {
    flush,
    execute: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      const batches = gatherable(query)
      if (batches === undefined) {
        if (gathered.size === 0 || isApart(query)) return execute<R>(query)
        // INVARIANT (statements keep their order): both leave now, or a statement asked for after this one would overtake
        // it: what is to be read under a lock would be read before.
        const [, result] = await Promise.all([flush(), execute<R>(query)])
        return result
      }
      // One statement cannot update a row twice.
      const isTwice = batches.some(({ into }) => into.onConflict !== undefined && gathered.has(into))
      const flushing = isTwice ? flush() : undefined
      for (const { into, rows } of batches) {
        const known = gathered.get(into)
        if (known === undefined) gathered.set(into, [...rows])
        else known.push(...rows)
      }
      await flushing
      return { rows: [] }
    },
  }
}
