import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { rehabilitationSupport } from '../../demo/story-resources.ts'
import type { Party, WebhookEndpoint } from '../../src/domain/party.ts'
import { createOutbound, type Outbound } from '../../src/outbound/outbound.ts'
import { FAILURES_TO_OPEN } from '../../src/relay/breaker.ts'
import { drain } from '../../src/relay/drain.ts'
import type { Relay } from '../../src/relay/relay.ts'
import { webhookChannel } from '../../src/relay/webhook.ts'
import { listen, type Loopback, policy } from '../outbound/loopback.ts'
import { selfSigned } from '../outbound/self-signed.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const TIMEOUT_MS = 2_000
const SICK = 'sick.example.fi'
const HEALTHY = 'healthy.example.fi'

const webhook = (id: string, url: string): WebhookEndpoint => ({
  id,
  channel: 'webhook',
  url,
  secrets: ['whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQ='],
  body: 'full',
  language: 'en',
})

/** Reads a request to its end and answers 204; counts what came. */
const receiver = (seen: string[]): RequestListener => {
  return (request, response) => {
    seen.push(String(request.headers['webhook-id']))
    request.resume().on('end', () => response.writeHead(204).end())
  }
}

type Fault = {
  readonly what: string
  /** What listens where the endpoint's name leads to. `inside`: a listener nobody may reach. */
  listen(inside: Loopback): Promise<Loopback>
  readonly scheme?: 'https'
  /** Where the name leads from its second asking on. */
  readonly thenInside?: true
  readonly state: 'queued' | 'possibly-received' | 'delivered'
  readonly outcome: string
}

const http = (listener: RequestListener): Promise<Loopback> => listen(createServer(listener))

const faults: readonly Fault[] = [
  {
    what: 'never answers',
    listen: () => http((request) => void request.resume()),
    state: 'possibly-received',
    outcome: 'unknown',
  },
  {
    what: 'takes the connection and says nothing of TLS',
    listen: () => listen(createTcpServer((socket) => void socket.resume())),
    scheme: 'https',
    state: 'queued',
    outcome: 'not-sent',
  },
  {
    what: 'answers 10 GB',
    listen: () =>
      http((request, response) => {
        request.resume()
        response.writeHead(200, { 'content-length': String(10 * 2 ** 30) })
        const pour = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        }
        response.on('drain', pour)
        pour()
      }),
    // It has taken its decision with the status; the rest is cut.
    state: 'delivered',
    outcome: 'delivered',
  },
  {
    what: 'answers with headers without end',
    listen: () =>
      listen(
        createTcpServer((socket) => {
          socket.on('error', () => undefined)
          socket.write('HTTP/1.1 200 OK\r\n')
          const timer = setInterval(() => socket.write(`x-${Math.random()}: y\r\n`), 5)
          socket.on('close', () => clearInterval(timer))
          socket.resume()
        }),
      ),
    state: 'possibly-received',
    outcome: 'unknown',
  },
  {
    what: 'redirects to loopback',
    listen: (inside) =>
      http((request, response) => {
        request.resume()
        response.writeHead(307, { location: `http://${inside.host}/` }).end()
      }),
    state: 'queued',
    outcome: 'failed',
  },
  {
    what: 'presents a certificate nobody vouches for',
    listen: () => listen(createSecureServer(selfSigned(SICK), (_request, response) => response.end())),
    scheme: 'https',
    state: 'queued',
    outcome: 'not-sent',
  },
  {
    what: 'changes its DNS answer to an address inside',
    listen: async (inside) => inside,
    thenInside: true,
    state: 'queued',
    outcome: 'not-sent',
  },
  {
    what: 'hangs up',
    listen: () => http((_request, response) => response.destroy()),
    state: 'possibly-received',
    outcome: 'unknown',
  },
]

