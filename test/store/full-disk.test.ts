import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it, vi } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { embeddedStore } from '../../src/store/embedded.ts'
import { DurableFileSystem } from '../../src/store/pglite-file-system.ts'
import { openPglite } from '../../src/store/pglite.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { hasEngine, openTestStore, type Row, type TestStore } from '../support/stores.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const story = testStory('full-disk', hetu(3))
const post = (gateway: TestGateway, client: Enrolled, name: string) =>
  gateway.call('hospital', 'POST', '/fhir/Communication', medicationMessage(story, client.patient, name))
const count = async (opened: TestStore): Promise<Row | undefined> => {
  const [row] = await opened.rows(`select (select count(*)::int from resource) as resources,
    (select count(*)::int from disclosure) as disclosures, (select count(*)::int from audit_event) as audits`)
  return row
}

type Stage = { readonly directory: string; readonly disk: { full: 'no' | 'flush' | 'write' } }

/** The embedded store on a disk that may be full: for what is written, or only when it is flushed. */
const openOn = async ({ directory, disk }: Stage): Promise<TestStore> => {
  class FullDisk extends DurableFileSystem {
    protected override installFsync(module: Parameters<DurableFileSystem['installFsync']>[0]): void {
      super.installFsync(module)
      const operations = module.NODEFS.stream_ops
      const write = operations.write
      operations.write = (...given: Parameters<typeof write>) =>
        module.NODEFS.tryFSOperation(() => {
          if (disk.full === 'write') throw noSpace()
          return write.apply(operations, given)
        })
    }
    protected override flush(descriptor: number): void {
      if (disk.full === 'flush') throw noSpace()
      super.flush(descriptor)
    }
  }
  const engine = await openPglite({ directory, fileSystem: (path) => new FullDisk(path) })
  const store = await embeddedStore(engine)
  return {
    store,
    url: directory,
    rows: async (query, values = []) => (await engine.pglite.query<Row>(query, [...values])).rows,
    close: store.close,
  }
}

const noSpace = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })

describe('a disk that is full, under the embedded store', () => {
  const start = async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ips-full-'))
    cpSync(inject('embeddedTemplate'), directory, { recursive: true })
    const stage: Stage = { directory, disk: { full: 'no' } }
    const opened = await openOn(stage)
    const gateway = await startTestGateway('pglite', undefined, { opened })
    const client = await enrol(gateway, story)
    expect((await post(gateway, client, 'acknowledged')).status).toBe(201)
    return { stage, opened, gateway, client, acknowledged: await count(opened) }
  }
  /** What was acknowledged and what was sent again are there, each once, and reach the team. */
  const expectWhole = async (gateway: TestGateway, opened: TestStore): Promise<void> => {
    await gateway.drain()
    const told = await opened.rows(`select state, count(distinct update_id)::int as n from disclosure
      where category = 'medication' and channel = 'webhook' group by state`)
    expect(told).toEqual([{ state: 'delivered', n: 2 }])
    await opened.close()
    rmSync(opened.url, { recursive: true, force: true })
  }

  it('is answered with 5xx while it lasts and named in the log, keeps nothing half, and is over when there is space', async () => {
    const { stage, opened, gateway, client, acknowledged } = await start()
    stage.disk.full = 'write'
    const refused = await post(gateway, client, 'refused')
    expect(refused.status).toBe(500)
    expect(JSON.stringify(refused.body)).not.toMatch(/space|disk|ENOSPC|53100/i)
    expect(gateway.faults).toContainEqual(expect.objectContaining({ code: '53100' }))
    stage.disk.full = 'no'
    expect(await count(opened)).toEqual(acknowledged)
    expect((await post(gateway, client, 'refused')).status).toBe(201)
    await opened.close()
    const after = await openOn(stage)
    await expectWhole(await startTestGateway('pglite', undefined, { opened: after, seed: 'again' }), after)
  })

  it('and says so only when it is flushed, ends the store; after a restart everything acknowledged is there', async () => {
    const { stage, opened, gateway, client } = await start()
    stage.disk.full = 'flush'
    expect((await post(gateway, client, 'refused')).status).toBe(500)
    expect(gateway.faults).toContainEqual(expect.objectContaining({ code: 'store-failed' }))
    // Pages may be lost silently: nothing of the engine runs again in this process.
    stage.disk.full = 'no'
    expect((await post(gateway, client, 'too early')).status).toBe(500)
    await opened.close().catch(() => undefined)

    const after = await openOn(stage)
    const again = await startTestGateway('pglite', undefined, { opened: after, seed: 'again' })
    // It was written, if not flushed: there as a whole or not at all, which a conditional create finds out.
    const name = { 'if-none-exist': `identifier=urn:demo:hospital:messages|refused-${story.run}` }
    const body = medicationMessage(story, client.patient, 'refused')
    expect([200, 201]).toContain((await again.call('hospital', 'POST', '/fhir/Communication', body, name)).status)
    await expectWhole(again, after)
  })
})

describe.skipIf(!hasEngine('postgres'))('a disk that is full, under PostgreSQL', () => {
  it('is answered with 5xx and named in the log, keeps nothing half, and is over as soon as there is space', async () => {
    const opened = await openTestStore('postgres')
    const gateway = await startTestGateway('postgres', undefined, { opened })
    const client = await enrol(gateway, story)
    await gateway.drain()
    const before = await count(opened)
    // What the server says when a table cannot grow (PostgreSQL "Error codes", class 53), at the last of the tables.
    await opened.rows(`create function no_space() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`)
    await opened.rows(`create trigger no_space before insert on audit_event execute function no_space()`)
    const refused = await post(gateway, client, 'refused')
    expect(refused.status).toBe(500)
    expect(JSON.stringify(refused.body)).not.toMatch(/space|disk|53100/i)
    expect(gateway.faults).toContainEqual(expect.objectContaining({ code: '53100' }))
    expect(await count(opened)).toEqual(before)
    await opened.rows(`drop trigger no_space on audit_event`)
    expect((await post(gateway, client, 'refused')).status).toBe(201)
    await gateway.drain()
    expect(await opened.rows(`select 1 from disclosure where channel = 'webhook' and state <> 'delivered'`)).toEqual([])
    await opened.close()
  })
})
