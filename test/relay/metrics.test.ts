import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { careNegotiation, rehabilitationSupport } from '../../demo/story-resources.ts'
import { createMetricsApp } from '../../src/gateway/metrics-app.ts'
import { drain } from '../../src/relay/drain.ts'
import { createMetrics, type Metrics } from '../../src/relay/metrics.ts'
import { createWatch, type StuckEndpoint } from '../../src/relay/watch.ts'
import { quietState } from '../../src/store/queries/endpoints.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const MINUTE = 60_000

describeEachEngine('the figures for an operator', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  let metrics: Metrics
  let run = 0
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, testStory('metrics', hetu(1)))
    await gateway.drain()
    metrics = createMetrics(gateway.relay)
  })
  afterAll(() => gateway.close())

  const tell = async (): Promise<void> => {
    run += 1
    const body = rehabilitationSupport(testStory(`metrics-${run}`), client.patient, '2026-06-30')
    expect((await gateway.call('hospital', 'POST', '/fhir/Observation', body)).status).toBe(201)
  }
  const drainCounted = () => drain({ ...gateway.relay, observe: metrics.observe })
  const sample = async (line: string): Promise<number | undefined> => {
    const found = (await metrics.text()).split('\n').find((one) => one.startsWith(`${line} `))
    return found === undefined ? undefined : Number(found.split(' ')[1])
  }

  it('count what was tried and how it ended, and say how old the oldest waiting item is', async () => {
    gateway.answer = () => ({ outcome: 'failed', why: 'http-500', retryAfterMs: undefined })
    await tell()
    await drainCounted()
    gateway.clock.now += 30_000
    expect(await sample('ips_relay_pending{endpoint="team-webhook"}')).toBe(1)
    expect(await sample('ips_relay_oldest_undelivered_seconds{endpoint="team-webhook"}')).toBe(30)
    expect(await sample('ips_relay_attempts_total{endpoint="team-webhook",outcome="failed"}')).toBe(1)
    gateway.answer = () => ({ outcome: 'delivered' })
    await drainCounted()
    expect(await sample('ips_relay_pending{endpoint="team-webhook"}')).toBeUndefined()
    expect(await sample('ips_relay_attempts_total{endpoint="team-webhook",outcome="delivered"}')).toBe(1)
  })

  it('show a dead letter, the lane it blocks and the endpoint that stopped, and an alarm is raised once', async () => {
    const alarms: StuckEndpoint[] = []
    const watch = createWatch(gateway.relay, (stuck) => alarms.push(stuck))
    gateway.answer = () => ({ outcome: 'gone' })
    await tell()
    await drainCounted()
    gateway.clock.now += 15 * MINUTE - 1
    await watch.look()
    expect(alarms).toEqual([])
    gateway.clock.now += 2
    await watch.look()
    await watch.look()
    expect(alarms).toEqual([{ endpoint: 'team-webhook', stuckLanes: 1 }])
    expect(await sample('ips_relay_stuck_lanes{endpoint="team-webhook"}')).toBe(1)
    expect(await sample('ips_relay_blocked_lanes{endpoint="team-webhook"}')).toBe(1)
    expect(await sample('ips_relay_dead{endpoint="team-webhook"}')).toBe(1)
    expect(await sample('ips_relay_endpoint_stopped{endpoint="team-webhook"}')).toBe(1)
  })

  it('count what was kept back at the moment of sending', async () => {
    const resumed = { id: undefined, endpoint: 'team-webhook', since: undefined, until: undefined, delivered: false }
    await gateway.exchange.store.transaction(async (tx) => {
      await tx.operations.replay({ ...resumed, at: gateway.clock.now })
      await tx.endpoints.change('team-webhook', () => quietState)
    })
    gateway.answer = () => ({ outcome: 'delivered' })
    const meeting = careNegotiation(testStory('metrics-meeting'), client.patient, '2026-03-09T13:00:00+02:00', {
      identifier: testStory('').team,
    })
    expect((await gateway.call('hospital', 'POST', '/fhir/Appointment', meeting)).status).toBe(201)
    gateway.clock.now = Date.parse('2026-03-09T11:01:00Z')
    expect(await sample('ips_relay_withheld_total{endpoint="team-webhook"}')).toBeUndefined()
    await drainCounted()
    expect(await sample('ips_relay_withheld_total{endpoint="team-webhook"}')).toBe(1)
  })

  it('name no client, and answer 503 without a store', async () => {
    const ids = await gateway.opened.rows(
      `select id::text from client union select patient_id::text from patient_link union select id::text from disclosure`,
    )
    const text = await metrics.text()
    expect(ids.length).toBeGreaterThan(3)
    for (const { id } of ids) expect(text).not.toContain(id)
    const faults: unknown[] = []
    const app = createMetricsApp(metrics.text, (error) => faults.push(error))
    const page = await app.request('/metrics')
    expect(page.headers.get('content-type')).toContain('version=0.0.4')
    expect(await page.text()).toContain('# TYPE ips_relay_attempts_total counter')
    const broken = createMetricsApp(
      () => Promise.reject(new Error('secret')),
      (error) => faults.push(error),
    )
    const answer = await broken.request('/metrics')
    expect([answer.status, await answer.text(), faults.length]).toEqual([503, 'the store cannot be reached\n', 1])
  })
})
