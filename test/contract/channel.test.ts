import { createServer, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Endpoint, InboxEndpoint } from '../../src/domain/party.ts'
import { createSmtp } from '../../src/outbound/smtp.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'
import type { Channel, Delivery } from '../../src/relay/channel.ts'
import { sealNotice } from '../../src/relay/envelope.ts'
import { fhirServerChannel } from '../../src/relay/fhir-server.ts'
import { noticeMailChannel } from '../../src/relay/notice-mail.ts'
import { webhookChannel } from '../../src/relay/webhook.ts'
import { listen, policy } from '../outbound/loopback.ts'
import { fhirReceiver } from '../relay/fhir-receiver.ts'
import { address } from '../support/mailer.ts'
import { onLoopback, startMailServer } from '../support/mail-server.ts'

const AT = Date.parse('2026-03-09T08:00:00Z')
const TIMEOUT_MS = 1_000

/** What any receiver may do, in the words of its own protocol. */
type Answer = 'yes' | 'not now' | 'not this' | 'gone' | 'nothing' | 'hang up'
type Pushed = Exclude<Endpoint, InboxEndpoint>

type Place = {
  readonly endpoint: Pushed
  /** A channel that may go there, and one that may not. */
  readonly channel: Channel
  readonly forbidden: Channel
  /** What arrived, in order. */
  arrived(): readonly string[]
  answer(how: Answer): void
  close(): Promise<void>
}

type Receiver = {
  readonly host: string
  close(): Promise<void>
  answerWith(answer: (response: ServerResponse) => void): void
}
type HttpPlace = Place & { readonly receiver: Receiver }

const httpAnswers: Readonly<Record<Answer, (response: ServerResponse) => void>> = {
  yes: (response) => response.writeHead(200).end('{}'),
  'not now': (response) => response.writeHead(500).end(),
  'not this': (response) => response.writeHead(422).end(),
  gone: (response) => response.writeHead(410).end(),
  nothing: () => undefined,
  'hang up': (response) => response.destroy(),
}

const httpPlace = (
  receiver: Receiver,
  channelOver: (outbound: ReturnType<typeof createOutbound>) => Channel,
  rest: Pick<Place, 'endpoint' | 'arrived'>,
): HttpPlace => {
  const outbound = createOutbound({ ...policy, allowPrivate: [receiver.host] })
  const nowhere = createOutbound(policy)
  return {
    ...rest,
    receiver,
    channel: channelOver(outbound),
    forbidden: channelOver(nowhere),
    answer: (how) => {
      // Without a result: a hook's own would be called as its end.
      receiver.answerWith(httpAnswers[how])
    },
    close: async () => {
      await Promise.all([outbound.close(), nowhere.close()])
      await receiver.close()
    },
  }
}

const webhookPlace = async (): Promise<HttpPlace> => {
  const bodies: string[] = []
  let answer = httpAnswers.yes
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
  const url = `http://${loopback.host}/hook`
  const secrets = ['whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQ=']
  return httpPlace(
    { ...loopback, answerWith: (next) => (answer = next) },
    (outbound) => webhookChannel(outbound, TIMEOUT_MS),
    {
      endpoint: { id: 'w', channel: 'webhook', url, secrets, body: 'full', language: 'en' },
      arrived: () => bodies,
    },
  )
}

const fhirPlace = async (): Promise<HttpPlace> => {
  const receiver = await fhirReceiver('f', () => AT)
  return httpPlace(
    { host: receiver.host, close: receiver.close, answerWith: (next) => (receiver.answer = next) },
    (outbound) => fhirServerChannel({ outbound, timeoutMs: 2 * TIMEOUT_MS, newId: () => crypto.randomUUID() }),
    { endpoint: receiver.endpoint, arrived: () => receiver.posts.map((post) => JSON.stringify(post.body)) },
  )
}

const smtpAnswers = { yes: 'pass', 'not now': 451, 'not this': 554, nothing: 'silent', 'hang up': 'hang-up' } as const

const mailPlace = async (): Promise<Place> => {
  const server = await startMailServer()
  const channelTo = (allowPrivate: boolean): Channel =>
    noticeMailChannel(createSmtp({ ...server.policy, allowPrivate }, onLoopback), 'gateway@example.fi')
  return {
    endpoint: address('kaisa'),
    channel: channelTo(true),
    forbidden: channelTo(false),
    arrived: () => server.arrived.map(({ raw }) => raw.trimEnd()),
    answer: (how) => {
      server.answers.recipient = how === 'gone' ? 550 : 'pass'
      server.answers.message = how === 'gone' ? 'pass' : smtpAnswers[how]
    },
    close: server.close,
  }
}

