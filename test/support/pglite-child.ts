import { randomUUID } from 'node:crypto'
import { flushCompileCache } from 'node:module'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { Kysely, sql } from 'kysely'
import { acquireLock } from '../../src/store/pglite-lock.ts'
import { openPglite } from '../../src/store/pglite.ts'
import { isStoreError } from '../../src/store/store-error.ts'

// A process of its own for the tests of the embedded store: says on its standard output, line by line, what happened.
const [task, directory = ''] = process.argv.slice(2)

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const open = async (): Promise<void> => {
  const engine = await openPglite({ directory })
  say('open')
  await sleep(60_000)
  await engine.close()
}

/** Commits rows one after another and names each once its commit has been acknowledged. */
const acknowledge = async (): Promise<void> => {
  const engine = await openPglite({ directory })
  const db = new Kysely<{ readonly note: { readonly id: string } }>({ dialect: engine.dialect })
  await sql`create table if not exists note (id text primary key)`.execute(db)
  for (let count = 0; ; count += 1) {
    const id = `${process.pid}-${count}`
    await db.transaction().execute((trx) => trx.insertInto('note').values({ id }).execute())
    say(id)
  }
}

/** What the last life acknowledged is in the newest rows. */
const NEWEST = 400

/** As the gateway does it, through the store: says what it finds of earlier lives, then commits audit events and names each. */
const audit = async (): Promise<void> => {
  const { openEmbedded } = await import('../../src/store/embedded.ts')
  const store = await openEmbedded({ directory })
  const found = await store.transaction(async ({ auditTrail }) => {
    const upTo = await auditTrail.settled()
    // A sequence jumps ahead by up to 32 at every crash.
    return auditTrail.rows({ after: Math.max(0, upTo - 10 * NEWEST), upTo, most: 10 * NEWEST })
  })
  for (const { id } of found.slice(-NEWEST)) say(`kept ${id}`)
  say('open')
  // Who is killed writes nothing at the end: the next life would strip all types again.
  flushCompileCache()
  for (;;) {
    const id = randomUUID()
    const event = { resourceType: 'AuditEvent', text: 'x'.repeat(2000) } as const
    const told = {
      client: undefined,
      disclosure: undefined,
      kind: 'operation',
      outcome: 'life',
      recordedAt: 1,
    } as const
    await store.transaction((tx) => tx.audit([{ id, ...told, event }]))
    say(`acknowledged ${id}`)
    // The engine works within this process: without a turn of the event loop no word that is still waiting is ever said.
    await turn()
  }
}

const lock = async (): Promise<void> => {
  await acquireLock(directory)
  say('locked')
  await sleep(60_000)
}

const tasks = new Map([
  ['open', open],
  ['acknowledge', acknowledge],
  ['audit', audit],
  ['lock', lock],
])

try {
  await tasks.get(task ?? '')?.()
} catch (error) {
  say(isStoreError(error) ? `refused ${error.code} ${error.message}` : `failed ${String(error)}`)
  process.exitCode = 3
}
