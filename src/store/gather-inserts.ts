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
    execute: async <R>(query: CompiledQuery) => {
      const batches = gatherable(query)
      if (batches === undefined) {
        // Both leave now, one behind the other: a statement that waited here would be overtaken by those asked for after it.
        const flushed = isApart(query) ? undefined : flush()
        const [result] = await Promise.all([execute<R>(query), flushed])
        return result
      }
      // One statement cannot update a row twice.
      if (batches.some(({ into }) => into.onConflict !== undefined && gathered.has(into))) await flush()
      for (const { into, rows } of batches) {
        const known = gathered.get(into)
        if (known === undefined) gathered.set(into, [...rows])
        else known.push(...rows)
      }
      return { rows: [] }
    },
  }
}
