import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { runRelay } from '../../src/relay/run-relay.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import type { Store } from '../../src/store/store.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties } from '../support/gateway.ts'
import { hasEngine, openTestStore, type TestStore } from '../support/stores.ts'

/** Sends what a transaction wrote, and waits before it commits. */
const lingering =
  (pause: () => Promise<void>) =>
  (store: Store): Store => ({
    ...store,
    transaction: (work, keeps) =>
      store.transaction(async (tx) => {
        const result = await work(tx)
        await tx.clients.linksOfParty('nobody', [randomUUID()])
        await pause()
        return result
      }, keeps),
  })

describe.skipIf(!hasEngine('postgres'))('two gateways that are told the same at once, with little to do', () => {
  let opened: TestStore
  let second: Store
  beforeAll(async () => {
    opened = await openTestStore('postgres')
    second = await openPostgres({ url: opened.url, connections: 4 })
  })
  afterAll(async () => {
    await second.close()
    await opened.close()
  })

  it('take it in once: whoever was second looks again, and nothing is reported as broken', async () => {
    const reached = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    let pause = async (): Promise<void> => {}
    const one = await startTestGateway('postgres', testParties(), {
      opened,
      seed: 'one',
      wrap: lingering(() => pause()),
    })
    const other = await startTestGateway('postgres', testParties(), {
      opened: { ...opened, store: second },
      seed: 'other',
    })
    const client = await enrol(other, testStory('same', hetu(3)))
    const running = runRelay(other.relay)
    const message = medicationMessage(testStory('same'), client.patient, 'same')
    const condition = { 'if-none-exist': 'identifier=urn:demo:hospital:messages|same-same' }
    const post = (gateway: typeof one) => gateway.call('hospital', 'POST', '/fhir/Communication', message, condition)
    try {
      pause = async () => {
        reached.resolve()
        await over.promise
      }
      const first = post(one)
      await reached.promise
      const late = post(other)
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      await vi.waitFor(async () => expect((await opened.rows(waiting)).length).toBe(1))
      over.resolve()
      const answers = await Promise.all([first, late])
      expect(answers.map(({ status }) => status)).toEqual([201, 200])
      expect(answers[1]?.body.id).toBe(answers[0]?.body.id)
      expect([...one.faults, ...other.faults]).toEqual([])
    } finally {
      over.resolve()
      await running.stop()
    }
  })
})
