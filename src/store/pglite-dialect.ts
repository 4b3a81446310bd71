import type { PGlite } from '@electric-sql/pglite'
import { PGliteDialect, type Dialect, type PGliteDialectConfig } from 'kysely'

type Engine = Exclude<PGliteDialectConfig['pglite'], (...args: never[]) => unknown>
type EngineTransaction = Parameters<Parameters<Engine['transaction']>[0]>[0]

/**
 * Kysely's dialect over a running PGlite, with one repair: Kysely 0.29.9 waits for ever when `begin` itself fails, as
 * it does on a closed or stopped engine. Here the transaction begins, and its first query and its commit fail.
 */
export const pgliteDialect = (pglite: PGlite): Dialect => {
  const engine: Engine = {
    close: () => pglite.close(),
    get closed() {
      return pglite.closed
    },
    query: (text, parameters, options) => pglite.query(text, parameters, options),
    get ready() {
      return pglite.ready
    },
    waitReady: pglite.waitReady,
    transaction: async (run) => {
      let begun = false
      try {
        return await pglite.transaction((transaction) => {
          begun = true
          return run({
            query: (text, parameters, options) => transaction.query(text, parameters, options),
            rollback: () => transaction.rollback(),
          })
        })
      } catch (error) {
        if (!begun) await run(failing(error))
        throw error
      }
    },
  }
  return new PGliteDialect({ pglite: engine })
}

const failing = (error: unknown): EngineTransaction => ({
  query: async () => {
    throw error
  },
  rollback: async () => {},
})
