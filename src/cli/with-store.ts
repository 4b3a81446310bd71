import { type Config, configFile, loadConfig } from '../config.ts'
import { openStore } from '../open-store.ts'
import type { Store } from '../store/store.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export type Print = { out(text: string): void; error(text: string): void }

/** Works on the store of the configuration that `IPS_CONFIG` names, and closes it. */
export const withStore = async <T>(
  environment: Environment,
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> => {
  const config = loadConfig({ file: configFile(environment), environment })
  const store = await openStore(config)
  try {
    return await work(store, config)
  } finally {
    await store.close()
  }
}
