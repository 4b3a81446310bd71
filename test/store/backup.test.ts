import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sealAudit } from '../../src/exchange/seal-audit.ts'
import { verifyAudit } from '../../src/exchange/verify-audit.ts'
import type { Store } from '../../src/store/store.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { countRows, tablesOf } from '../support/database.ts'
import { anotherReferral, fillStore } from '../support/full-store.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { type Engine, hasEngine, openTestStore, type TestStore } from '../support/stores.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const key = new Uint8Array(32).fill(7)

const backupOf = async (store: Store, at: number): Promise<string[]> => {
  const lines: string[] = []
  await store.backup({ key, at }, async (more) => void lines.push(...more))
  return lines
}
const restoreInto = (store: Store, lines: readonly string[], at: number, under = key) =>
  store.restore({ key: under, at }, async function* () {
    yield* lines
  })

/** What is known of the schema itself; a store has it from the beginning. */
const isOfSchema = (table: string): boolean => table.startsWith('kysely') || table === 'schema_floor'

/** What stands in each table, by a way of its own. Leases end with a restore, and the restore itself is written down. */
const contentsOf = async (opened: TestStore): Promise<Readonly<Record<string, unknown>>> => {
  const contents: Record<string, unknown> = {}
  for (const table of await tablesOf(opened)) {
    if (isOfSchema(table) || table === 'restore') continue
    const row = `to_jsonb(t) - 'lease_token' - 'leased_until'`
    const [one] = await opened.rows(`
      select count(*)::int as rows, encode(sha256(convert_to(string_agg((${row})::text, ',' order by (${row})::text collate "C"), 'UTF8')), 'hex') as hash
      from "${table}" t`)
    contents[table] = one
  }
  return contents
}

