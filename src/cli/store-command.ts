import type { Config } from '../config.ts'
import { linesOf, writeNewFile } from '../store/backup/backup-file.ts'
import type { Manifest } from '../store/backup/backup-format.ts'
import type { Store } from '../store/store.ts'
import { relayCommand } from './relay-command.ts'
import { type Environment, type Print, reasonOf, withStore } from './with-store.ts'

/** What `store` can do, as its usage says. */
export const storeUsage = `store backup
through the running gateway, which writes it on its own machine; options as for relay
store export FILE
store restore FILE
each on the store of the configuration that IPS_CONFIG names; an embedded one must not be open in a gateway`

/** @returns the exit code: 0 done, 1 refused with a sentence that says why, 2 not understood. */
export const storeCommand = async (
  args: readonly string[],
  environment: Environment,
  print: Print,
): Promise<0 | 1 | 2> => {
  const [verb, file, ...more] = args
  if (verb === 'backup') return relayCommand(args, environment, print)
  const act = verb === 'export' ? exportTo : verb === 'restore' ? restoreFrom : undefined
  const which = verb === 'export' ? 'existing' : 'new-or-existing'
  if (act === undefined || file === undefined || more.length > 0) {
    print.error(storeUsage)
    return 2
  }
  try {
    const manifest = await withStore(environment, which, (store, config) => act(store, config, file))
    print.out(JSON.stringify({ file, ...manifest }, undefined, 2))
    if (verb === 'restore') print.error(AFTER_RESTORE)
    return 0
  } catch (error) {
    print.error(reasonOf(error))
    return 1
  }
}

const AFTER_RESTORE =
  'The gateway will tell nobody anything until what was withdrawn since this backup has been entered again and an ' +
  'operator says `relay release` (docs/operating.md, "After a restore").'

const optionsOf = ({ secrets }: Config) => ({ key: secrets.pseudonymKey, at: Date.now() })

const exportTo = (store: Store, config: Config, file: string): Promise<Manifest> =>
  writeNewFile(file, (write) => store.backup(optionsOf(config), write))

const restoreFrom = (store: Store, config: Config, file: string): Promise<Manifest> =>
  store.restore(optionsOf(config), () => linesOf(file))
