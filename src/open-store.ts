import type { Config } from './config.ts'
import type { Store } from './store/store.ts'

/** Only the engine in use is loaded: the other one would cost a quarter of a second of every start. */
export const openStore = async (config: Pick<Config, 'store'>): Promise<Store> => {
  if (config.store.kind === 'postgres') {
    const { openPostgres } = await import('./store/postgres.ts')
    return openPostgres({ url: config.store.url })
  }
  const { openEmbedded } = await import('./store/embedded.ts')
  return openEmbedded({ directory: config.store.directory })
}
