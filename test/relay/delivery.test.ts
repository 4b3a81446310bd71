import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { medicationChange } from '../../demo/story-resources.ts'
import { change, enrol, hetu, testStory } from '../support/enrol.ts'
import { type Received, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const HOUR = 3_600_000

describeEachEngine('content that stands in frozen bytes', (engine) => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const codes = (all: readonly Received[]) => all.map(({ body }) => body.category[0].coding[0].code)

  it('is never sent again when less may be told; what may be told goes out under a new id', async () => {
    const story = testStory('frozen', hetu(1))
    const permits = ['identity', 'referral', 'medication.effect', 'medication.change']
    const { patient, consent } = await enrol(gateway, story, permits)
    await gateway.drain()
    gateway.received.length = 0
    gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, patient))
    await gateway.drain()
    const [first] = gateway.received.splice(0)
    const less = await change(gateway, 'hospital', consent, ({ provision }) => {
      provision.provision = provision.provision.filter((one: any) => one.code[0].coding[0].code !== 'medication.effect')
    })
    expect(less.status).toBe(200)
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += HOUR
    await gateway.drain()
    await gateway.drain()
    const again = gateway.received.filter((one) => codes([one])[0].startsWith('medication'))
    expect(codes(again)).toEqual(['medication.change'])
    expect(again[0]?.id).not.toBe(first?.id)
    expect(first?.raw).toContain('tiredness')
    expect(again[0]?.raw).not.toContain('tiredness')
  })
})