describe.each<[Engine, Engine]>([
  ['pglite', 'postgres'],
  ['postgres', 'pglite'],
])('a store on %s that is restored on %s', (from, to) => {
  describe.skipIf(!hasEngine(from) || !hasEngine(to))('from its backup', () => {
    let before: TestGateway
    let after: TestGateway
    let restored: TestStore
    let lines: string[]
    let leases: Awaited<ReturnType<typeof claim>>[]
    const claim = (gateway: TestGateway) =>
      gateway.opened.store.transaction(async (tx) => {
        const { now } = gateway.clock
        return tx.leases.claim({ endpoints: ['team-webhook'], now, until: now + 30_000, most: 10 })
      })

    beforeAll(async () => {
      before = await startTestGateway(from)
      await fillStore(before)
      before.clock.now += 60_000
      leases = [await claim(before)]
      lines = await backupOf(before.opened.store, before.clock.now)
      // What a worker leases after the backup has a token the backup does not know.
      before.clock.now += 31_000
      leases.push(await claim(before))
      restored = await openTestStore(to)
      await restoreInto(restored.store, lines, before.clock.now)
      after = await startTestGateway(to, undefined, { opened: restored, seed: 'after' })
      after.clock.now = before.clock.now
    })
    afterAll(async () => {
      await before?.close()
      await restored?.close()
    })

    it('holds the same in every table, none of which is empty', async () => {
      const counts = await countRows(before.opened)
      expect(Object.entries(counts).filter(([table, many]) => many === 0 && !isOfSchema(table))).toEqual([])
      expect(Object.keys(counts).length).toBeGreaterThan(20)
      expect(await contentsOf(restored)).toEqual(await contentsOf(before.opened))
    })

    it('lets no worker of before settle anything', async () => {
      const held = leases.flat()
      expect(held.length).toBeGreaterThan(1)
      // As many claims as were made after the backup: counting on from it would give the same token again.
      expect((await claim(after)).length).toBeGreaterThan(0)
      const kept = await restored.store.transaction((tx) => tx.leases.keep(held, after.clock.now + 30_000))
      expect(kept.map(({ state }) => state)).toEqual(held.map(() => 'lost'))
      const [mail] = await restored.rows('select lease_token > 7 as beyond, leased_until from mail_notice')
      expect(mail).toEqual({ beyond: true, leased_until: null })
      after.clock.now += 31_000
    })

    it('sends what was under way again, under the same id and with the same bytes, and then what waited', async () => {
      const sent = before.received.map(({ id, raw }) => ({ id, raw }))
      await after.drain()
      const [again, next, ...more] = after.received.map(({ id, raw }) => ({ id, raw }))
      expect(sent).toContainEqual(again)
      expect(sent.map(({ id }) => id)).not.toContain(next?.id)
      expect(more).toEqual([])
      expect(after.faults).toEqual([])
    })

    it('takes in what comes next', async () => {
      const posted = await after.call('hospital', 'POST', '/fhir', anotherReferral())
      expect(posted.status, JSON.stringify(posted.body)).toBe(200)
      expect(after.faults).toEqual([])
      await sealAudit(after.exchange)
      expect(await verifyAudit(after.exchange)).toMatchObject({ tampering: undefined, head: { number: 2 } })
      const [row] = await restored.rows(
        'select count(*)::int as many, count(distinct seq)::int as different from audit_event',
      )
      expect(row?.['many']).toBe(row?.['different'])
      await after.drain()
      expect(after.received.length).toBeGreaterThan(2)
    })

    it('is held until it is released', async () => {
      const unreleased = () => restored.store.transaction((tx) => tx.restores.unreleased())
      expect(await unreleased()).toMatchObject({ restoredAt: before.clock.now })
      await restored.store.transaction((tx) => tx.restores.release(after.clock.now))
      expect(await unreleased()).toBeUndefined()
    })

    it('is refused where there is something already', async () => {
      const target = await openTestStore(to)
      await target.rows(`insert into used_jti values ('a', 'b', 1)`)
      await expect(restoreInto(target.store, lines, 1)).rejects.toMatchObject({ code: 'store-not-empty' })
      await target.close()
    })

    it.runIf(to === 'postgres')('is refused while a gateway has the store open', async () => {
      const target = await openTestStore(to)
      const other = await openPostgres({ url: target.url, connections: 1 })
      await expect(restoreInto(target.store, lines, 1)).rejects.toMatchObject({ code: 'store-in-use' })
      await other.close()
      await restoreInto(target.store, lines, 1)
      await target.close()
    })

    it('is refused, with nothing left behind, when a byte of the backup is not as it was', async () => {
      const target = await openTestStore(to)
      const index = lines.findIndex((line) => line.startsWith('["consent"'))
      const row = lines[index] ?? ''
      const changed = (line: string): string[] => lines.with(index, line)
      const header = JSON.parse(lines[0] ?? '')
      const [rows, last] = [lines.slice(0, -1), lines.at(-1) ?? '']
      const manifest = JSON.parse(last)
      const damages: Readonly<Record<string, [readonly string[], RegExp]>> = {
        empty: [[], /not a backup/],
        'something else': [['{}'], /not a backup/],
        'cut off': [rows, /cut off/],
        'cut off within its last line': [[...rows, last.slice(0, -3)], /cut off/],
        'without a row': [lines.toSpliced(index, 1), /`consent` has \d+ rows instead of/],
        'with a row twice': [lines.toSpliced(index, 0, row), /`consent` has/],
        'with a changed row': [changed(row.replace('active', 'Active')), /`consent` was altered/],
        'with a row that is no row': [changed('x'), /no row/],
        'of another schema': [lines.with(0, JSON.stringify({ ...header, schema: '0001-first' })), /`0001-first`/],
        'of another time': [lines.with(0, JSON.stringify({ ...header, takenAt: 1 })), /manifest was altered/],
        'with another manifest': [
          [...rows, JSON.stringify({ ...manifest, tables: { ...manifest.tables, consent: { rows: 0 } } })],
          /manifest was altered/,
        ],
      }
      for (const [what, [damaged, message]] of Object.entries(damages)) {
        const refusal = restoreInto(target.store, damaged, 1)
        await expect(refusal, what).rejects.toMatchObject({ code: 'backup-refused', message })
      }
      const other = restoreInto(target.store, lines, 1, new Uint8Array(32).fill(8))
      await expect(other).rejects.toMatchObject({ code: 'backup-refused', message: /another pseudonym key/ })
      const left = Object.entries(await countRows(target))
      expect(left.filter(([table, many]) => many > 0 && !isOfSchema(table))).toEqual([])
      await target.close()
    })
  })
})
