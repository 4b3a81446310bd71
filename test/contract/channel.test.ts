import { createServer, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PushedEndpoint } from '../../src/domain/party.ts'
import { createOutbound, type Outbound } from '../../src/outbound/outbound.ts'
import type { Channel, Delivery } from '../../src/relay/channel.ts'
import { sealNotice } from '../../src/relay/envelope.ts'
import { fhirServerChannel } from '../../src/relay/fhir-server.ts'
import { webhookChannel } from '../../src/relay/webhook.ts'
import { listen, policy } from '../outbound/loopback.ts'
import { fhirReceiver } from '../relay/fhir-receiver.ts'

const AT = Date.parse('2026-03-09T08:00:00Z')
const TIMEOUT_MS = 1_000

type Place = {
  readonly endpoint: PushedEndpoint
  readonly host: string
  /** Bodies that arrived, in order. */
  arrived(): readonly string[]
  answerWith(answer: (response: ServerResponse) => void): void
  close(): Promise<void>
}
type Kind = {
  readonly channel: (outbound: Outbound) => Channel
  readonly place: () => Promise<Place>
}

const webhookPlace = async (): Promise<Place> => {
  const bodies: string[] = []
  let answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end()
  const loopback = await listen(
    createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8').on('data', (part: string) => (text += part))
      request.on('end', () => {
        bodies.push(text)
        answer(response)
      })
    }),
  )
  const secrets = ['whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQ=']
  return {
    ...loopback,
    endpoint: {
      id: 'w',
      channel: 'webhook',
      url: `http://${loopback.host}/hook`,
      secrets,
      body: 'full',
      language: 'en',
    },
    arrived: () => bodies,
    answerWith: (next) => (answer = next),
  }
}

const fhirPlace = async (): Promise<Place> => {
  const receiver = await fhirReceiver('f', () => AT)
  return {
    host: receiver.host,
    close: receiver.close,
    endpoint: receiver.endpoint,
    arrived: () => receiver.posts.map(({ body }) => JSON.stringify(body)),
    answerWith: (next) => (receiver.answer = next),
  }
}

const kinds: Readonly<Record<PushedEndpoint['channel'], Kind>> = {
  webhook: { channel: (outbound) => webhookChannel(outbound, TIMEOUT_MS), place: webhookPlace },
  'fhir-server': {
    channel: (outbound) => fhirServerChannel({ outbound, timeoutMs: 2 * TIMEOUT_MS, newId: () => crypto.randomUUID() }),
    place: fhirPlace,
  },
}

/** What every channel that pushes promises, whichever it is. */
describe.each(Object.entries(kinds))('the channel %s', (name, kind) => {
  let place: Place
  let outbound: Outbound
  let channel: Channel
  beforeAll(async () => {
    place = await kind.place()
    outbound = createOutbound({ ...policy, allowPrivate: [place.host] })
    channel = kind.channel(outbound)
  })
  afterAll(async () => {
    await outbound.close()
    await place.close()
  })
  beforeEach(() => {
    place.answerWith((response) => response.writeHead(200).end('{}'))
  })

  const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [] })
  const envelope = sealNotice('permissions-changed', 'e1', { contentType: 'application/fhir+json', body })

  it('delivers exactly these bytes, once an attempt', async () => {
    const before = place.arrived().length
    expect(await channel.deliver(place.endpoint, envelope, AT)).toEqual({ outcome: 'delivered' })
    expect(await channel.deliver(place.endpoint, envelope, AT)).toEqual({ outcome: 'delivered' })
    expect(place.arrived().slice(before)).toEqual([body, body])
  })

  it.each<[string, (response: ServerResponse) => void, Partial<Extract<Delivery, { outcome: 'failed' }>> | Delivery]>([
    [
      'an error',
      (response) => response.writeHead(500).end(),
      { outcome: 'failed', why: 'http-500', retryAfterMs: undefined },
    ],
    [
      'a redirect, which is not followed',
      (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
      { outcome: 'failed', why: 'http-307', retryAfterMs: undefined },
    ],
    [
      'too many requests, with seconds',
      (response) => response.writeHead(429, { 'retry-after': '120' }).end(),
      { outcome: 'failed', why: 'http-429', retryAfterMs: 120_000 },
    ],
    [
      'unavailable, with a date',
      (response) => response.writeHead(503, { 'retry-after': 'Mon, 09 Mar 2026 08:01:00 GMT' }).end(),
      { outcome: 'failed', why: 'http-503', retryAfterMs: 60_000 },
    ],
    [
      'a fault it finds with the item',
      (response) => response.writeHead(422).end(),
      { outcome: 'failed', why: 'http-422', retryAfterMs: undefined, blames: 'item' },
    ],
    ['that it is gone', (response) => response.writeHead(410).end(), { outcome: 'gone' }],
    ['nothing at all', () => undefined, { outcome: 'unknown', why: 'timeout' }],
    ['by hanging up', (response) => response.destroy(), { outcome: 'unknown', why: 'reset' }],
    [
      'yes, and then far too much',
      (response) => response.writeHead(200).end('x'.repeat(300_000)),
      { outcome: 'delivered' },
    ],
  ])('says truthfully what is known when the receiver answers %s', async (_what, answer, expected) => {
    place.answerWith(answer)
    const before = place.arrived().length
    expect(await channel.deliver(place.endpoint, envelope, AT)).toEqual(expected)
    expect(place.arrived().length).toBe(before + 1)
  })

  it('says that nothing was sent when there is nobody, or where it must not go', async () => {
    const nobody = createOutbound(policy)
    const refused = await kind.channel(nobody).deliver(place.endpoint, envelope, AT)
    expect(refused.outcome).toBe('not-sent')
    await nobody.close()
    const [other] = Object.keys(kinds).filter((one) => one !== name)
    const misled = { ...place.endpoint, channel: other } as PushedEndpoint
    const before = place.arrived().length
    expect((await channel.deliver(misled, envelope, AT)).outcome).toBe('not-sent')
    expect(place.arrived().length).toBe(before)
  })
})
