import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { startPostgres } from '../test/support/postgres.ts'
import type { Place } from './floor-engine.ts'
import type { Engine } from './options.ts'

/** Where the floors and the gateway keep their rows: two empty databases of the same engine. */
export type Places = {
  readonly floor: Place
  readonly gateway: Place
  readonly version: string
  remove(): Promise<void>
}

/** @returns undefined when this engine is not installed here. */
export const openPlaces = (engine: Engine): Promise<Places | undefined> =>
  engine === 'postgres' ? overPostgres() : overPglite()

/** A server of our own with the settings of a fresh installation: fsync, full_page_writes and synchronous_commit on. */
const overPostgres = async (): Promise<Places | undefined> => {
  const server = await startPostgres()
  if (server === undefined) return undefined
  try {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    await client.query('create database bench_floor')
    await client.query('create database bench_gateway')
    await client.end()
    const place = (name: string): Place => {
      const url = new URL(server.url)
      url.pathname = `/${name}`
      return { engine: 'postgres', url: url.href }
    }
    const version = `PostgreSQL ${rows[0]?.server_version ?? ''}`
    return { floor: place('bench_floor'), gateway: place('bench_gateway'), version, remove: server.stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

const overPglite = async (): Promise<Places> => {
  const directory = mkdtempSync(join(tmpdir(), 'ips-bench-'))
  return {
    floor: { engine: 'pglite', directory: join(directory, 'floor') },
    gateway: { engine: 'pglite', directory: join(directory, 'gateway') },
    version: 'PGlite (embedded)',
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  }
}
