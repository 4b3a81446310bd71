import { type CompiledQuery, Kysely } from 'kysely'
import { boundBuilder } from './bound-builder.ts'
import { gatherInserts } from './gather-inserts.ts'
import { localHints } from './hints.ts'
import { kyselyStore } from './kysely-store.ts'
import { migrate } from './migrations/migrate.ts'
import { type EmbeddedEngine, openPglite } from './pglite.ts'
import type { Database } from './schema.ts'
import type { Store } from './store.ts'

/**
 * The store in a directory of its own, for one process; durable unless told otherwise.
 *
 * @throws `store-locked`, `store-not-durable`, `store-unreadable`, `schema-unknown`; see `store-error.ts`.
 */
export const openEmbedded = async (options: {
  readonly directory: string
  readonly durable?: boolean
}): Promise<Store> => {
  const engine = await openPglite(options)
  try {
    return await embeddedStore(engine)
  } catch (error) {
    await engine.close()
    throw error
  }
}

/** The store's promise over an engine that is open already. */
export const embeddedStore = async (engine: EmbeddedEngine): Promise<Store> => {
  await migrate(new Kysely({ dialect: engine.dialect }))
  const db = new Kysely<Database>({ dialect: engine.dialect })
  const { subscribe, hint } = localHints()
  return kyselyStore(db, {
    transact: (work) =>
      db.transaction().execute(async (transaction) => {
        const { execute, flush } = gatherInserts(<R>(query: CompiledQuery) => transaction.executeQuery<R>(query))
        const result = await work(boundBuilder(execute))
        await flush()
        return result
      }),
    onHint: subscribe,
    hint,
    close: async () => {
      await db.destroy()
      await engine.close()
    },
  })
}
