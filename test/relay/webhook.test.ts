import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'
import { drain } from '../../src/relay/drain.ts'
import type { Relay } from '../../src/relay/relay.ts'
import { webhookChannel } from '../../src/relay/webhook.ts'
import { listen, type Loopback, policy } from '../outbound/loopback.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'

const current = 'whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQ='
const next = 'whsec_bmV4dC1zZWNyZXQtbmV4dC1zZWNyZXQ='

type Hit = { readonly headers: IncomingMessage['headers']; readonly body: string }

let hits: Hit[] = []
let respond: (response: ServerResponse) => void = (response) => response.writeHead(204).end()
let receiver: Loopback
let gateway: TestGateway
let client: Enrolled
let relay: Relay
const outbound = () => createOutbound({ ...policy, allowPrivate: [receiver.host], totalTimeoutMs: 2_500 })
let door: ReturnType<typeof outbound>
const story = testStory('webhook', hetu(1))

beforeAll(async () => {
  receiver = await listen(
    createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        hits.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') })
        respond(response)
      })
    }),
  )
  const parties = testParties().map((party) =>
    party.id === 'team'
      ? {
          ...party,
          endpoints: party.endpoints.map((one) =>
            one.channel === 'webhook'
              ? { ...one, url: `http://${receiver.host}/hooks`, secrets: [current, next] }
              : one,
          ),
        }
      : party,
  )
  gateway = await startTestGateway('pglite', parties)
  // Receivers check the time stamp against their own clock.
  gateway.clock.now = Date.now()
  client = await enrol(gateway, { ...story, today: new Date().toISOString().slice(0, 10) })
  door = outbound()
  relay = { ...gateway.relay, channels: { webhook: webhookChannel(door, 2_500) } }
  await drain(relay)
  hits = []
})
afterEach(() => {
  respond = (response) => response.writeHead(204).end()
  hits = []
})
afterAll(async () => {
  expect(gateway.faults).toEqual([])
  await door.close()
  await receiver.close()
  await gateway.close()
})

const tell = async (name: string): Promise<void> => {
  const message = medicationMessage(story, client.patient, name)
  expect((await gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
}
const state = async (): Promise<unknown> => {
  const [row] = await gateway.opened.rows(
    `select state, attempts, maybe_received, not_before from disclosure
     where channel = 'webhook' and category = 'medication' order by position desc limit 1`,
  )
  return row
}

it('carries signatures of every current secret that the published library accepts, and a changed body fails', async () => {
  await tell('signed')
  await drain(relay)
  const [hit] = hits
  const headers = hit?.headers as Record<string, string>
  for (const secret of [current, next]) {
    const verified = new Webhook(secret).verify(hit?.body ?? '', headers) as { resourceType: string; id: string }
    expect(verified.resourceType).toBe('Communication')
    expect(verified.id).toBe(headers['webhook-id'])
  }
  expect(() => new Webhook(current).verify(`${hit?.body} `, headers)).toThrow('No matching signature found')
  expect(() => new Webhook('whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA==').verify(hit?.body ?? '', headers)).toThrow(
    'No matching',
  )
  expect(() => new Webhook(current).verify(hit?.body ?? '', { ...headers, 'webhook-id': 'x' })).toThrow('No matching')
  expect(headers['content-type']).toContain('application/fhir+json')
  expect(hit?.body).not.toMatch(/PSY|Ketiapiini|131052/)
})

it('keeps id and body over a retry, with the time of the new attempt', async () => {
  respond = (response) => response.writeHead(503, { 'retry-after': '120' }).end()
  await tell('retried')
  await drain(relay)
  expect(await state()).toMatchObject({
    state: 'queued',
    attempts: 1,
    maybe_received: true,
    not_before: gateway.clock.now + 120_000,
  })
  respond = (response) => response.writeHead(200).end('ok')
  gateway.clock.now += 121_000
  await drain(relay)
  const [first, second] = hits
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
  expect(second?.body).toBe(first?.body)
  expect(Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp'])).toBe(121)
  expect(() => new Webhook(current).verify(second?.body ?? '', second?.headers as Record<string, string>)).not.toThrow()
  expect(await state()).toMatchObject({ state: 'delivered', attempts: 2 })
})

it.each<[string, (response: ServerResponse) => void, unknown]>([
  [
    'a redirect is a failure',
    (response) => response.writeHead(302, { location: `http://${receiver.host}/elsewhere` }).end(),
    { state: 'queued', maybe_received: true },
  ],
  [
    'an error is a failure',
    (response) => response.writeHead(500).end('kaboom'),
    { state: 'queued', maybe_received: true },
  ],
  ['no answer may have been received', () => undefined, { state: 'possibly-received', maybe_received: true }],
  [
    'a cut connection may have been received',
    (response) => response.destroy(),
    { state: 'possibly-received', maybe_received: true },
  ],
])('%s, and is tried again later', async (what, answer, expected) => {
  respond = answer
  await tell(what.replaceAll(' ', '-'))
  await drain(relay)
  expect(hits.length).toBe(1)
  expect(await state()).toMatchObject(expected as object)
  respond = (response) => response.writeHead(204).end()
  gateway.clock.now += 120_000
  await drain(relay)
  expect(await state()).toMatchObject({ state: 'delivered', attempts: 2 })
})

it('an endpoint that is gone is not called again', async () => {
  respond = (response) => response.writeHead(410).end()
  await tell('gone')
  await drain(relay)
  respond = (response) => response.writeHead(204).end()
  gateway.clock.now += 500_000_000
  await drain(relay)
  expect(hits.length).toBe(1)
  expect(await state()).toMatchObject({ state: 'dead', attempts: 1 })
})
