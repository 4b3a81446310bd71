import { hash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arrival } from './evidence.ts'
import { pick } from './random.ts'
import { DELIVERY_TIMEOUT_MS } from './scene.ts'

/** The recipients' webhooks: they log what comes, and answer well, badly, late, or not at all. */
export type Receiver = {
  readonly origin: string
  readonly arrivals: Arrival[]
  /** How often each way of answering was chosen. */
  readonly moods: Readonly<Record<string, number>>
  /** From now on everything is taken at once. */
  heal(): void
  /** Refuses connections for a while. */
  away(ms: number): Promise<void>
  /** Answers 500 at one endpoint for a while. */
  down(endpoint: string, ms: number): Promise<void>
  close(): Promise<void>
}

type Mood = 'take' | 'fail' | 'busy' | 'redirect' | 'never' | 'late' | 'reset' | 'reset-after-taking'

const moods: readonly (readonly [Mood, number])[] = [
  ['take', 82],
  ['fail', 5],
  ['busy', 2],
  ['redirect', 1],
  ['never', 2],
  ['late', 3],
  ['reset', 2],
  ['reset-after-taking', 3],
]
const taking: readonly Mood[] = ['take', 'late', 'reset-after-taking']

export const startReceiver = async (random: () => number): Promise<Receiver> => {
  const arrivals: Arrival[] = []
  const chosen: Record<string, number> = {}
  const down = new Set<string>()
  let healed = false

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    if (body === undefined) return
    const endpoint = (request.url ?? '').slice(1)
    const mood = healed ? 'take' : down.has(endpoint) ? 'fail' : pick(random, moods)
    chosen[mood] = (chosen[mood] ?? 0) + 1
    const id = String(request.headers['webhook-id'])
    const digest = hash('sha256', body)
    arrivals.push({ endpoint, id, digest, number: numberIn(body), accepted: taking.includes(mood) })
    await answer(mood, request, response)
  }
  const make = () =>
    createServer((request, response) => {
      receive(request, response).catch(() => response.destroy())
    })
  let server = make()
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    })
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const port = await listen(0)
  return {
    origin: `http://127.0.0.1:${port}`,
    arrivals,
    moods: chosen,
    heal: () => {
      healed = true
      down.clear()
    },
    away: async (ms) => {
      if (!server.listening) return
      await close()
      await sleep(ms)
      server = make()
      await listen(port)
    },
    down: async (endpoint, ms) => {
      down.add(endpoint)
      await sleep(ms)
      down.delete(endpoint)
    },
    close,
  }
}

/** @returns undefined when the sender went away in the middle. */
const bodyOf = async (request: IncomingMessage): Promise<string | undefined> => {
  const parts: Buffer[] = []
  try {
    for await (const part of request) parts.push(part as Buffer)
    return Buffer.concat(parts).toString('utf8')
  } catch {
    return undefined
  }
}

const answer = async (mood: Mood, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  switch (mood) {
    case 'take':
      response.writeHead(204).end()
      return
    case 'fail':
      response.writeHead(500).end()
      return
    case 'busy':
      response.writeHead(503, { 'retry-after': '1' }).end()
      return
    case 'redirect':
      response.writeHead(307, { location: '/elsewhere' }).end()
      return
    case 'late':
      await sleep(DELIVERY_TIMEOUT_MS * 1.3)
      response.writeHead(204).end()
      return
    case 'reset':
    case 'reset-after-taking':
      request.socket.resetAndDestroy()
      return
    case 'never':
  }
}

/** A thin body says which number of its lane it is. */
const numberIn = (body: string): number | undefined => {
  const read = JSON.parse(body) as { readonly sequence?: string }
  return read.sequence === undefined ? undefined : Number(read.sequence)
}
