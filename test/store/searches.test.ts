import { afterAll, beforeAll, expect, it } from 'vitest'
import { boundBuilder } from '../../src/store/bound-builder.ts'
import { type Searches, searches } from '../../src/store/queries/searches.ts'
import { describeEachEngine, openTestStore, type TestStore } from '../support/stores.ts'

const uuid = (n: number): string => `${n.toString(16).padStart(8, '0')}-0000-7000-8000-000000000000`
const FIRST = uuid(0)

describeEachEngine('what a search walks through', (engine) => {
  let opened: TestStore
  /** 30 of one party's own among 6,000 of another's, for the same clients, in the same minutes. */
  beforeAll(async () => {
    opened = await openTestStore(engine)
    await opened.rows(
      `insert into client (id, created_at) select ('cccccccc-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 0
       from generate_series(0, 9) i`,
    )
    await opened.rows(
      `insert into resource (id, type, party, client_id, version, updated_at, payload)
       select (lpad(to_hex(i), 8, '0') || '-0000-7000-8000-000000000000')::uuid, 'Task',
         case when i % 201 = 0 then 'small' else 'large' end,
         ('cccccccc-0000-7000-8000-' || lpad(to_hex(i % 10), 12, '0'))::uuid, 1, i, '\\x7b7d'
       from generate_series(1, 6030) i`,
    )
    await opened.rows(
      `insert into disclosure (id, kind, sender, recipient, client_id, state, basis, created_at, sent_at)
       select id, 'update', 'x', party, client_id, 'delivered', '[]', updated_at, updated_at from resource`,
    )
    await opened.rows(
      `insert into referral (service_request_id, task_id, client_id, sender, performer, live)
       select id, id, client_id, 'x', party, true from resource`,
    )
    await opened.rows('analyze')
  })
  afterAll(() => opened.close())

  const small = {
    party: 'small',
    keys: undefined,
    ids: undefined,
    clientIds: undefined,
    from: undefined,
    until: undefined,
    after: FIRST,
    most: 100,
  }
  const client = 'cccccccc-0000-7000-8000-000000000001'

  /** Runs a search and counts the rows that its statement met, taken or not, as the engine explains it. */
  const met = async (ask: (searches: Searches) => Promise<readonly unknown[]>) => {
    let rows = 0
    const db = boundBuilder(async ({ sql, parameters }) => {
      const [explained] = await opened.rows(`explain (analyze, format json) ${sql}`, parameters)
      const plan = explained?.['QUERY PLAN']
      rows += rowsMet((typeof plan === 'string' ? JSON.parse(plan) : plan)[0].Plan)
      return { rows: (await opened.rows(sql, parameters)) as never[] }
    })
    return { found: (await ask(searches(db))).length, rows }
  }
  it.each([
    // Ids are looked up first and their rows then: each row twice at most.
    ['own', (to: Searches) => to.own('Task', small), 30, 30],
    ['a page of own', (to: Searches) => to.own('Task', { ...small, most: 5 }), 5, 5],
    ['own changed lately', (to: Searches) => to.own('Task', { ...small, from: 5000 }), 6, 36],
    ['own of one client', (to: Searches) => to.own('Task', { ...small, clientIds: [client] }), 3, 33],
    ['own by id', (to: Searches) => to.own('Task', { ...small, ids: [uuid(201), uuid(200)] }), 1, 32],
    ['told', (to: Searches) => to.told(small), 30, 30],
    ['told lately', (to: Searches) => to.told({ ...small, from: 5000 }), 6, 30],
    ['asked', (to: Searches) => to.asked(small), 30, 30],
  ])('is the party’s own alone: %s', async (_, ask, many, most) => {
    const { found, rows } = await met(ask)
    expect(found).toBe(many)
    expect(rows).toBeGreaterThanOrEqual(many)
    expect(rows).toBeLessThanOrEqual(most)
  })
})

type Plan = {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly Plan[]
}

const rowsMet = (plan: Plan): number => {
  const removed = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0)
  const isScan = plan['Node Type'].endsWith('Scan') && plan['Node Type'] !== 'CTE Scan'
  const own = isScan ? (plan['Actual Rows'] + removed) * plan['Actual Loops'] : 0
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsMet(child), own)
}
