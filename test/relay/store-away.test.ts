import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { createMetricsApp } from '../../src/gateway/metrics-app.ts'
import { createMetrics } from '../../src/relay/metrics.ts'
import { runRelay } from '../../src/relay/run-relay.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const PASSWORD = 'postgres://gateway:hush@db.example.fi/ips'

describeEachEngine('while the store cannot be reached', (engine) => {
  it('every door says so and no more, and what waited goes once it is back, without anybody doing anything', async () => {
    const store = { isAway: false }
    const gateway = await startTestGateway(engine, undefined, {
      wrap: (inner) => ({
        ...inner,
        transaction: (work, keeps) =>
          store.isAway
            ? Promise.reject(Object.assign(new Error(`connect ECONNREFUSED ${PASSWORD}`), { code: 'ECONNREFUSED' }))
            : inner.transaction(work, keeps),
      }),
    })
    const story = testStory('away', hetu(1))
    const client = await enrol(gateway, story)
    await gateway.drain()
    const before = gateway.received.length
    const message = medicationMessage(story, client.patient, 'waits')
    expect((await gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
    store.isAway = true
    const said: string[] = []
    const relay = runRelay({ ...gateway.relay, pollMs: 20, report: (what) => said.push(what) })
    const figures = createMetricsApp(createMetrics(gateway.relay).text, () => undefined)
    const answers = [
      await gateway.call('hospital', 'GET', '/readyz'),
      await gateway.call('hospital', 'POST', '/fhir/Communication', medicationMessage(story, client.patient, 'lost')),
    ]
    expect(answers.map(({ status }) => status)).toEqual([500, 500])
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toMatch(/hush|ECONNREFUSED|example\.fi/)
    expect(answers[1]?.body.issue[0].diagnostics).toMatch(/stored whole or not at all.*operator about request/)
    const scraped = await figures.request('/metrics')
    expect([scraped.status, await scraped.text()]).toEqual([503, 'the store cannot be reached\n'])
    await vi.waitFor(() =>
      expect(said.filter((what) => what === 'the relay could not look for work').length).toBeGreaterThan(1),
    )
    expect(gateway.received.length).toBe(before)
    store.isAway = false
    await vi.waitFor(() => expect(gateway.received.length).toBe(before + 1), 5000)
    expect((await gateway.call('hospital', 'GET', '/readyz')).status).toBe(200)
    await sleep(50)
    await relay.stop()
    expect(gateway.received.length).toBe(before + 1)
    await gateway.close()
  })
})
