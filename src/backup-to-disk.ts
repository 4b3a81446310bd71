import { join } from 'node:path'
import type { Config } from './config.ts'
import type { WriteBackup } from './exchange/back-up.ts'
import { writeNewFile } from './store/backup/backup-file.ts'
import type { Store } from './store/store.ts'

/**
 * Backups under `backups` of the data directory, named for the moment they were taken. None leaves the machine by way of
 * the gateway: an operator is told its name, and sees no client.
 */
export const backupToDisk =
  ({ dataDirectory, secrets }: Config, store: Store): WriteBackup =>
  async (at) => {
    const name = `${new Date(at).toISOString().replaceAll(':', '')}.ndjson`
    const file = join(dataDirectory, 'backups', name)
    const options = { key: secrets.pseudonymKey, at }
    const { tables } = await writeNewFile(file, (write) => store.backup(options, write))
    return { file, tables }
  }
