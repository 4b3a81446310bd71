import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../test/support/postgres.ts'
import { openBuilds, thisBuild } from './builds.ts'
import { startCompany } from './company.ts'
import { type Database, databaseAt } from './database.ts'
import { faultLog } from './fault-log.ts'
import { type InboxReader, inboxReader } from './inbox-reader.ts'
import { type Entry, readJournal } from './journal.ts'
import type { Options } from './options.ts'
import type { Slot } from './processes.ts'
import { randomOf } from './random.ts'
import { startReceiver } from './receiver.ts'
import type { Subject } from './run.ts'
import type { Scene } from './scene.ts'
import type { Stage } from './storm.ts'
import { type Upgrade, upgradeOf } from './upgrade.ts'

/** Everything a run needs: a database of its own, recipients, workers and producers. */
export type Cast = Stage & {
  readonly database: Database
  readonly reader: InboxReader
  /** What all producers have written down so far. */
  entries(): readonly Entry[]
  complaints(): Readonly<Record<string, number>>
  readonly upgrade: Upgrade | undefined
}

/** What has to be undone, in the order it was made. */
export type Undo = (() => Promise<unknown>)[]

/**
 * @param undo gets what has to be ended, at once when it is begun, so that whoever interrupts leaves nothing behind.
 * @throws when no PostgreSQL is installed.
 */
export const openCast = async (
  subject: Subject,
  options: Options,
  say: (line: string) => void,
  undo: Undo,
): Promise<Cast> => {
  const directory = mkdtempSync(join(tmpdir(), 'ips-chaos-'))
  undo.push(async () => rmSync(directory, { recursive: true, force: true }))
  process.env['NODE_COMPILE_CACHE'] = join(directory, 'compiled')
  const starting = startPostgres()
  undo.push(async () => (await starting)?.stop())
  const server = await starting
  if (server === undefined) throw new Error('PostgreSQL is not installed')
  const receiver = await startReceiver(randomOf(options.seed + 1))
  undo.push(() => receiver.close())
  const database = databaseAt(server.url)
  await subject.prepare(database)
  const scene: Scene = {
    databaseUrl: server.url,
    hooks: receiver.origin,
    tokenKey: randomBytes(32).toString('base64'),
    pseudonymKey: randomBytes(32).toString('base64'),
    seed: options.seed,
    producers: options.producers,
  }
  const complaints = faultLog(say)
  const builds = options.upgrade ? openBuilds(directory, options.from) : { older: thisBuild, newer: thisBuild }
  const journalOf = (slot: number): string => join(directory, `journal-${slot}.ndjson`)
  const said = JSON.stringify(scene)
  const parts = {
    worker: { file: subject.worker, argumentsOf: () => [said] },
    producer: {
      file: subject.producer,
      argumentsOf: (slot: number, n: number) => [said, `p${slot}-${n}`, String(slot), journalOf(slot)],
    },
  }
  const { workers, producers, older } = await startCompany(parts, options, builds, complaints.hear, undo)
  return {
    workers,
    producers,
    receiver,
    database,
    crashDatabase: server.crash,
    reader: inboxReader(scene, () => originsOf(workers), receiver.arrivals),
    entries: () => producers.flatMap((_, slot) => readJournal(journalOf(slot))),
    complaints: complaints.counts,
    upgrade: options.upgrade ? upgradeOf(older, { url: server.url, database, from: options.from }, say) : undefined,
  }
}

/** Those that are awake first. */
const originsOf = (workers: readonly Slot[]): readonly string[] =>
  workers
    .toSorted((one, other) => Number(one.isStopped()) - Number(other.isStopped()))
    .flatMap((slot) => slot.port() ?? [])
    .map((port) => `http://127.0.0.1:${port}`)
