import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const HOUR = 3_600_000

describeEachEngine('a clock that jumps back an hour', (engine) => {
  let gateway: TestGateway
  let [one, other]: Enrolled[] = []
  beforeEach(async () => {
    gateway = await startTestGateway(engine)
    one = await enrol(gateway, testStory('jump-1', hetu(1)))
    other = await enrol(gateway, testStory('jump-2', hetu(2)))
    await gateway.drain()
    gateway.received.length = 0
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  const tell = async (about: Enrolled | undefined, name: string): Promise<void> => {
    const message = medicationMessage(testStory(`${name}-run`), about?.patient ?? '', name)
    expect((await gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
  }
  const open = () => gateway.opened.rows(`select 1 from disclosure where channel = 'webhook' and state <> 'delivered'`)

  it('lets what is new arrive at once, and what waits arrive when its time has come, as it was', async () => {
    gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
    await tell(one, 'waits')
    await gateway.drain()
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now -= HOUR
    await tell(other, 'new')
    await gateway.drain()
    expect(gateway.received.length).toBe(2)
    expect(gateway.received[1]?.id).not.toBe(gateway.received[0]?.id)
    gateway.clock.now += HOUR + 10_000
    await gateway.drain()
    expect(gateway.received.length).toBe(3)
    expect(gateway.received[2]).toEqual(gateway.received[0])
    expect(await open()).toEqual([])
  })

  it('keeps the order of a lane, however old the newer item seems to be', async () => {
    gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
    await tell(one, 'first')
    await gateway.drain()
    gateway.clock.now -= HOUR
    await tell(one, 'second')
    gateway.answer = () => ({ outcome: 'delivered' })
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    gateway.clock.now += HOUR + 10_000
    await gateway.drain()
    const ids = gateway.received.map(({ id }) => id)
    expect(ids.length).toBe(3)
    expect([ids[1], ids[2] === ids[0]]).toEqual([ids[0], false])
    expect(await open()).toEqual([])
  })

  it('loses nothing of a process that died before it: its lease ends by the clock', async () => {
    const reached = Promise.withResolvers<void>()
    gateway.answer = () => {
      reached.resolve()
      return new Promise(() => {})
    }
    await tell(one, 'under way')
    // Its worker goes on looking until the store is closed under it.
    gateway.drain().catch(() => undefined)
    await reached.promise
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now -= HOUR
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    gateway.clock.now += HOUR + gateway.relay.leaseMs
    await gateway.drain()
    expect(gateway.received[1]).toEqual(gateway.received[0])
    expect(await open()).toEqual([])
  })
})
