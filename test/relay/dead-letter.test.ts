import { afterEach, beforeEach, expect, it } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('a dead letter', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('dead', hetu(1))
  beforeEach(async () => {
    gateway = await startTestGateway(engine, testParties())
    client = await enrol(gateway, story, ['identity', 'referral', 'medication.effect', 'benefit.period'])
    await gateway.drain()
    const message = medicationMessage(story, client.patient, 'dead')
    expect((await gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
    gateway.answer = () => ({ outcome: 'failed', why: 'http-422', retryAfterMs: undefined, blames: 'item' })
    for (let attempt = 1; attempt <= 11; attempt += 1) {
      await gateway.drain()
      gateway.clock.now += 200_000_000
    }
    gateway.answer = () => ({ outcome: 'delivered' })
    expect(await states()).toEqual(['medication dead'])
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  const states = async () =>
    (
      await gateway.opened.rows(
        `select coalesce(category, kind) as what, state from disclosure
         where channel = 'webhook' and coalesce(category, '') not in ('identity', 'referral') order by position`,
      )
    ).map(({ what, state }) => `${what} ${state}`)
  const withdraw = (category: string) =>
    change(gateway, 'hospital', client.consent, ({ provision }) => {
      provision.provision = provision.provision.filter((one: any) => !one.code[0].coding[0].code.startsWith(category))
    })

  it('ends with the consent it rested on, and does not stand before the notice of that', async () => {
    expect((await withdraw('medication')).status).toBe(200)
    await gateway.drain()
    expect(await states()).toEqual(['medication withheld', 'notice delivered'])
  })

  it('waits for a person when another part of the consent is withdrawn', async () => {
    expect((await withdraw('benefit')).status).toBe(200)
    await gateway.drain()
    expect(await states()).toEqual(['medication dead', 'notice queued'])
  })
})
