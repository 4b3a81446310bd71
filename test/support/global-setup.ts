import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../../src/store/embedded.ts'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser url of a PostgreSQL server made for this run; empty when none is installed. */
    readonly postgresUrl: string
    /** An empty, migrated embedded store to copy: making one takes seconds, copying does not. */
    readonly embeddedTemplate: string
  }
}

/** A PostgreSQL and an embedded store for the whole run; in CI there must be a PostgreSQL. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const template = mkdtempSync(join(tmpdir(), 'ips-template-'))
  const store = await openEmbedded({ directory: template, durable: false })
  await store.close()
  project.provide('embeddedTemplate', template)
  const server = await startPostgres()
  if (server === undefined) {
    if (process.env['CI'] === 'true') throw new Error('PostgreSQL is not installed, and in CI it must be')
    console.log(
      '\nPostgreSQL is not installed: its half of the tests is SKIPPED (Debian: apt-get install postgresql)\n',
    )
  }
  project.provide('postgresUrl', server?.url ?? '')
  return async () => {
    rmSync(template, { recursive: true, force: true })
    await server?.stop()
  }
}