describe('beside a receiver that', () => {
  /** Fewer than open the breaker, so that every lane is tried. */
  const CLIENTS = FAILURES_TO_OPEN - 1
  let gateway: TestGateway
  let clients: Enrolled[] = []
  let healthy: Loopback
  const seen: string[] = []
  let run = 0

  beforeAll(async () => {
    healthy = await listen(createServer(receiver(seen)))
    gateway = await startTestGateway('pglite', parties('http://unused.example.fi/hook'))
    clients = []
    for (let n = 1; n <= CLIENTS; n += 1) clients.push(await enrol(gateway, testStory(`sick-${n}`, hetu(n))))
    await gateway.drain()
  })
  afterAll(async () => {
    expect(gateway.faults).toEqual([])
    await healthy.close()
    await gateway.close()
  })

  /** Both endpoints are the team's, so that every client has a lane at each. */
  function parties(sickUrl: string): readonly Party[] {
    return testParties().flatMap((party) => {
      if (party.id === 'office') return []
      const inbox = party.endpoints.filter(({ channel }) => channel === 'inbox')
      const hooks = [webhook('sick', sickUrl), webhook('healthy', `http://${HEALTHY}:${healthy.port}/hook`)]
      return [party.id === 'team' ? { ...party, endpoints: [...hooks, ...inbox] } : party]
    })
  }

  const tellAll = async (): Promise<void> => {
    for (const { patient } of clients) {
      run += 1
      const body = rehabilitationSupport(testStory(`benefit-${run}`), patient, '2026-06-30')
      expect((await gateway.call('hospital', 'POST', '/fhir/Observation', body)).status).toBe(201)
    }
  }
  const states = (endpoint: string) =>
    gateway.opened.rows(
      `select state, count(*)::int as n from disclosure where endpoint = $1 and state in ('queued', 'possibly-received', 'sending', 'dead')
       or endpoint = $1 and state = 'delivered' and settled_at >= $2 group by state order by state`,
      [endpoint, gateway.clock.now],
    )

  it.each(faults)('$what, everything arrives elsewhere at once, and nothing is lost', async (fault) => {
    gateway.clock.now += 86_400_000
    await gateway.opened.store.transaction((tx) => tx.endpoints.change('sick', () => quiet))
    let reached = 0
    const inside = await http((_request, response) => {
      reached += 1
      response.end()
    })
    const loopback = await fault.listen(inside)
    const url = `${fault.scheme ?? 'http'}://${SICK}:${loopback.port}/hook`
    const attempts: string[] = []
    const door = doorTo({ sick: loopback.port, healthy: healthy.port, closed: fault.thenInside === true })
    const relay: Relay = {
      ...gateway.relay,
      parties: { ...gateway.relay.parties, all: parties(url) },
      channels: { webhook: webhookChannel(door, TIMEOUT_MS) },
      observe: (one) => void (one.kind === 'attempt' && one.endpoint === 'sick' && attempts.push(one.outcome)),
    }
    await tellAll()
    const before = seen.length
    const draining = drain(relay)
    await vi.waitFor(() => expect(seen.length - before).toBe(CLIENTS), { timeout: 20_000, interval: 5 })
    await draining
    await door.close()
    expect(new Set(attempts)).toEqual(new Set([fault.outcome]))
    expect(await states('sick')).toEqual([{ state: fault.state, n: CLIENTS }])
    expect(await states('healthy')).toEqual([{ state: 'delivered', n: CLIENTS }])
    expect([reached, fault.thenInside === true ? inside.connections() : 0]).toEqual([0, 0])

    // It is mended, and everything comes.
    await loopback.close()
    const mended: string[] = []
    const well = await listen(createServer(receiver(mended)))
    const open = doorTo({ sick: well.port, healthy: healthy.port, closed: false })
    gateway.clock.now += 400_000
    const again = {
      ...relay,
      parties: { ...relay.parties, all: parties(`http://${SICK}:${well.port}/hook`) },
      channels: { webhook: webhookChannel(open, TIMEOUT_MS) },
    }
    await drain(again)
    await drain(again)
    await open.close()
    await well.close()
    if (inside !== loopback) await inside.close()
    expect(new Set(mended).size).toBe(fault.state === 'delivered' ? 0 : CLIENTS)
    expect(
      await gateway.opened.rows(`select 1 from disclosure where endpoint = 'sick' and state <> 'delivered'`),
    ).toEqual([])
  })
})

const quiet = {
  pausedAt: undefined,
  disabledAt: undefined,
  failures: 0,
  openedAt: undefined,
  openings: 0,
  retryAt: undefined,
}

/** Both names lie on the loopback address, which only those two may; `closed`: the sick one is no longer among them. */
const doorTo = (at: { readonly sick: number; readonly healthy: number; readonly closed: boolean }): Outbound =>
  createOutbound(
    {
      ...policy,
      connectTimeoutMs: 1_500,
      totalTimeoutMs: TIMEOUT_MS,
      allowPrivate: [`${HEALTHY}:${at.healthy}`, ...(at.closed ? [] : [`${SICK}:${at.sick}`])],
      maxConnections: 16,
    },
    { lookup: async () => [{ address: '127.0.0.1', family: 4 }] },
  )
