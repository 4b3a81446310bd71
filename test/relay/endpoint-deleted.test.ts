import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import type { Delivery } from '../../src/relay/channel.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describeEachEngine('an endpoint that is deleted while something is being sent to it', (engine) => {
  const story = testStory('deleted', hetu(1))
  let gateway: TestGateway
  let without: TestGateway
  let sending: { readonly reached: Promise<void>; answer(delivery: Delivery): void; readonly done: Promise<unknown> }
  beforeEach(async () => {
    gateway = await startTestGateway(engine)
    const parties = testParties().map((party) => ({
      ...party,
      endpoints: party.endpoints.filter(({ id }) => id !== 'team-webhook'),
    }))
    without = await startTestGateway(engine, parties, { opened: gateway.opened, seed: 'without' })
    const { patient } = await enrol(gateway, story)
    await gateway.drain()
    gateway.received.length = 0
    for (const name of ['under way', 'behind it']) {
      const message = medicationMessage(story, patient, name)
      expect((await gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
    }
    const [reached, delivery] = [Promise.withResolvers<void>(), Promise.withResolvers<Delivery>()]
    gateway.answer = () => {
      reached.resolve()
      return delivery.promise
    }
    sending = { reached: reached.promise, answer: delivery.resolve, done: gateway.drain() }
    await sending.reached
  })
  afterEach(async () => {
    expect([...gateway.faults, ...without.faults]).toEqual([])
    await gateway.close()
  })

  const states = async (): Promise<readonly unknown[]> =>
    (
      await gateway.opened
        .rows(`select state from disclosure where endpoint = 'team-webhook' and category = 'medication'
        order by position`)
    ).map(({ state }) => state)

  it('gets nothing from a process that does not know it, and the answer that comes is kept', async () => {
    without.clock.now = gateway.clock.now + 86_400_000
    await without.drain()
    expect([without.received, await states()]).toEqual([[], ['sending', 'queued']])
    gateway.answer = () => ({ outcome: 'delivered' })
    sending.answer({ outcome: 'delivered' })
    await sending.done
    expect(await states()).toEqual(['delivered', 'delivered'])
  })

  it('gets what failed, as it was and before what came after it, when it is there again', async () => {
    gateway.answer = () => ({ outcome: 'delivered' })
    sending.answer({ outcome: 'failed', why: 'http-500', retryAfterMs: undefined })
    await sending.done
    without.clock.now = gateway.clock.now + 86_400_000
    await without.drain()
    expect([without.received, await states()]).toEqual([[], ['queued', 'queued']])
    gateway.clock.now += 10_000
    await gateway.drain()
    expect(await states()).toEqual(['delivered', 'delivered'])
    const [first, again, next] = gateway.received
    expect(again).toEqual(first)
    expect(next?.id).not.toBe(first?.id)
  })
})
