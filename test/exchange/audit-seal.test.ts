import { afterAll, beforeEach, expect, it } from 'vitest'
import { sealAudit } from '../../src/exchange/seal-audit.ts'
import { verifyAudit } from '../../src/exchange/verify-audit.ts'
import type { Store } from '../../src/store/store.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('the audit', (engine) => {
  const opened: TestGateway[] = []
  let gateway: TestGateway
  let rows: readonly { readonly seq: number; readonly id: string }[]
  beforeEach(async () => {
    gateway = await startTestGateway(engine)
    opened.push(gateway)
    await enrol(gateway, testStory('seal', hetu(1)))
    await gateway.drain()
    await sealAudit(gateway.exchange)
    await enrol(gateway, testStory('seal-2', hetu(2)))
    await sealAudit(gateway.exchange)
    rows = (await gateway.opened.rows('select seq, id from audit_event order by seq')) as typeof rows
  })
  afterAll(async () => {
    for (const one of opened) await one.close()
  })

  const verify = (kept?: { readonly number: number; readonly hash: string }) => verifyAudit(gateway.exchange, kept)
  /** As somebody who may alter tables does it. */
  const tamper = async (statement: string, values: readonly unknown[] = []): Promise<void> => {
    const table = statement.includes('audit_seal') ? 'audit_seal' : 'audit_event'
    await gateway.opened.rows(`alter table ${table} disable trigger user`)
    await gateway.opened.rows(statement, values)
    await gateway.opened.rows(`alter table ${table} enable trigger user`)
  }
  const copyAt = (seq: number) =>
    `insert into audit_event (seq, id, kind, outcome, recorded_at, payload)
     select ${seq}, '00000000-0000-4000-8000-000000000001', kind, outcome, recorded_at, payload from audit_event where seq = $1`

  it('is what it was when it was sealed, row by row', async () => {
    expect(rows.length).toBeGreaterThan(6)
    const verified = await verify()
    expect(verified).toMatchObject({
      tampering: undefined,
      head: { number: 2 },
      sealedRows: rows.length,
      unsealedRows: 0,
    })
    await gateway.drain()
    const later = await verify(verified.head)
    expect(later.tampering).toBeUndefined()
    expect(later.unsealedRows).toBeGreaterThan(0)
    await sealAudit(gateway.exchange)
    expect(await verify(verified.head)).toMatchObject({ tampering: undefined, head: { number: 3 }, unsealedRows: 0 })
  })

  it('is not changed by mistake', async () => {
    for (const table of ['audit_event', 'audit_seal']) {
      for (const mistake of [`delete from ${table}`, `truncate ${table}`]) {
        await expect(gateway.opened.rows(mistake)).rejects.toThrow(/never changed/)
      }
    }
    await expect(gateway.opened.rows(`update audit_event set outcome = 'permit'`)).rejects.toThrow(/never changed/)
  })

  it.each(['id', 'client_id', 'disclosure_id', 'kind', 'outcome', 'recorded_at', 'payload'])(
    'names a row whose %s was altered',
    async (column) => {
      const other: Readonly<Record<string, string>> = {
        kind: `'x'`,
        outcome: `'x'`,
        recorded_at: 'recorded_at + 1',
        payload: `payload || '\\x20'::bytea`,
      }
      const changed = other[column] ?? `'00000000-0000-4000-8000-000000000001'`
      await tamper(`update audit_event set ${column} = ${changed} where seq = $1`, [rows[2]?.seq])
      const what = column === 'id' ? 'inserted' : 'altered'
      const id = column === 'id' ? '00000000-0000-4000-8000-000000000001' : rows[2]?.id
      expect((await verify()).tampering).toEqual({ what, seal: 1, id })
    },
  )

  it('names a row that is gone, wherever it stood', async () => {
    for (const [at, seal] of [
      [rows.length - 1, 2],
      [1, 1],
      [0, 1],
    ] as const) {
      await tamper('delete from audit_event where seq = $1', [rows[at]?.seq])
      expect((await verify()).tampering).toEqual({ what: 'missing', seal, id: rows[at]?.id })
    }
  })

  it('names a row that was put in between or in front', async () => {
    const inserted = { what: 'inserted', id: '00000000-0000-4000-8000-000000000001' }
    await tamper('update audit_event set seq = seq + 1000 where seq > $1', [rows.at(-1)?.seq])
    await tamper(copyAt(-5), [rows[0]?.seq])
    expect((await verify()).tampering).toMatchObject({ ...inserted, seal: 1 })
    await tamper('delete from audit_event where seq < 0')
    expect((await verify()).tampering).toBeUndefined()
    // Sequences have gaps where a transaction was rolled back.
    await tamper('delete from audit_event where seq = $1', [rows[3]?.seq])
    await tamper(copyAt(Number(rows[3]?.seq)), [rows[0]?.seq])
    expect((await verify()).tampering).toMatchObject({ ...inserted, seal: 1 })
  })

  it('names rows that have changed places', async () => {
    const [first, second] = [rows[1], rows[2]]
    await tamper('update audit_event set seq = -1 where id = $1', [first?.id])
    await tamper('update audit_event set seq = $1 where id = $2', [first?.seq, second?.id])
    await tamper('update audit_event set seq = $1 where id = $2', [second?.seq, first?.id])
    expect((await verify()).tampering).toEqual({ what: 'altered', seal: 1, id: first?.id })
  })

  it('names a seal that was altered or is gone; the last ones only to who has kept one elsewhere', async () => {
    const { head } = await verify()
    await tamper(`update audit_seal set sealed_at = sealed_at + 1 where number = 1`)
    expect((await verify()).tampering).toEqual({ what: 'seal-altered', seal: 1, id: undefined })
    await tamper(`update audit_seal set sealed_at = sealed_at - 1 where number = 1`)
    await tamper('delete from audit_seal where number = 2')
    expect((await verify()).tampering).toBeUndefined()
    expect((await verify(head)).tampering).toEqual({ what: 'seal-missing', seal: 2, id: undefined })
    // Sealed anew over other rows.
    await tamper('delete from audit_event where seq = $1', [rows.at(-1)?.seq])
    await sealAudit(gateway.exchange)
    expect((await verify()).tampering).toBeUndefined()
    expect((await verify(head)).tampering).toEqual({ what: 'seal-altered', seal: 2, id: undefined })
    await tamper('delete from audit_seal where number = 1')
    expect((await verify()).tampering).toEqual({ what: 'seal-missing', seal: 1, id: undefined })
  })

  it('is sealed once when two processes seal at once, and leaves out what is still being written', async () => {
    await enrol(gateway, testStory('seal-3', hetu(3)))
    let [transactions, attempts, readers] = [0, 0, 0]
    const bothHaveRead = Promise.withResolvers<void>()
    if (engine === 'pglite') bothHaveRead.resolve()
    const together: Store['transaction'] = (work, keeps) => {
      transactions += 1
      return gateway.opened.store.transaction((tx) => {
        attempts += 1
        const rows: typeof tx.auditTrail.rows = async (range) => {
          const found = await tx.auditTrail.rows(range)
          readers += 1
          if (readers === 2) bothHaveRead.resolve()
          await bothHaveRead.promise
          return found
        }
        return work({ ...tx, auditTrail: { ...tx.auditTrail, rows } })
      }, keeps)
    }
    const exchange = { ...gateway.exchange, store: { ...gateway.opened.store, transaction: together } }
    const seals = await Promise.all([sealAudit(exchange), sealAudit(exchange)])
    expect(seals.filter((seal) => seal !== undefined).length).toBe(1)
    // Neither fails and starts over: of many who do so again and again, one would give up.
    expect(attempts).toBe(transactions)
    expect(await verify()).toMatchObject({ tampering: undefined, head: { number: 3 }, unsealedRows: 0 })
    const { store } = gateway.opened
    const [drawn, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const slow = store.transaction(async (tx) => {
      await tx.audit([entryOf('00000000-0000-4000-8000-00000000000a')])
      // Written when the next statement has to see it.
      await tx.auditTrail.countAfter(0)
      drawn.resolve()
      await goOn.promise
    })
    await drawn.promise
    const quick = store.transaction((tx) => tx.audit([entryOf('00000000-0000-4000-8000-00000000000b')]))
    if (engine === 'postgres') await quick
    const meanwhile = sealAudit(gateway.exchange)
    if (engine === 'postgres') expect(await meanwhile).toBeUndefined()
    goOn.resolve()
    await Promise.all([slow, quick, meanwhile])
    await sealAudit(gateway.exchange)
    expect(await verify()).toMatchObject({ tampering: undefined, unsealedRows: 0 })
  })
})

const entryOf = (id: string) => ({
  id,
  client: undefined,
  disclosure: undefined,
  kind: 'operation' as const,
  outcome: 'paused',
  recordedAt: 1,
  event: { resourceType: 'AuditEvent' as const },
})
