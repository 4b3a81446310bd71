import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { Pool, PoolClient, QueryResult as Answer } from 'pg'
import { isForLater } from './later.ts'
import type { Database } from './schema.ts'
import { statementName } from './statement-name.ts'

/**
 * Transactions on connections opened with `pipeline: true`. A round trip costs this process and the server more than
 * most statements do, so only what is waited for makes one: `begin` and the writes marked with `later` travel with the
 * next statement that is, and what is sent without waiting goes out in one piece.
 */
export const pipelinedTransactions = (pool: Pool) => {
  const sessions = new WeakMap<PoolClient, Session>()
  const sessionOf = (client: PoolClient): Session => {
    const known = sessions.get(client)
    if (known !== undefined) return known
    const made = session(client, pool)
    sessions.set(client, made)
    return made
  }
  return async <T>(work: (db: Kysely<Database>) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    const { db, begin, commit, rollback } = sessionOf(client)
    let broken = false
    try {
      begin()
      const result = await work(db)
      await commit()
      return result
    } catch (error) {
      await rollback().catch(() => (broken = true))
      throw error
    } finally {
      client.release(broken)
    }
  }
}

type Session = {
  readonly db: Kysely<Database>
  begin(): void
  /** @throws what the first failed statement failed with, also one nobody waited for. */
  commit(): Promise<void>
  rollback(): Promise<void>
}

const session = (client: PoolClient, pool: Pool): Session => {
  let failure: { readonly error: unknown } | undefined
  const send = inOnePiece(client)
  const firstFailure = (error: unknown): unknown => {
    failure ??= { error }
    return failure.error
  }
  const connection: DatabaseConnection = {
    executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      const sent = send(query.sql, query.parameters)
      if (isForLater(query)) {
        sent.catch(firstFailure)
        return { rows: [] }
      }
      try {
        return resultOf(await sent)
      } catch (error) {
        throw firstFailure(error)
      }
    },
    // oxlint-disable-next-line require-yield -- the store reads no streams
    streamQuery: async function* () {
      throw new Error('streams are not supported in a pipeline')
    },
  }
  return {
    db: boundTo(connection, pool),
    begin: () => {
      failure = undefined
      send('begin').catch(firstFailure)
    },
    commit: async () => {
      const { command } = await send('commit')
      if (failure !== undefined) throw failure.error
      // After a failure PostgreSQL answers COMMIT with a rollback and no error.
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back')
    },
    rollback: async () => void (await send('rollback')),
  }
}

/** Statements of one turn of the event loop leave in one packet: a write to a socket costs more than building it. */
const inOnePiece = (client: PoolClient) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- pg's types leave out the connection it writes to
  const { stream } = (client as unknown as { connection: { stream: { cork(): void; uncork(): void } } }).connection
  let corked = false
  return (text: string, values?: readonly unknown[]): Promise<Answer> => {
    if (!corked) {
      corked = true
      stream.cork()
      process.nextTick(() => {
        corked = false
        stream.uncork()
      })
    }
    if (values === undefined) return client.query(text)
    const name = statementName(text)
    return client.query({ text, values: [...values], ...(name !== undefined && { name }) })
  }
}

const resultOf = <R>({ rows, rowCount, command }: Answer): QueryResult<R> => ({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows are what the statement says
  rows: rows as R[],
  ...(command !== 'SELECT' && rowCount !== null && { numAffectedRows: BigInt(rowCount) }),
})

/** A query builder for one connection; unlike Kysely's own transactions it lets several statements be under way. */
const boundTo = (connection: DatabaseConnection, pool: Pool): Kysely<Database> => {
  const provider: ConnectionProvider = { provideConnection: (consumer) => consumer(connection) }
  const executor = new DefaultQueryExecutor(new PostgresQueryCompiler(), new PostgresAdapter(), provider)
  const dialect = new PostgresDialect({ pool })
  return new Kysely<Database>({ config: { dialect }, dialect, driver: new DummyDriver(), executor })
}
