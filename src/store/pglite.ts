import { PGlite } from '@electric-sql/pglite'
import type { Dialect } from 'kysely'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pgliteDialect } from './pglite-dialect.ts'
import { stopAtFirstFault } from './pglite-fault-stop.ts'
import { DurableFileSystem } from './pglite-file-system.ts'
import { acquireLock, type StoreLock } from './pglite-lock.ts'
import { assertDurable, REQUIRED } from './pglite-self-test.ts'
import { makeDirectory, syncDirectory, syncTree } from './pglite-sync.ts'
import { keepLogShort } from './pglite-upkeep.ts'
import { isStoreError, storeError } from './store-error.ts'

export type EmbeddedEngine = {
  readonly dialect: Dialect
  readonly pglite: PGlite
  /** Flushes to disk since the directory was opened; at least one for each transaction that wrote something. */
  readonly fsyncCount: () => number
  /** Waits for running transactions, writes a last checkpoint and frees the directory. May be called twice. */
  readonly close: () => Promise<void>
}

export type EmbeddedOptions = {
  /** Created when missing. Ours alone: `data` is the database, `gateway.lock` says who has it open. */
  readonly directory: string
  /** Default true. False, for tests and demonstrations: survives a killed process but not a power loss. */
  readonly durable?: boolean
  /** For tests that need a disk which misbehaves. */
  readonly fileSystem?: (directory: string) => DurableFileSystem
}

/**
 * Opens the embedded PostgreSQL in a directory, making a new database there if it holds none. When this returns, a
 * commit has been seen to reach the disk. First time about 3.5 s, later 0.3 s; a commit costs 1–2 ms on an SSD.
 *
 * Throws `store-locked`, `store-not-durable` or `store-unreadable`; a running engine fails with `store-failed`.
 *
 * @example const engine = await openPglite({ directory: './var/store' }); const db = new Kysely({ dialect: engine.dialect })
 */
export const openPglite = async (options: EmbeddedOptions): Promise<EmbeddedEngine> => {
  const directory = resolve(options.directory)
  makeDirectory(directory)
  const lock = await acquireLock(directory)
  try {
    return await openLocked(directory, options, lock)
  } catch (error) {
    await lock.release()
    throw isStoreError(error)
      ? error
      : storeError('store-unreadable', `store \`${directory}\` could not be opened`, { cause: error })
  }
}

const openLocked = async (directory: string, options: EmbeddedOptions, lock: StoreLock): Promise<EmbeddedEngine> => {
  const durable = options.durable ?? true
  refuseForeignData(directory)
  settleEarlierUse(directory, durable)
  const fileSystem = options.fileSystem?.(directory) ?? new DurableFileSystem(directory)
  const pglite = await start(fileSystem, durable)
  stopAtFirstFault(pglite, () => fileSystem.failure())
  const fsyncCount = (): number => fileSystem.fsyncCount()
  try {
    if (durable) await assertDurable(pglite, fsyncCount)
  } catch (error) {
    await pglite.close()
    throw error
  }
  const stopUpkeep = keepLogShort(pglite)
  const shut = async (): Promise<void> => {
    stopUpkeep()
    try {
      // Kysely's destroy() closes PGlite too.
      if (!pglite.closed) await pglite.close()
    } finally {
      await lock.release()
    }
  }
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= shut())
  return { dialect: pgliteDialect(pglite), pglite, fsyncCount, close }
}

const start = async (fileSystem: DurableFileSystem, durable: boolean): Promise<PGlite> => {
  const said: string[] = []
  let starting = true
  // The engine explains a refused start on its standard error only. Later lines could quote a statement.
  const onStderr = (line: string): boolean => {
    if (starting) said.push(line)
    return true
  }
  try {
    const pglite = new PGlite({ fs: fileSystem, startParams: startParameters(durable), onStderr })
    await pglite.waitReady
    return pglite
  } catch (error) {
    throw new Error(`engine did not start: ${said.join(' ')}`, { cause: error })
  } finally {
    starting = false
  }
}

/** PGlite's own parameters start with fsync off (`-F`). */
const startParameters = (durable: boolean): string[] => {
  if (!durable) return [...PGlite.defaultStartParams]
  const required = Object.entries(REQUIRED).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return [...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'), ...required]
}

/** Without its version file PGlite would take the directory for empty and write a new database over what is there. */
const refuseForeignData = (directory: string): void => {
  const data = join(directory, 'data')
  if (!existsSync(data) || existsSync(join(data, 'PG_VERSION'))) return
  throw storeError('store-unreadable', `\`${data}\` holds no database; restore it from a backup or move it away`)
}

/** What an earlier opening without durability has left unflushed is flushed before the first durable commit. */
const settleEarlierUse = (directory: string, durable: boolean): void => {
  const mark = join(directory, 'not-durable')
  const data = join(directory, 'data')
  if (!durable) writeFileSync(mark, '')
  else if (existsSync(mark)) {
    if (existsSync(data)) syncTree(data)
    rmSync(mark)
    syncDirectory(directory)
  }
}
