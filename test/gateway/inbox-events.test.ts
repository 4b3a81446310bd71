import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { rehabilitationSupport } from '../../demo/story-resources.ts'
import { createApp } from '../../src/gateway/app.ts'
import { ACCESS_TOKEN_TYPE } from '../../src/gateway/token.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const BASE = 'http://gateway.test'
const coach = {
  identifier: { system: 'urn:test:staff', value: 'coach' },
  name: 'Coach',
  from: undefined,
  until: undefined,
}
type Event = { readonly id: number; readonly item: any }

describeEachEngine('an inbox that is followed', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  let app: ReturnType<typeof createApp>
  let run = 0
  const tokenKey = new Uint8Array(32).fill(5)
  beforeAll(async () => {
    const parties = testParties().map((party) => (party.id === 'team' ? { ...party, members: [coach] } : party))
    gateway = await startTestGateway(engine, parties)
    client = await enrol(gateway, testStory('events', hetu(1)))
    app = appUntil(new AbortController().signal)
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const appUntil = (closing: AbortSignal) => {
    const report = (_what: string, fault: unknown): void => void gateway.faults.push(fault)
    const keysOf = async () => []
    return createApp({ exchange: gateway.exchange, baseUrl: BASE, tokenKey, keysOf, version: 'test', report, closing })
  }
  const follow = async ({
    party = 'team',
    seconds = 300,
    query = '',
    from,
    at = app,
  }: { party?: string; seconds?: number; query?: string; from?: number; at?: typeof app } = {}): Promise<Response> => {
    const now = Math.floor(gateway.clock.now / 1000)
    const caller = gateway.exchange.parties.byId(party)
    const token = await new SignJWT({ scope: caller?.scopes.join(' ') ?? '' })
      .setProtectedHeader({ alg: 'HS256', typ: ACCESS_TOKEN_TYPE })
      .setIssuer(BASE)
      .setAudience(BASE)
      .setSubject(caller?.clientId ?? '')
      .setJti(`${party}-${seconds}-${query}-${from}`)
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .sign(tokenKey)
    const last = from === undefined ? {} : { 'last-event-id': String(from) }
    return at.request(`${BASE}/api/inbox/events?language=en${query}`, {
      headers: { authorization: `Bearer ${token}`, ...last },
    })
  }
  /** Reads until so many items have come, or to the end of the stream; lets go of it then. */
  const events = async (response: Response, most = Number.POSITIVE_INFINITY): Promise<readonly Event[]> => {
    expect(response.status).toBe(200)
    const found: Event[] = []
    let text = ''
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk).toString()
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) {
        const [, id, data] = /^event: item\nid: (\d+)\ndata: (.*)$/.exec(part) ?? []
        if (id !== undefined && data !== undefined) found.push({ id: Number(id), item: JSON.parse(data) })
      }
      if (found.length >= most) break
    }
    return found
  }
  const tell = async (category = 'benefit'): Promise<void> => {
    run += 1
    const body = rehabilitationSupport(testStory(`${category}-${run}`), client.patient, '2026-06-30')
    expect((await gateway.call('hospital', 'POST', '/fhir/Observation', body)).status).toBe(201)
  }
  const inbox = async (after = 0) =>
    (await gateway.call('team', 'GET', `/api/inbox?after=${after}&language=en`)).body.items

  it('gives what waits and what comes while it is open, each as a reading gives it, in the order of its numbers', async () => {
    const response = await follow()
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const first = await inbox()
    expect(first.length).toBeGreaterThan(0)
    await tell()
    const seen = await events(response, first.length + 1)
    expect(seen.map(({ item }) => item)).toEqual(await inbox())
    expect(seen.map(({ id }) => id)).toEqual(seen.map((_, index) => index + 1))
  })

  it('goes on behind the last event the reader got, out of the table, also after a restart', async () => {
    const all = await inbox()
    const seen = await events(await follow({ from: 1 }), all.length - 1)
    expect(seen.map(({ id }) => id)).toEqual(all.slice(1).map(({ number }: any) => number))
    expect((await follow({ query: '&after=x' })).status).toBe(400)
  })

  it('ends with the access token, and when the gateway stops', async () => {
    const last = (await inbox()).length
    const begun = performance.now()
    expect(await events(await follow({ seconds: 1, from: last }))).toEqual([])
    const took = performance.now() - begun
    expect(took).toBeGreaterThan(900)
    expect(took).toBeLessThan(15_000)
    const closing = new AbortController()
    const open = await follow({ from: last, at: appUntil(closing.signal) })
    setTimeout(() => closing.abort(), 100)
    expect(await events(open)).toEqual([])
  })

  it('is refused to whoever may not read it, before it begins', async () => {
    expect((await follow({ query: '&reader=urn:test:staff|coach', from: 0 })).status).toBe(200)
    expect((await follow({ query: '&reader=urn:test:staff|stranger' })).status).toBe(403)
    expect((await follow({ party: 'portal' })).status).toBe(404)
    expect((await app.request(`${BASE}/api/inbox/events`)).status).toBe(401)
  })

  it('is woken by what is queued for an inbox, and the workers are not', async () => {
    const heard = { inboxes: 0, lanes: 0 }
    const { store } = gateway.exchange
    const [client] = await gateway.opened.rows('select id from client limit 1')
    const stops = (['inboxes', 'lanes'] as const).map((topic) => store.onHint(() => void (heard[topic] += 1), topic))
    await store.transaction((tx) =>
      tx.outbox.notify([
        {
          id: gateway.relay.newId(),
          endpoint: 'team-inbox',
          channel: 'inbox',
          clientId: client?.['id'],
          sender: 'hospital',
          recipient: 'team',
          template: 'permissions-changed',
          at: gateway.clock.now,
        },
      ]),
    )
    expect(heard).toEqual({ inboxes: 1, lanes: 0 })
    for (const stop of stops) stop()
  })

  it('never shows what was withdrawn before it was read, and leaves no gap where it was', async () => {
    const last = (await inbox()).length
    await tell()
    const withdrawn = await change(gateway, 'hospital', client.consent, (consent) => {
      consent.status = 'inactive'
    })
    expect(withdrawn.status).toBe(200)
    const [notice] = await events(await follow({ from: last }), 1)
    expect(notice).toMatchObject({ id: last + 1, item: { kind: 'notice' } })
    expect(await events(await follow({ from: last + 1, seconds: 5 }))).toEqual([])
    // What was read before may not be read again either.
    const readable = await inbox()
    const again = await events(await follow({ from: 0 }), readable.length)
    expect(again.map(({ item }) => item.kind)).toEqual(readable.map(() => 'notice'))
  })
})
