import { setTimeout as sleep } from 'node:timers/promises'
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

const lock = async (): Promise<void> => {
  await acquireLock(directory)
  say('locked')
  await sleep(60_000)
}

const tasks = new Map([
  ['open', open],
  ['acknowledge', acknowledge],
  ['lock', lock],
])

try {
  await tasks.get(task ?? '')?.()
} catch (error) {
  say(isStoreError(error) ? `refused ${error.code} ${error.message}` : `failed ${String(error)}`)
  process.exitCode = 3
}
