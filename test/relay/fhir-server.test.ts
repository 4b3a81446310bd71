import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'
import { drain } from '../../src/relay/drain.ts'
import { fhirServerChannel } from '../../src/relay/fhir-server.ts'
import type { Relay } from '../../src/relay/relay.ts'
import { policy } from '../outbound/loopback.ts'
import { recordEmitted } from '../support/emitted.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { fhirReceiver, type FhirReceiver } from './fhir-receiver.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const story = testStory('fhir-server', hetu(1))
let gateway: TestGateway
let receiver: FhirReceiver
let client: Enrolled
let relay: Relay
let door: ReturnType<typeof createOutbound>
let done: FhirReceiver['answer']
let good: FhirReceiver['tokenAnswer']

beforeAll(async () => {
  receiver = await fhirReceiver('team-fhir', () => gateway.clock.now)
  done = receiver.answer
  good = receiver.tokenAnswer
  const parties = testParties().map((party) =>
    party.id === 'team' ? { ...party, endpoints: [receiver.endpoint] } : party,
  )
  gateway = await startTestGateway('pglite', parties)
  door = createOutbound({ ...policy, allowPrivate: [receiver.host] })
  const channel = fhirServerChannel({ outbound: door, timeoutMs: 2_000, newId: () => crypto.randomUUID() })
  relay = { ...gateway.relay, channels: { ...gateway.relay.channels, 'fhir-server': channel } }
  client = await enrol(gateway, story)
  await drain(relay)
})
beforeEach(() => {
  receiver.answer = done
  receiver.tokenAnswer = good
  receiver.posts.length = 0
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
const last = async () => {
  const [row] = await gateway.opened.rows(
    `select id, state, attempts, maybe_received from disclosure where channel = 'fhir-server' order by position desc limit 1`,
  )
  return row
}

it('stores what is permitted under our identifier, and names the client by identifier only', async () => {
  await tell('stored')
  await drain(relay)
  const row = await last()
  const [post] = receiver.posts
  const [entry] = post?.body.entry ?? []
  recordEmitted(post?.body)
  expect(entry.resource.identifier).toEqual([{ system: 'http://gateway.test/fhir/Communication', value: row?.['id'] }])
  expect(entry.resource.subject).toMatchObject({
    type: 'Patient',
    identifier: { system: 'http://gateway.test/fhir/Patient' },
  })
  expect(entry.resource.subject.reference).toBeUndefined()
  expect(JSON.stringify(post?.body)).not.toMatch(/PSY|Ketiapiini|131052|010180/)
  expect(row).toMatchObject({ state: 'delivered', attempts: 1 })
})

it('leaves one message there although the answer to the first attempt was lost', async () => {
  receiver.answer = (response) => response.destroy()
  await tell('twice')
  const before = receiver.stored.size
  await drain(relay)
  expect(await last()).toMatchObject({ state: 'possibly-received', maybe_received: true })
  receiver.answer = done
  gateway.clock.now += 10_000
  await drain(relay)
  expect(await last()).toMatchObject({ state: 'delivered', attempts: 2 })
  expect(receiver.posts.length).toBe(2)
  expect(receiver.posts[1]?.body).toEqual(receiver.posts[0]?.body)
  expect(receiver.stored.size).toBe(before + 1)
})

it('asks for a token once, and for a new one when it is about to expire or is refused', async () => {
  await tell('first')
  await drain(relay)
  const asked = receiver.tokens
  await tell('second')
  await drain(relay)
  expect(receiver.tokens).toBe(asked)
  gateway.clock.now += 271_000
  await tell('third')
  await drain(relay)
  expect(receiver.tokens).toBe(asked + 1)
  // Refused: the server has forgotten it.
  receiver.tokens += 5
  await tell('fourth')
  await drain(relay)
  expect(await last()).toMatchObject({ state: 'queued', attempts: 1 })
  gateway.clock.now += 10_000
  await drain(relay)
  expect(await last()).toMatchObject({ state: 'delivered', attempts: 2 })
})

it.each<[string, FhirReceiver['tokenAnswer']]>([
  ['an error', (response) => response.writeHead(500).end()],
  ['something else', (response) => response.writeHead(200).end('<html>')],
  [
    'a token that would split the header',
    (response) => response.writeHead(200).end(JSON.stringify({ access_token: 'a\r\nx: y' })),
  ],
])('sends nothing when the token endpoint answers %s, and knows that nothing arrived', async (what, answer) => {
  gateway.clock.now += 600_000
  receiver.tokenAnswer = answer
  await tell(`no-token-${what}`.replaceAll(' ', '-'))
  await drain(relay)
  expect(receiver.posts).toEqual([])
  expect(await last()).toMatchObject({ state: 'queued', maybe_received: false })
  receiver.tokenAnswer = good
  gateway.clock.now += 10_000
  await drain(relay)
  expect(await last()).toMatchObject({ state: 'delivered' })
})
