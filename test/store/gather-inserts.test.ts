import { CompiledQuery } from 'kysely'
import { expect, it } from 'vitest'
import { type Execute, gatherInserts } from '../../src/store/gather-inserts.ts'
import { insertRows } from '../../src/store/insert-rows.ts'
import { boundBuilder } from '../../src/store/bound-builder.ts'
import { tables } from '../../src/store/tables.ts'

it('keeps statements in the order in which they were asked for, also behind gathered rows', async () => {
  const sent: string[] = []
  const execute: Execute = async ({ sql }) => {
    sent.push(sql.slice(0, 11))
    await Promise.resolve()
    return { rows: [] }
  }
  const gathering = gatherInserts(execute)
  const db = boundBuilder((query) => gathering.execute(query))
  await insertRows(db, { into: tables.clientIdentifier, rows: [{ key: 'k', client_id: 'c' }] })
  // A lock, and what is to be read under it.
  await Promise.all(['select lock', 'select read'].map((text) => db.executeQuery(CompiledQuery.raw(text))))
  await gathering.flush()
  expect(sent).toEqual(['insert into', 'select lock', 'select read'])
})
