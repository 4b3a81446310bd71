import {
  type ConnectionProvider,
  DefaultQueryExecutor,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import type { Execute } from './gather-inserts.ts'
import type { Database } from './schema.ts'

/** A query builder over one transaction; unlike Kysely's own it lets several statements be under way. */
export const boundBuilder = (execute: Execute): Kysely<Database> => {
  const connection = {
    executeQuery: execute,
    streamQuery: () => {
      throw new Error('the store reads no streams')
    },
  }
  const provider: ConnectionProvider = { provideConnection: (consumer) => consumer(connection) }
  const executor = new DefaultQueryExecutor(new PostgresQueryCompiler(), new PostgresAdapter(), provider)
  const driver = new DummyDriver()
  const dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
  return new Kysely<Database>({ config: { dialect }, dialect, driver, executor })
}