const httpKinds = { webhook: webhookPlace, 'fhir-server': fhirPlace }
const kinds: Readonly<Record<Pushed['channel'], () => Promise<Place>>> = { ...httpKinds, notice: mailPlace }

const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [] })
const envelope = sealNotice('permissions-changed', 'e1', { contentType: 'application/fhir+json', body })

/** What every channel that pushes promises, whichever it is. */
describe.each(Object.entries(kinds))('the channel %s', (name, open) => {
  let place: Place
  beforeAll(async () => {
    place = await open()
  })
  afterAll(() => place.close())
  beforeEach(() => place.answer('yes'))

  it('delivers exactly these bytes, once an attempt', async () => {
    const before = place.arrived().length
    expect(await place.channel.deliver(place.endpoint, envelope, AT)).toEqual({ outcome: 'delivered' })
    expect(await place.channel.deliver(place.endpoint, envelope, AT)).toEqual({ outcome: 'delivered' })
    expect(place.arrived().slice(before)).toEqual([body, body])
  })

  it.each<[Answer, Partial<Extract<Delivery, { outcome: 'failed' }>> | Delivery]>([
    ['not now', { outcome: 'failed', retryAfterMs: undefined }],
    ['not this', { outcome: 'failed', retryAfterMs: undefined }],
    ['gone', { outcome: 'gone' }],
    ['nothing', { outcome: 'unknown', why: 'timeout' }],
    ['hang up', { outcome: 'unknown', why: 'reset' }],
  ])('says truthfully what is known when the receiver answers %j, and tries once', async (how, expected) => {
    place.answer(how)
    const before = place.arrived().length
    expect(await place.channel.deliver(place.endpoint, envelope, AT)).toMatchObject(expected)
    // Whom an SMTP server does not know is sent nothing.
    expect(place.arrived().length - before).toBe(name === 'notice' && how === 'gone' ? 0 : 1)
  })

  it('says that nothing was sent where it must not go, and to an endpoint of another channel', async () => {
    const before = place.arrived().length
    expect((await place.forbidden.deliver(place.endpoint, envelope, AT)).outcome).toBe('not-sent')
    for (const other of Object.keys(kinds).filter((one) => one !== name)) {
      const misled = { ...place.endpoint, channel: other } as Pushed
      expect((await place.channel.deliver(misled, envelope, AT)).outcome).toBe('not-sent')
    }
    expect(place.arrived().length).toBe(before)
  })
})

/** What HTTP has besides. */
describe.each(Object.entries(httpKinds))('the channel %s over HTTP', (_name, open) => {
  let place: HttpPlace
  beforeAll(async () => {
    place = await open()
  })
  afterAll(() => place.close())

  it('sends nothing when it holds a connection too late', async () => {
    place.receiver.answerWith(httpAnswers.yes)
    const before = place.arrived().length
    const late = await place.channel.deliver(place.endpoint, envelope, AT, () => false)
    expect(late).toEqual({ outcome: 'not-sent', why: 'too-late' })
    expect(place.arrived().length).toBe(before)
    expect(await place.channel.deliver(place.endpoint, envelope, AT, () => true)).toEqual({ outcome: 'delivered' })
    expect(place.arrived().length).toBe(before + 1)
  })

  it.each<[string, (response: ServerResponse) => void, Delivery]>([
    ['an error', httpAnswers['not now'], { outcome: 'failed', why: 'http-500', retryAfterMs: undefined }],
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
      httpAnswers['not this'],
      { outcome: 'failed', why: 'http-422', retryAfterMs: undefined, blames: 'item' },
    ],
    [
      'yes, and then far too much',
      (response) => response.writeHead(200).end('x'.repeat(300_000)),
      { outcome: 'delivered' },
    ],
  ])('understands %s', async (_what, answer, expected) => {
    place.receiver.answerWith(answer)
    const before = place.arrived().length
    expect(await place.channel.deliver(place.endpoint, envelope, AT)).toEqual(expected)
    expect(place.arrived().length).toBe(before + 1)
  })
})
