import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { change, enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const LEASE_MS = 30_000

/** What happens to a worker between having written SENDING and sending; once. */
let asleep: (() => Promise<void>) | undefined

const sleepy = (store: Store): Store => ({
  ...store,
  transaction: async (work, keeps) => {
    let started = false
    const result = await store.transaction((tx) => {
      const start: typeof tx.sendings.start = (all) => {
        started ||= all.length > 0
        return tx.sendings.start(all)
      }
      return work({ ...tx, sendings: { ...tx.sendings, start } })
    }, keeps)
    const nap = started ? asleep : undefined
    if (nap !== undefined) asleep = undefined
    await nap?.()
    return result
  },
})

describeEachEngine('a worker that was asleep before it sent', (engine) => {
  let gateway: TestGateway
  beforeEach(async () => {
    gateway = await startTestGateway(engine, testParties(), { wrap: sleepy })
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  it('sends nothing once its lease is over; it goes out at the next try, as if it had never been started', async () => {
    await enrol(gateway, testStory('asleep', hetu(1)))
    asleep = async () => void (gateway.clock.now += LEASE_MS)
    await gateway.drain()
    expect(gateway.received).toEqual([])
    gateway.clock.now += 6000
    await gateway.drain()
    expect(gateway.received.length).toBe(2)
    const rows = await gateway.opened.rows(
      `select state, attempts, maybe_received, delivery_number from disclosure where channel = 'webhook' order by position`,
    )
    expect(rows).toMatchObject([
      { state: 'delivered', attempts: 2, maybe_received: false, delivery_number: 1 },
      { state: 'delivered', attempts: 1, maybe_received: false, delivery_number: 2 },
    ])
  })

  it('does not send what was withdrawn while it slept', async () => {
    const client = await enrol(gateway, testStory('asleep', hetu(2)))
    asleep = async () => {
      gateway.clock.now += LEASE_MS
      const withdrawn = await change(gateway, 'hospital', client.consent, (consent) => (consent.status = 'inactive'))
      expect(withdrawn.status).toBe(200)
    }
    await gateway.drain()
    gateway.clock.now += 6000
    await gateway.drain()
    // A notice says nothing about the client.
    const told = gateway.received.filter(({ body }) => !body.meta.profile[0].endsWith('/notice'))
    expect(told).toEqual([])
    const rows = await gateway.opened.rows(`select state from disclosure where kind = 'update' and channel = 'webhook'`)
    expect(rows).toEqual([{ state: 'withheld' }, { state: 'withheld' }])
  })

  it('still sends when it woke in time', async () => {
    await enrol(gateway, testStory('asleep', hetu(3)))
    asleep = async () => void (gateway.clock.now += LEASE_MS - 1)
    await gateway.drain()
    expect(gateway.received.length).toBe(2)
  })
})
