import { existsSync } from 'node:fs'
import { ConfigError } from '../config-error.ts'
import { type Config, configFile, loadConfig } from '../config.ts'
import { openStore } from '../open-store.ts'
import { isStoreError, storeError } from '../store/store-error.ts'
import type { Store } from '../store/store.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export type Print = { out(text: string): void; error(text: string): void }

/**
 * Works on the store of the configuration that `IPS_CONFIG` names, and closes it.
 *
 * @param which `existing`: an embedded one that is not there is refused, or a wrong directory would be taken for an empty store
 */
export const withStore = async <T>(
  environment: Environment,
  which: 'existing' | 'new-or-existing',
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> => {
  const config = loadConfig({ file: configFile(environment), environment })
  if (which === 'existing' && config.store.kind === 'pglite' && !existsSync(config.store.directory)) {
    throw storeError(
      'store-unreadable',
      `there is no store at \`${config.store.directory}\`: give IPS_CONFIG and IPS_DATA as the gateway has them`,
    )
  }
  const store = await openStore(config)
  try {
    return await work(store, config)
  } finally {
    await store.close()
  }
}

/** Why it could not be done, without an engine's own words: they may quote a row. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'it could not be done'
  if (isStoreError(error) || error instanceof ConfigError || 'syscall' in error) return error.message
  return `the store failed (${'code' in error ? String(error.code) : error.name})`
}
