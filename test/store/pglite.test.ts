import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DurableFileSystem } from '../../src/store/pglite-file-system.ts'
import { acquireLock } from '../../src/store/pglite-lock.ts'
import { checkpointWhenDue } from '../../src/store/pglite-upkeep.ts'
import { openPglite, type EmbeddedEngine } from '../../src/store/pglite.ts'
import { storeProcess } from '../support/pglite-process.ts'

type Notes = { readonly note: { readonly id: string } }

let root: string
let made = 0

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'embedded-store-'))
  const engine = await openPglite({ directory: join(root, 'template') })
  await engine.pglite.exec('create table note (id text primary key)')
  await engine.close()
}, 120_000)

afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const emptyDirectory = (): string => join(root, `store-${(made += 1)}`)

/** A store with an empty table `note`, copied because making one takes seconds. */
const newStore = (): string => {
  const directory = emptyDirectory()
  cpSync(join(root, 'template'), directory, { recursive: true })
  return directory
}

const notesOf = async (engine: EmbeddedEngine): Promise<string[]> => {
  const { rows } = await engine.pglite.query<{ id: string }>('select id from note')
  return rows.map(({ id }) => id)
}

describe('what the embedded store promises', () => {
  it('flushes to disk at every commit', async () => {
    const engine = await openPglite({ directory: newStore() })
    const db = new Kysely<Notes>({ dialect: engine.dialect })
    const before = engine.fsyncCount()
    const start = performance.now()
    for (let count = 0; count < 200; count += 1) {
      await db.transaction().execute((trx) =>
        trx
          .insertInto('note')
          .values({ id: `n${count}` })
          .execute(),
      )
    }
    console.log(`${((performance.now() - start) / 200).toFixed(2)} ms a commit through kysely`)
    expect(engine.fsyncCount() - before).toBeGreaterThanOrEqual(200)
    await engine.close()
  })

  it('runs with every setting that crash safety depends on', async () => {
    const engine = await openPglite({ directory: newStore() })
    const shown: Record<string, unknown> = {}
    for (const name of ['fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method']) {
      const { rows } = await engine.pglite.query<Record<string, unknown>>(`show ${name}`)
      shown[name] = rows[0]?.[name]
    }
    expect(shown).toEqual({ fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', wal_sync_method: 'fsync' })
    await engine.close()
  })

  it('refuses to start when a commit does not reach the disk', async () => {
    class DeafFileSystem extends DurableFileSystem {
      protected override installFsync(): void {}
    }
    const directory = newStore()
    const opening = openPglite({ directory, fileSystem: (path) => new DeafFileSystem(path) })
    await expect(opening).rejects.toMatchObject({ code: 'store-not-durable', message: /without being flushed/ })
    expect(existsSync(join(directory, 'gateway.lock'))).toBe(false)
    const engine = await openPglite({ directory })
    await engine.close()
  })

  it('acknowledges nothing after the disk has failed, and recovers what was acknowledged before', async () => {
    let broken = false
    class FailingFileSystem extends DurableFileSystem {
      protected override flush(descriptor: number): void {
        if (broken) throw Object.assign(new Error('input/output error'), { code: 'EIO' })
        super.flush(descriptor)
      }
    }
    const directory = newStore()
    const engine = await openPglite({ directory, fileSystem: (path) => new FailingFileSystem(path) })
    const db = new Kysely<Notes>({ dialect: engine.dialect })
    const add = (id: string): Promise<unknown> =>
      db.transaction().execute((trx) => trx.insertInto('note').values({ id }).execute())
    await add('before')
    broken = true
    await expect(add('during')).rejects.toMatchObject({ code: 'store-failed', cause: { code: 'EIO' } })
    broken = false
    await expect(add('after')).rejects.toMatchObject({ code: 'store-failed' })
    await expect(db.selectFrom('note').selectAll().execute()).rejects.toMatchObject({ code: 'store-failed' })
    const flushes = engine.fsyncCount()
    await db.destroy()
    await engine.close()
    expect(engine.fsyncCount(), 'no checkpoint may declare lost pages safe').toBe(flushes)

    const reopened = await openPglite({ directory })
    const notes = await notesOf(reopened)
    expect(notes).toContain('before')
    expect(notes).not.toContain('after')
    await reopened.close()
  })

  it('refuses work, and does not hang, once it is closed', async () => {
    const engine = await openPglite({ directory: newStore(), durable: false })
    const db = new Kysely<Notes>({ dialect: engine.dialect })
    await db.selectFrom('note').selectAll().execute()
    await engine.close()
    await expect(db.selectFrom('note').selectAll().execute()).rejects.toThrow('closed')
    const transaction = db.transaction().execute((trx) => trx.insertInto('note').values({ id: 'late' }).execute())
    await expect(transaction).rejects.toThrow('closed')
    await expect(db.transaction().execute(async () => 'nothing')).rejects.toThrow('closed')
  })

  it('goes on after an ordinary mistake in a query', async () => {
    const engine = await openPglite({ directory: newStore() })
    const db = new Kysely<Notes>({ dialect: engine.dialect })
    await db.insertInto('note').values({ id: 'a' }).execute()
    const mistakes = ['selec', 'select 1/0', `insert into note values ('a')`, `do $$ begin raise 'no'; end $$`]
    for (const mistake of mistakes) {
      await expect(sql.raw(mistake).execute(db)).rejects.toMatchObject({ severity: 'ERROR' })
      await expect(db.transaction().execute((trx) => sql.raw(mistake).execute(trx))).rejects.toThrow()
    }
    await db.insertInto('note').values({ id: 'b' }).execute()
    expect(await notesOf(engine)).toEqual(['a', 'b'])
    await engine.close()
  })

  it('keeps its log short while it runs', async () => {
    const engine = await openPglite({ directory: newStore(), durable: false })
    expect(await checkpointWhenDue(engine.pglite, 4_000_000)).toBe(false)
    await engine.pglite.exec(`insert into note select repeat('x', 500) || n from generate_series(1, 10000) n`)
    expect(await checkpointWhenDue(engine.pglite, 4_000_000)).toBe(true)
    expect(await checkpointWhenDue(engine.pglite, 4_000_000)).toBe(false)
    await engine.close()
  })

  it('opens for good what was first opened for a demonstration', async () => {
    const directory = newStore()
    const demonstration = await openPglite({ directory, durable: false })
    await demonstration.pglite.exec(`insert into note values ('kept')`)
    await demonstration.close()
    const engine = await openPglite({ directory })
    expect(await notesOf(engine)).toEqual(['kept'])
    expect(readdirSync(directory)).not.toContain('not-durable')
    await engine.close()
  })
})

describe('one gateway at a time', () => {
  it('refuses a second gateway on the same directory, names the first, and leaves the data whole', async () => {
    const directory = newStore()
    const engine = await openPglite({ directory })
    await engine.pglite.exec(`insert into note values ('kept')`)
    const second = storeProcess('open', directory)
    expect(await second.firstLine()).toMatch(
      new RegExp(`^refused store-locked store .* is open in process ${process.pid}; stop it or`),
    )
    await second.exited
    await engine.pglite.exec(`insert into note values ('kept too')`)
    await engine.close()
    const reopened = await openPglite({ directory })
    expect(await notesOf(reopened)).toEqual(['kept', 'kept too'])
    await reopened.close()
  })

  it('refuses a second opening within the same process', async () => {
    const directory = newStore()
    const engine = await openPglite({ directory })
    await expect(openPglite({ directory: join(directory, '.') })).rejects.toMatchObject({
      code: 'store-locked',
      message: /is open in this process/,
    })
    await engine.close()
    await engine.close()
    expect(readdirSync(directory)).toEqual(['data'])
  })

  it('takes over from a gateway that was killed', async () => {
    const directory = newStore()
    const first = storeProcess('open', directory)
    expect(await first.firstLine()).toBe('open')
    await first.kill()
    expect(existsSync(join(directory, 'gateway.lock'))).toBe(true)
    const engine = await openPglite({ directory })
    await engine.close()
    expect(readdirSync(directory)).toEqual(['data'])
  })

  it.each([
    ['whose number now belongs to another process', { started: '1' }],
    ['of an earlier boot of the machine', { boot: 'an-earlier-boot' }],
  ])('takes over a lock %s', async (_, change) => {
    const directory = emptyDirectory()
    mkdirSync(directory)
    const path = join(directory, 'gateway.lock')
    const lock = await acquireLock(directory)
    const holder = { ...JSON.parse(readFileSync(path, 'utf8')), ...change, token: 'a'.repeat(32) }
    await lock.release()
    writeFileSync(path, JSON.stringify(holder))
    const next = await acquireLock(directory)
    await next.release()
  })

  it('does not guess about a lock it cannot read', async () => {
    const directory = emptyDirectory()
    mkdirSync(directory)
    writeFileSync(join(directory, 'gateway.lock'), '')
    await expect(acquireLock(directory)).rejects.toMatchObject({ code: 'store-locked', message: /not readable/ })
  })

  it('lets exactly one of many take over a stale lock', { timeout: 60_000 }, async () => {
    const directory = emptyDirectory()
    mkdirSync(directory)
    for (let round = 0; round < 2; round += 1) {
      const racers = Array.from({ length: 6 }, () => storeProcess('lock', directory))
      const said = await Promise.all(racers.map((racer) => racer.firstLine()))
      expect(said.filter((line) => line === 'locked')).toHaveLength(1)
      expect(said.filter((line) => line.startsWith('refused store-locked'))).toHaveLength(5)
      // The next round finds the killed winner's lock.
      await Promise.all(racers.map((racer) => racer.kill()))
    }
    const lock = await acquireLock(directory)
    await lock.release()
    expect(readdirSync(directory)).toEqual([])
  })

  const container = ['unshare', '--pid', '--fork', '--kill-child=KILL', '--mount-proc']
  const containers = spawnSync(container[0]!, [...container.slice(1), 'true']).status === 0

  it.runIf(containers)('sees a gateway that runs in another container, and sees when it is gone', async () => {
    const directory = emptyDirectory()
    mkdirSync(directory)
    const other = storeProcess('lock', directory, container)
    expect(await other.firstLine()).toBe('locked')
    await expect(acquireLock(directory)).rejects.toMatchObject({
      code: 'store-locked',
      message: /is open in process 1 of another container/,
    })
    const third = storeProcess('lock', directory, container)
    expect(await third.firstLine()).toMatch(/^refused store-locked/)
    await third.exited
    await other.kill()
    const lock = await acquireLock(directory)
    await lock.release()
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('a gateway that is killed', () => {
  const kills = Number(process.env['KILLS'] ?? 5)

  it(`keeps every note it had acknowledged, killed ${kills} times`, { timeout: 60_000 + kills * 15_000 }, async () => {
    const directory = newStore()
    const acknowledged: string[] = []
    for (let round = 0; round < kills; round += 1) {
      const gateway = storeProcess('acknowledge', directory)
      // Every other time the clock runs from the start, so that it may hit recovery too.
      if (round % 2 === 0) await gateway.firstLine()
      await sleep(Math.random() * 700)
      await gateway.kill()
      acknowledged.push(...gateway.lines)
      const engine = await openPglite({ directory })
      const kept = new Set(await notesOf(engine))
      expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
      // At most the one commit of each round whose acknowledgement could not be said any more.
      expect(kept.size - acknowledged.length).toBeLessThanOrEqual(round + 1)
      await engine.close()
    }
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(acknowledged.every((id) => /^\d+-\d+$/.test(id))).toBe(true)
    console.log(`${acknowledged.length} acknowledged notes survived ${kills} kills`)
  })

  it('starts again when it was killed while making its first database', { timeout: 120_000 }, async () => {
    const directory = emptyDirectory()
    const first = storeProcess('open', directory)
    const half = join(directory, 'making', 'PG_VERSION')
    while (!existsSync(half) && first.child.exitCode === null) await sleep(1)
    await first.kill()
    expect(readdirSync(directory)).toContain('making')
    const start = performance.now()
    const engine = await openPglite({ directory })
    console.log(`first opening ${Math.round(performance.now() - start)} ms`)
    await engine.pglite.exec('create table note (id text)')
    await engine.close()
    expect(readdirSync(directory)).toEqual(['data'])
    const again = performance.now()
    const reopened = await openPglite({ directory })
    console.log(`next opening ${Math.round(performance.now() - again)} ms`)
    await reopened.close()
  })

  it('never writes a new database over files it does not know', async () => {
    const directory = emptyDirectory()
    mkdirSync(join(directory, 'data'), { recursive: true })
    writeFileSync(join(directory, 'data', 'something'), 'of value')
    await expect(openPglite({ directory })).rejects.toMatchObject({ code: 'store-unreadable' })
    expect(readFileSync(join(directory, 'data', 'something'), 'utf8')).toBe('of value')
  })
})
