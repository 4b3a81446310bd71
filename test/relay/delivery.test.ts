import { createServer, type IncomingMessage } from 'node:http'
import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { careNegotiation, medicationChange, rehabilitationSupport } from '../../demo/story-resources.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'
import { nextAttempt, retrySeconds } from '../../src/relay/schedule.ts'
import { webhookChannel } from '../../src/relay/webhook.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { type Received, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const minutes = (n: number): number => n * 60_000

describe('the retry schedule', () => {
  it('only ever moves forward, grows, ends after about three days, and never comes back before the recipient asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 15 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 10 ** 9 })),
        (attempts, random, asked) => {
          const next = nextAttempt(attempts, 1000, random, asked ?? undefined)
          if (attempts > retrySeconds.length) {
            expect(next).toBeUndefined()
            return
          }
          expect(next).toBeGreaterThan(1000)
          if (asked !== null) expect(next).toBeGreaterThanOrEqual(1000 + Math.min(asked, 86_400_000))
        },
      ),
    )
    const total = retrySeconds.reduce((sum, seconds) => sum + seconds, 0)
    expect(total / 86_400).toBeGreaterThan(2.5)
    expect(total / 86_400).toBeLessThan(4)
    expect([...retrySeconds].toSorted((one, other) => one - other)).toEqual(retrySeconds)
  })
})

describeEachEngine('delivery to a coach', (engine) => {
  let gateway: TestGateway
  let n = 100
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterAll(() => gateway.close())
  afterEach(() => {
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.received.length = 0
  })

  /** A client whose referral has been told already. */
  const client = async (permits?: readonly string[]) => {
    const story = testStory(`delivery-${(n += 1)}`, hetu(n))
    const enrolled = await enrol(gateway, story, permits)
    await gateway.drain()
    gateway.received.length = 0
    return { story, ...enrolled }
  }

  const codes = (all: readonly Received[]) => all.map(({ body }) => body.category[0].coding[0].code)

  it('repeats the same id and the same bytes until it is taken, and nothing after that', async () => {
    const { story, patient } = await client()
    let failures = 3
    gateway.answer = () => ((failures -= 1) >= 0 ? { outcome: 'unknown', why: 'timeout' } : { outcome: 'delivered' })
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, patient))
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await gateway.drain()
      gateway.clock.now += minutes(60)
    }
    expect(gateway.received.length).toBe(4)
    expect(new Set(gateway.received.map(({ id }) => id)).size).toBe(1)
    expect(new Set(gateway.received.map(({ raw }) => raw)).size).toBe(1)
  })

  it('waits as long as the schedule says, and longer when the recipient asks for it', async () => {
    const { story, patient } = await client()
    gateway.answer = () => ({ outcome: 'failed', why: 'http-503', retryAfterMs: minutes(30) })
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, patient))
    await gateway.drain()
    gateway.clock.now += minutes(29)
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    gateway.clock.now += minutes(2)
    gateway.answer = () => ({ outcome: 'delivered' })
    await gateway.drain()
    expect(gateway.received.length).toBe(2)
  })

  it('keeps the order of one client while others go on', async () => {
    const stuck = await client()
    const free = await client()
    gateway.answer = ({ body }) =>
      body.subject.reference === stuckAt ? { outcome: 'not-sent', why: 'connect' } : { outcome: 'delivered' }
    let stuckAt = ''
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(stuck.story, stuck.patient))
    await gateway.drain()
    stuckAt = gateway.received[0]!.body.subject.reference
    gateway.received.length = 0
    const later = rehabilitationSupport(stuck.story, stuck.patient, '2026-06-30')
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(stuck.story, stuck.patient, 'again'))
    await gateway.call('hospital', 'POST', '/fhir/Observation', later)
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(free.story, free.patient))
    await gateway.drain()
    expect(gateway.received.filter(({ body }) => body.subject.reference !== stuckAt).length).toBe(1)
    gateway.received.length = 0
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += minutes(10)
    await gateway.drain()
    expect(codes(gateway.received)).toEqual(['medication.effect', 'benefit.period'])
  })

  it('gives up after the schedule, visibly, and lets nothing of that client overtake', async () => {
    const { story, patient } = await client()
    gateway.answer = () => ({ outcome: 'gone' })
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, patient))
    await gateway.drain()
    gateway.answer = () => ({ outcome: 'delivered' })
    await gateway.call('hospital', 'POST', '/fhir/Observation', rehabilitationSupport(story, patient, '2026-06-30'))
    gateway.clock.now += minutes(60)
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    const { body } = await gateway.call('hospital', 'GET', `/api/disclosures?client=${patient}&limit=200`)
    expect(body.items.filter((item: any) => item.state === 'dead').length).toBe(1)
  })

  it('tells the client honestly when something withdrawn may already have arrived', async () => {
    const { story, patient, consent } = await client()
    gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, patient))
    await gateway.drain()
    const read = await gateway.call('hospital', 'GET', `/fhir/${consent}`)
    const ended = { ...read.body, status: 'inactive' }
    const put = await gateway.call('hospital', 'PUT', `/fhir/${consent}`, ended, { 'if-match': 'W/"1"' })
    expect(put.status).toBe(200)
    gateway.received.length = 0
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += minutes(60)
    await gateway.drain()
    expect(codes(gateway.received)).toEqual(['permissions-changed'])
    const own = await gateway.call('portal', 'POST', '/fhir/Patient', {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:oid:1.2.246.21', value: story.hetu }],
    })
    const log = await gateway.call('portal', 'GET', `/api/log?client=Patient/${own.body.id}`)
    const medication = log.body.entries.filter((entry: any) => entry.category?.category === 'medication')
    expect(medication.map((entry: any) => `${entry.kind} ${entry.state}`)).toEqual(['told possibly-received'])
  })

  it('does not send a meeting that has passed', async () => {
    const { story, patient } = await client()
    gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
    const start = new Date(gateway.clock.now + minutes(30)).toISOString()
    await gateway.call(
      'hospital',
      'POST',
      '/fhir/Appointment',
      careNegotiation(story, patient, start, { identifier: story.team }),
    )
    await gateway.drain()
    gateway.received.length = 0
    gateway.clock.now += minutes(120)
    await gateway.drain()
    expect(gateway.received).toEqual([])
    const { body } = await gateway.call('hospital', 'GET', `/api/disclosures?client=${patient}&limit=200`)
    const meeting = body.items.filter((item: any) => item.category === 'care-meeting.time')
    expect(meeting.map((item: any) => item.state).toSorted()).toEqual(['expired', 'queued'])
  })

  it('never sends frozen bytes again when less may be told, but what may be told, under a new id', async () => {
    const { story, patient, consent } = await client(['identity', 'referral', 'medication.effect', 'medication.change'])
    gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, patient))
    await gateway.drain()
    const read = await gateway.call('hospital', 'GET', `/fhir/${consent}`)
    const { provision } = read.body
    const rest = provision.provision.filter((one: any) => one.code[0].coding[0].code !== 'medication.effect')
    const less = { ...read.body, provision: { ...provision, provision: rest } }
    expect((await gateway.call('hospital', 'PUT', `/fhir/${consent}`, less, { 'if-match': 'W/"1"' })).status).toBe(200)
    const first = gateway.received[0]!
    gateway.received.length = 0
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += minutes(60)
    await gateway.drain()
    await gateway.drain()
    const again = gateway.received.filter(({ body }) => body.category[0].coding[0].code.startsWith('medication'))
    expect(codes(again)).toEqual(['medication.change'])
    expect(again[0]!.id).not.toBe(first.id)
    expect(again[0]!.raw).not.toContain('tiredness')
  })
})

