import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Database } from '../schema.ts'
import { storeError } from '../store-error.ts'
import { up as first } from './0001-first.ts'
import { up as search } from './0002-search.ts'
import { up as messages } from './0003-messages.ts'
import { up as consentEnds } from './0004-consent-ends.ts'
import { up as endpointState } from './0005-endpoint-state.ts'
import { up as mailNotices } from './0006-mail-notices.ts'

/** In order; never edit one that was released. */
const migrations = {
  '0001-first': { up: first },
  '0002-search': { up: search },
  '0003-messages': { up: messages },
  '0004-consent-ends': { up: consentEnds },
  '0005-endpoint-state': { up: endpointState },
  '0006-mail-notices': { up: mailNotices },
}

/**
 * Brings the schema up to date under Kysely's own migration lock, so that several gateways may start at once.
 * @throws `schema-unknown` when the database was written by a newer build.
 */
export const migrate = async (db: Kysely<Database>): Promise<void> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
  const { error } = await migrator.migrateToLatest()
  if (error instanceof Error && error.message.startsWith('corrupted migrations')) {
    throw storeError('schema-unknown', 'the database schema does not belong to this build: run the newest build', {
      cause: error,
    })
  }
  // A server that goes away meanwhile says nothing about the schema.
  if (error !== undefined) throw error
}
