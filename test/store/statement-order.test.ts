import { CompiledQuery, type QueryResult } from 'kysely'
import { expect, it } from 'vitest'
import { gatherInserts } from '../../src/store/gather-inserts.ts'
import { insertOf, insertRows } from '../../src/store/insert-rows.ts'
import { boundBuilder } from '../../src/store/bound-builder.ts'
import { tables } from '../../src/store/tables.ts'

const sent = () => {
  const texts: string[] = []
  const { execute, flush } = gatherInserts(async <R>({ sql }: CompiledQuery): Promise<QueryResult<R>> => {
    texts.push(sql)
    return { rows: [] }
  })
  return { texts, execute, flush, db: boundBuilder(execute) }
}
const member = { into: tables.careTeamMember, rows: [{ care_team_id: 'a' }] }
const insert = insertOf([member]).sql

it('sends a lock and the reading asked for with it in that order, also behind inserts that were held back', async () => {
  const { texts, execute, db } = sent()
  await insertRows(db, member)
  expect(texts).toEqual([])
  await Promise.all([execute(CompiledQuery.raw('lock')), execute(CompiledQuery.raw('read'))])
  expect(texts).toEqual([insert, 'lock', 'read'])
})
