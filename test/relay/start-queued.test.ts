import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import type { Relay } from '../../src/relay/relay.ts'
import { runRelay } from '../../src/relay/run-relay.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const permits = ['identity', 'referral', 'medication.effect']

describeEachEngine('a relay that has little to do', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  let running: ReturnType<typeof runRelay> | undefined
  let n = 0
  const run = (changes: Partial<Relay> = {}): void => {
    running = runRelay({ ...gateway.relay, ...changes })
  }
  beforeEach(async () => {
    n += 1
    gateway = await startTestGateway(engine, testParties())
    client = await enrol(gateway, testStory(`at-once-${n}`, hetu(n)), permits)
    await gateway.drain()
    gateway.received.length = 0
  })
  afterEach(async () => {
    await running?.stop()
    await gateway.close()
  })

  const tell = async (name: string): Promise<string> => {
    const message = medicationMessage(testStory(name), client.patient, name)
    const { status, body } = await gateway.call('hospital', 'POST', '/fhir/Communication', message)
    expect(status, JSON.stringify(body)).toBe(201)
    return body.id
  }
  const sent = (resource: string) =>
    gateway.opened.rows(
      `select d.state, d.delivery_number, d.attempts, (d.sent_at is not null) as sent, (d.xmin::text = u.xmin::text) as at_once
       from disclosure d join update_record u on u.id = d.update_id
       where u.resource_id = $1 and d.channel = 'webhook' and d.state <> 'refused'`,
      [resource],
    )
  const audits = (resource: string) =>
    gateway.opened.rows(
      `select a.kind, a.outcome from audit_event a join disclosure d on d.id = a.disclosure_id
       join update_record u on u.id = d.update_id
       where u.resource_id = $1 and d.channel = 'webhook' order by a.recorded_at, a.id`,
      [resource],
    )

  it('starts news in the transaction that queues it, decided and audited a second time', async () => {
    const answer = Promise.withResolvers<void>()
    gateway.answer = async () => {
      await answer.promise
      return { outcome: 'delivered' }
    }
    run()
    const message = await tell('now')
    await vi.waitFor(() => expect(gateway.received.length).toBe(1))
    expect(await sent(message)).toMatchObject([{ state: 'sending', attempts: 1, sent: true, at_once: true }])
    expect(await audits(message)).toEqual([
      { kind: 'decision', outcome: 'permit' },
      { kind: 'decision', outcome: 'permit' },
      { kind: 'disclosure', outcome: 'sending' },
    ])
    answer.resolve()
    await vi.waitFor(async () => expect(await sent(message)).toMatchObject([{ state: 'delivered' }]))
    expect(gateway.faults).toEqual([])
  })

  it('keeps the order of a lane: what comes while one is under way waits for it', async () => {
    const answer = Promise.withResolvers<void>()
    gateway.answer = async () => {
      await answer.promise
      return { outcome: 'delivered' }
    }
    run()
    await tell('first')
    const second = await tell('second')
    expect(await sent(second)).toMatchObject([{ state: 'queued', sent: false }])
    answer.resolve()
    await vi.waitFor(async () => expect(await sent(second)).toMatchObject([{ state: 'delivered' }]))
    expect(gateway.received.length).toBe(2)
  })

  it('tries again when the process ended before the delivery, with the same id and the same bytes', async () => {
    run({ channels: { webhook: { deliver: () => new Promise(() => {}) } } })
    const message = await tell('lost')
    await vi.waitFor(async () => expect(await sent(message)).toMatchObject([{ state: 'sending', at_once: true }]))
    // That process does nothing any more; nothing is lost with it.
    running = undefined
    gateway.clock.now += gateway.relay.leaseMs + 1
    await gateway.drain()
    expect(await sent(message)).toMatchObject([{ state: 'delivered', attempts: 2 }])
    expect(gateway.received.length).toBe(1)
  })

  it('takes in what was said also when it cannot be started, and leaves it to a worker', async () => {
    const broken = new Error('cannot be rendered')
    run({
      pollMs: 3_600_000,
      newId: () => {
        throw broken
      },
    })
    const message = await tell('poisoned')
    expect(await sent(message)).toMatchObject([{ state: 'queued', sent: false }])
    expect(gateway.faults).toContain(broken)
    await running?.stop()
    running = undefined
    gateway.clock.now += gateway.relay.leaseMs + 1
    await gateway.drain()
    expect(await sent(message)).toMatchObject([{ state: 'delivered' }])
  })

  it('starts only the notice in the transaction that withdraws', async () => {
    gateway.answer = () => ({ outcome: 'failed', why: 'http-500', retryAfterMs: undefined })
    run()
    const message = await tell('withdrawn')
    await vi.waitFor(async () => expect(await sent(message)).toMatchObject([{ state: 'queued', attempts: 1 }]))
    gateway.received.length = 0
    gateway.answer = () => ({ outcome: 'delivered' })
    const withdrawn = await change(gateway, 'hospital', client.consent, (consent) => {
      consent.status = 'inactive'
    })
    expect(withdrawn.status, JSON.stringify(withdrawn.body)).toBe(200)
    expect(await sent(message)).toMatchObject([{ state: 'withheld' }])
    await vi.waitFor(() => expect(gateway.received.length).toBe(1))
    expect(gateway.received[0]?.raw).not.toContain('medication')
    expect(gateway.faults).toEqual([])
  })

  it('leaves many at once to the workers, who send them all', async () => {
    run()
    const messages = await Promise.all(Array.from({ length: 12 }, (_, index) => tell(`many-${index}`)))
    await vi.waitFor(
      async () => {
        for (const message of messages) expect(await sent(message)).toMatchObject([{ state: 'delivered' }])
      },
      { timeout: 10_000 },
    )
    expect(gateway.received.length).toBe(12)
    expect(gateway.faults).toEqual([])
  })
})
