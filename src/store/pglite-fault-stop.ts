import type { PGlite } from '@electric-sql/pglite'
import { storeError, type StoreError } from './store-error.ts'

// How the engine leaves its main loop after an ordinary SQL error (PGlite 0.5.16, POSTGRES_MAIN_LONGJMP).
const SQL_ERROR_STATUS = 100

/**
 * Makes the first fault of the engine its last act: the call in flight and every later one reject with `store-failed`.
 *
 * PGlite swallows whatever its WebAssembly throws. After PostgreSQL has given up (a failed flush ends in PANIC and
 * abort) that means an endless loop on the event loop's thread, and at close a checkpoint that would declare lost pages
 * safe. Here nothing of the engine runs after a fault; reopening the directory recovers from the log.
 *
 * `reason` gives the underlying error when the file system saw one.
 */
export const stopAtFirstFault = (pglite: PGlite, reason: () => unknown): void => {
  const module = pglite.Module
  const { _PostgresMainLoopOnce: runOnce, stackRestore } = module
  let fault: StoreError | undefined

  module._PostgresMainLoopOnce = () => {
    if (fault !== undefined) throw fault
    try {
      runOnce()
    } catch (error) {
      if (!isSqlError(error)) fault = failed(reason() ?? error)
      throw error
    }
  }
  // PGlite calls this inside its `catch`, the one place from which an exception leaves its loop.
  module.stackRestore = (pointer) => {
    if (fault !== undefined) throw fault
    return stackRestore(pointer)
  }
  for (const name of ['_PostgresSendReadyForQueryIfNecessary', '_pgl_pq_flush', '_pgl_run_atexit_funcs'] as const) {
    const run = module[name]
    module[name] = () => {
      if (fault === undefined) run()
    }
  }
  const forceExit = module._emscripten_force_exit
  module._emscripten_force_exit = (status) => {
    if (fault === undefined) forceExit(status)
  }
}

const isSqlError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'status' in error && error.status === SQL_ERROR_STATUS

const failed = (cause: unknown): StoreError =>
  storeError('store-failed', 'the store stopped after a fault; restart to recover from its log', { cause })