describe('a webhook as its receiver sees it', () => {
  const secret = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`
  const older = `whsec_${Buffer.from('the secret that is being replaced').toString('base64')}`
  const requests: { readonly headers: IncomingMessage['headers']; readonly body: string }[] = []
  let status = 204
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      requests.push({ headers: request.headers, body })
      response.writeHead(
        status,
        status === 429 ? { 'retry-after': '120' } : status === 302 ? { location: '/elsewhere' } : {},
      )
      response.end()
    })
  })
  let port = 0
  const outbound = () =>
    createOutbound({
      allowHttp: true,
      allowPrivate: [`127.0.0.1:${port}`],
      connectTimeoutMs: 2000,
      totalTimeoutMs: 5000,
      maxResponseBytes: 64_000,
      maxConnections: 4,
    })
  const send = async () => {
    const client = outbound()
    const endpoint = {
      id: 'e',
      channel: 'webhook',
      url: `http://127.0.0.1:${port}/hooks`,
      secrets: [secret, older],
      body: 'full',
      language: 'fi',
    } as const
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the channel is tried without a permit here
    const envelope = { id: 'msg-1', contentType: 'application/fhir+json', body: '{"tieto":"ä"}' } as never
    const delivery = await webhookChannel(client, 5000).deliver(endpoint, envelope, Date.now())
    await client.close()
    return delivery
  }

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  it('verifies with the published Standard Webhooks library, with the new secret and the one being replaced', async () => {
    expect(await send()).toEqual({ outcome: 'delivered' })
    const { headers, body } = requests.at(-1)!
    const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    for (const one of [secret, older]) expect(new Webhook(one).verify(body, plain)).toEqual({ tieto: 'ä' })
    expect(() => new Webhook(secret).verify(`${body} `, plain)).toThrow()
    expect(headers['webhook-id']).toBe('msg-1')
  })

  it.each([
    [302, { outcome: 'failed', why: 'http-302', retryAfterMs: undefined }],
    [410, { outcome: 'gone' }],
    [429, { outcome: 'failed', why: 'http-429', retryAfterMs: 120_000 }],
    [500, { outcome: 'failed', why: 'http-500', retryAfterMs: undefined }],
  ])('says truthfully what an answer %i means', async (code, delivery) => {
    status = code
    expect(await send()).toEqual(delivery)
  })
})
