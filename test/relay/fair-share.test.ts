import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runRelay } from '../../src/relay/run-relay.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { eventually } from '../outbound/loopback.ts'
import { describeEachEngine } from '../support/stores.ts'

vi.setConfig({ testTimeout: 60_000 })

/** More lanes than a worker has places for. */
const CLIENTS = 600

describeEachEngine('an endpoint with more lanes due than there are places', (engine) => {
  let gateway: TestGateway
  beforeEach(async () => {
    gateway = await startTestGateway(engine)
    await gateway.opened.rows(
      `insert into client (id, created_at) select gen_random_uuid(), 0 from generate_series(1, ${CLIENTS})`,
    )
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  const clients = async (): Promise<readonly string[]> =>
    (await gateway.opened.rows(`select id from client order by id`)).map(({ id }) => String(id))
  const notice = (party: string, clientId: string, at: number) => ({
    id: crypto.randomUUID(),
    endpoint: `${party}-webhook`,
    channel: 'webhook' as const,
    clientId,
    sender: 'hospital',
    recipient: party,
    template: 'permissions-changed' as const,
    at,
  })
  const arrived = (endpoint: string): number => gateway.received.filter((one) => one.endpoint === endpoint).length

  const neverAnswers = (): void => {
    gateway.answer = ({ endpoint }) => (endpoint === 'team-webhook' ? new Promise(() => {}) : { outcome: 'delivered' })
  }

  it('takes its share of the places and no more when it never answers, though everything of it is due first', async () => {
    neverAnswers()
    const ids = await clients()
    const at = gateway.clock.now
    await gateway.opened.store.transaction(async (tx) => {
      await tx.outbox.notify(ids.map((id) => notice('team', id, at - 60_000)))
      await tx.outbox.notify(ids.slice(0, 40).map((id) => notice('office', id, at)))
    })
    const running = runRelay(gateway.relay)
    expect(await eventually(() => arrived('office-webhook') === 40, 20_000)).toBe(true)
    expect(arrived('team-webhook')).toBeLessThanOrEqual(31)
    void running.stop()
  })

  it('does not fill the worker by what is started where it is queued, when it never answers', async () => {
    neverAnswers()
    const ids = await clients()
    const running = runRelay(gateway.relay)
    for (const id of ids.slice(0, 100)) {
      await gateway.opened.store.transaction((tx) => tx.outbox.notify([notice('team', id, gateway.clock.now)]))
    }
    expect(arrived('team-webhook')).toBeLessThanOrEqual(31)
    await gateway.opened.store.transaction((tx) =>
      tx.outbox.notify(ids.slice(0, 40).map((id) => notice('office', id, gateway.clock.now))),
    )
    expect(await eventually(() => arrived('office-webhook') === 40, 20_000)).toBe(true)
    void running.stop()
  })

  it('does not go before the others with all of them, however quick it answers', async () => {
    const ids = await clients()
    const at = gateway.clock.now
    await gateway.opened.store.transaction(async (tx) => {
      await tx.outbox.notify(ids.map((id) => notice('team', id, at - 60_000)))
      await tx.outbox.notify(ids.slice(0, 10).map((id) => notice('office', id, at)))
    })
    await gateway.drain()
    expect([arrived('team-webhook'), arrived('office-webhook')]).toEqual([CLIENTS, 10])
    const lastOfOthers = gateway.received.findLastIndex(({ endpoint }) => endpoint === 'office-webhook')
    expect(lastOfOthers).toBeLessThan(CLIENTS / 10)
  })
})
