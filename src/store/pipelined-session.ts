import type { Kysely, QueryResult } from 'kysely'
import type { Pool, PoolClient, QueryResult as Answer } from 'pg'
import { boundBuilder } from './bound-builder.ts'
import { type Execute, gatherInserts } from './gather-inserts.ts'
import { isForLater } from './later.ts'
import type { Database } from './schema.ts'
import { forgetStatements, statementName } from './statement-name.ts'

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
    const made = session(client)
    sessions.set(client, made)
    return made
  }
  return async <T>(work: (db: Kysely<Database>) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    const { begin, commit, rollback } = sessionOf(client)
    let broken = false
    try {
      const result = await work(begin())
      await commit()
      return result
    } catch (error) {
      await rollback().catch(() => (broken = true))
      if (error instanceof Error && 'code' in error && error.code === PLAN_OUTDATED) forgetStatements()
      throw error
    } finally {
      client.release(broken)
    }
  }
}

/** feature_not_supported: "cached plan must not change result type", of a table that another build has widened meanwhile. */
const PLAN_OUTDATED = '0A000'

type Session = {
  begin(): Kysely<Database>
  /** @throws what the first failed statement failed with, also one nobody waited for. */
  commit(): Promise<void>
  rollback(): Promise<void>
}

const session = (client: PoolClient): Session => {
  let failure: { readonly error: unknown } | undefined
  const send = inOnePiece(client)
  const firstFailure = (error: unknown): unknown => {
    failure ??= { error }
    return failure.error
  }
  const sendQuery: Execute = async (query) => {
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
  }
  let gathering = gatherInserts(sendQuery)
  const db = boundBuilder((query) => gathering.execute(query))
  return {
    begin: () => {
      failure = undefined
      gathering = gatherInserts(sendQuery)
      send('begin').catch(firstFailure)
      return db
    },
    commit: async () => {
      await gathering.flush()
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
