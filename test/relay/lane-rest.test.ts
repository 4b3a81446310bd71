import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { medicationMessage, rehabilitationSupport } from '../../demo/story-resources.ts'
import type { Delivery } from '../../src/relay/channel.ts'
import { runRelay } from '../../src/relay/run-relay.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const LEASE_MS = 30_000
const RETRY_MS = 6000
const noAnswer: Delivery = { outcome: 'unknown', why: 'timeout' }
const failed: Delivery = { outcome: 'failed', why: 'http-500', retryAfterMs: undefined }

describeEachEngine('a lane whose message got no answer', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  let message: any
  const story = testStory('rest', hetu(1))
  beforeEach(async () => {
    gateway = await startTestGateway(engine, testParties())
    client = await enrol(gateway, story, ['identity', 'referral', 'medication.effect', 'benefit.period'])
    await gateway.drain()
    gateway.received.length = 0
    const told = medicationMessage(story, client.patient, 'rest')
    message = (await gateway.call('hospital', 'POST', '/fhir/Communication', told)).body
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  /** Sends what is due; the receiver answers so. */
  const drained = async (answer: Delivery): Promise<void> => {
    gateway.answer = () => answer
    await gateway.drain()
  }
  const withdraw = async (): Promise<void> => {
    const withdrawn = await change(gateway, 'hospital', client.consent, ({ provision }) => {
      provision.provision = provision.provision.filter(
        (one: any) => !one.code[0].coding[0].code.startsWith('medication'),
      )
    })
    expect(withdrawn.status).toBe(200)
  }
  const tellBenefit = async (): Promise<void> => {
    const news = rehabilitationSupport(story, client.patient, '2026-06-30')
    expect((await gateway.call('hospital', 'POST', '/fhir/Observation', news)).status).toBe(201)
  }
  /** What its sender reads about the first message. */
  const said = async (): Promise<string> => {
    const { items } = (await gateway.call('hospital', 'GET', '/api/disclosures?language=en')).body
    return items.find(({ channel, category }: any) => channel === 'webhook' && category === 'medication.effect').text
  }
  const states = async () =>
    (
      await gateway.opened.rows(
        `select coalesce(category, kind) as what, state from disclosure
         where channel = 'webhook' and (category in ('medication', 'benefit') or kind = 'notice') order by position`,
      )
    ).map(({ what, state }) => `${what} ${state}`)

  it('rests until that lease would have ended when its consent is withdrawn: it may arrive yet', async () => {
    await drained(noAnswer)
    const attempted = gateway.received.length
    await withdraw()
    await tellBenefit()
    gateway.clock.now += LEASE_MS - 1
    await drained({ outcome: 'delivered' })
    expect(gateway.received.length).toBe(attempted)
    expect(await states()).toEqual(['medication withheld', 'notice queued', 'benefit queued'])
    expect(await said()).toContain('it is not certain that it arrived')
    gateway.clock.now += 1
    await gateway.drain()
    expect(await states()).toEqual(['medication withheld', 'notice delivered', 'benefit delivered'])
    expect(gateway.received.length).toBe(attempted + 2)
  })

  it('goes on at once when the receiver has answered, if only with an error', async () => {
    await drained(failed)
    await withdraw()
    await drained({ outcome: 'delivered' })
    expect(await states()).toEqual(['medication withheld', 'notice delivered'])
  })

  it('rests as well when the withdrawal came while it was under way, and the decision on its retry ends it', async () => {
    gateway.answer = async () => {
      gateway.answer = () => noAnswer
      await withdraw()
      return noAnswer
    }
    await gateway.drain()
    gateway.clock.now += RETRY_MS
    await drained({ outcome: 'delivered' })
    expect(await states()).toEqual(['medication withheld', 'notice queued'])
    gateway.clock.now += LEASE_MS - RETRY_MS
    await gateway.drain()
    expect(await states()).toEqual(['medication withheld', 'notice delivered'])
  })

  it('does not forget it over an answer to a later attempt', async () => {
    await drained(noAnswer)
    gateway.clock.now += RETRY_MS
    await drained(failed)
    await withdraw()
    await drained({ outcome: 'delivered' })
    expect(await states()).toEqual(['medication withheld', 'notice queued'])
  })

  it('sends a retraction after what is retracted', async () => {
    await drained(noAnswer)
    const retracted = await change(
      gateway,
      'hospital',
      `Communication/${message.id}`,
      (one) => (one.status = 'entered-in-error'),
    )
    expect(retracted.status).toBe(200)
    await drained({ outcome: 'delivered' })
    expect((await states())[0]).toBe('medication superseded')
    expect(await said()).toContain('it is not certain that it arrived')
    expect(gateway.received.length).toBe(1)
    gateway.clock.now += LEASE_MS
    await gateway.drain()
    expect(gateway.received.length).toBe(2)
  })

  it('starts nothing where it is queued either, while it rests', async () => {
    await drained(noAnswer)
    await withdraw()
    gateway.answer = () => ({ outcome: 'delivered' })
    const running = runRelay({ ...gateway.relay, pollMs: 5 })
    try {
      await tellBenefit()
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(await states()).toEqual(['medication withheld', 'notice queued', 'benefit queued'])
      gateway.clock.now += LEASE_MS
      const soon = async (): Promise<void> =>
        expect(await states()).toEqual(['medication withheld', 'notice delivered', 'benefit delivered'])
      await vi.waitFor(soon, 20_000)
    } finally {
      await running.stop()
    }
  })

  it('tries the same message again as ever: only what comes after it could overtake it', async () => {
    await drained(noAnswer)
    await tellBenefit()
    gateway.clock.now += RETRY_MS
    await drained({ outcome: 'delivered' })
    expect(await states()).toEqual(['medication delivered', 'benefit delivered'])
  })
})
