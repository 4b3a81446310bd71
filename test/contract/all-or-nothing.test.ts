import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { medicationChange, referralBundle } from '../../demo/story-resources.ts'
import type { Store, Transaction } from '../../src/store/store.ts'
import { countRows, tablesWith } from '../support/database.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

/** A store that fails at one numbered call, before or after the call has done its work. */
const crashing = () => {
  const plan = { at: Infinity, calls: 0, after: false }
  const step = async <T>(call: () => Promise<T>): Promise<T> => {
    plan.calls += 1
    const now = plan.calls === plan.at
    if (now && !plan.after) throw new Error('crashed on purpose')
    const result = await call()
    if (now) throw new Error('crashed on purpose')
    return result
  }
  const guard = (room: object): object =>
    Object.fromEntries(
      Object.entries(room).map(([name, method]) => [
        name,
        (...values: unknown[]) => step(() => (method as (...all: unknown[]) => Promise<unknown>)(...values)),
      ]),
    )
  const wrap = (store: Store): Store => ({
    ...store,
    transaction: (work, keeps) =>
      store.transaction((tx) => {
        const rooms = Object.entries(tx).map(([name, room]) => [
          name,
          typeof room === 'function'
            ? (...values: unknown[]) => step(() => (room as (...all: unknown[]) => Promise<unknown>)(...values))
            : guard(room as object),
        ])
        return work(Object.fromEntries(rooms) as Transaction)
      }, keeps),
  })
  return { plan, wrap }
}

describeEachEngine('a gateway that dies half-way', (engine) => {
  const { plan, wrap } = crashing()
  let gateway: TestGateway
  let client: Enrolled
  let consent: Record<string, unknown>
  const story = testStory('crash', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine, undefined, { wrap })
    client = await enrol(gateway, story)
    await gateway.drain()
    consent = (await gateway.call('hospital', 'GET', `/fhir/${client.consent}`)).body
  })
  afterEach(() => {
    plan.at = Infinity
    gateway.faults.length = 0
  })
  afterAll(() => gateway.close())

  /** Runs something with a crash at every call it makes to the store; gives up the crash once it got through. */
  const atEveryCall = async (run: () => Promise<boolean>, check: () => Promise<void>): Promise<number> => {
    for (let at = 1; ; at += 1) {
      for (const after of [false, true]) {
        Object.assign(plan, { at, calls: 0, after })
        const through = await run()
        plan.at = Infinity
        if (through) return at
        await check()
      }
    }
  }

  it.each<[string, () => Promise<number>]>([
    [
      'a referral',
      async () => (await gateway.call('hospital', 'POST', '/fhir', referralBundle(testStory('new', hetu(2))))).status,
    ],
    [
      'a medication change',
      async () => (await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, client.patient))).status,
    ],
    [
      'a withdrawal',
      async () =>
        (
          await gateway.call(
            'hospital',
            'PUT',
            `/fhir/${client.consent}`,
            { ...consent, status: 'inactive' },
            { 'if-match': 'W/"1"' },
          )
        ).status,
    ],
  ])(
    'stores nothing of %s, whatever the call at which it dies, and all of it when it is sent again',
    async (_what, send) => {
      const before = await countRows(gateway.opened)
      const points = await atEveryCall(
        async () => (await send()) === 200,
        async () => expect(await countRows(gateway.opened)).toEqual(before),
      )
      expect(points).toBeGreaterThan(5)
      expect(await countRows(gateway.opened)).not.toEqual(before)
    },
  )

  it('shows no content of what it refused when it dies while recording the refusal', async () => {
    const points = await atEveryCall(
      async () => {
        const answer = await gateway.call(
          'hospital',
          'POST',
          '/fhir',
          medicationChange(story, client.patient, 'refused'),
        )
        expect([403, 500]).toContain(answer.status)
        return answer.status === 403
      },
      async () => expect(await tablesWith(gateway.opened, 'medication-order-refused')).toEqual([]),
    )
    expect(points).toBeGreaterThan(5)
  })

  it('delivers every item at least once, each with its audit, whatever the call at which the relay dies', async () => {
    const other = await enrol(gateway, testStory('relay-crash', hetu(3)))
    for (let point = 1; point <= 40; point += 1) {
      const message = medicationChange(testStory(`p${point}`), other.patient, `p${point}`)
      expect((await gateway.call('hospital', 'POST', '/fhir', message)).status).toBe(200)
      Object.assign(plan, { at: point, calls: 0, after: point % 2 === 0 })
      await gateway.drain()
      plan.at = Infinity
      // The lease of the dead worker runs out.
      gateway.clock.now += 31_000
      await gateway.drain()
    }
    const [row] = await gateway.opened.rows(`
      select
        (select count(*)::int from disclosure where channel = 'webhook' and kind = 'update' and state not in ('delivered', 'withheld')) as left_over,
        (select count(*)::int from disclosure d where channel = 'webhook' and state = 'delivered' and attempts >
          (select count(*) from audit_event a where a.disclosure_id = d.id and a.outcome = 'sending')) as unaudited,
        (select count(*)::int from disclosure d where state = 'delivered' and channel = 'webhook' and not exists
          (select from audit_event a where a.disclosure_id = d.id and a.outcome = 'delivered')) as unsettled`)
    expect(row).toEqual({ left_over: 0, unaudited: 0, unsettled: 0 })
    const sent = new Map<string, string>()
    for (const { id, raw } of gateway.received) {
      expect(sent.get(id) ?? raw).toBe(raw)
      sent.set(id, raw)
    }
    const numbers = await gateway.opened.rows(
      `select client_id, array_agg(delivery_number order by position)::text as numbers from disclosure
       where channel = 'webhook' and state = 'delivered' group by client_id`,
    )
    for (const { numbers: list } of numbers) {
      const found = String(list).slice(1, -1).split(',').map(Number)
      expect(found).toEqual(found.map((_, index) => index + 1))
    }
  })
})
