import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { INFORMATION_SYSTEM } from '../src/domain/codes.ts'
import { type Child, startChild } from './child.ts'
import { percentile } from './figures.ts'
import { describeMachine, load } from './machine.ts'
import { engines, type Engine } from './options.ts'
import { openPlaces } from './places.ts'
import { medicationMessageOf, referralOf } from './stories.ts'

/**
 * `npm run -s bench:withdrawal`: milliseconds from the answer to a withdrawal, by which it has committed, to the last
 * arrival of anything it forbids, while every client's news are posted as fast as they are taken. The receiver answers
 * after `ANSWER_MS`, so that there is always something in flight. 0: nothing came any more. `--quick`: fewer clients.
 */
const CLIENTS = process.argv.includes('--quick') ? 20 : 60
const SENDERS = 8
const ANSWER_MS = 20
const SETTLE_MS = 1500

type Client = { readonly n: number; readonly patient: string; readonly consent: string; readonly subject: string }
type Figures = { readonly commit: readonly number[]; readonly after: readonly number[]; readonly news: number }

const measure = async (origin: string, token: string, arrivals: Arrivals): Promise<Figures> => {
  const call = (method: string, path: string, body?: string, more: Record<string, string> = {}): Promise<Response> =>
    fetch(`${origin}${path}`, {
      method,
      headers: { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}`, ...more },
      ...(body !== undefined && { body }),
    })
  const clients: Client[] = []
  for (let n = 0; n < CLIENTS; n += 1) clients.push(await enrol(call, n, arrivals))
  const over = new AbortController()
  let news = 0
  const withdrawn = new Set<Client>()
  const sender = async (from: number): Promise<void> => {
    for (let n = from; !over.signal.aborted; n += SENDERS) {
      const client = clients[n % CLIENTS]
      if (client === undefined || withdrawn.has(client)) continue
      await call('POST', '/fhir/Communication', medicationMessageOf(client.n, client.patient, `news-${n}`))
      news += 1
    }
  }
  const senders = Promise.all(Array.from({ length: SENDERS }, (_, from) => sender(from)))
  await pause(500)
  const [commit, after]: [number[], number[]] = [[], []]
  // The last few stay, so that the others are withdrawn from under load.
  for (const client of clients.slice(0, -SENDERS)) {
    const read = await (await call('GET', `/fhir/${client.consent}`)).json()
    const begun = performance.now()
    const body = JSON.stringify({ ...(read as object), status: 'inactive' })
    const answer = await call('PUT', `/fhir/${client.consent}`, body, { 'if-match': 'W/"1"' })
    const answered = performance.now()
    if (answer.status !== 200) throw new Error(`a withdrawal was answered with ${answer.status}`)
    withdrawn.add(client)
    commit.push(answered - begun)
    void pause(SETTLE_MS).then(() => after.push(Math.max(0, (arrivals.last.get(client.subject) ?? 0) - answered)))
    await pause(25)
  }
  await pause(SETTLE_MS + 100)
  over.abort()
  await senders
  return { commit, after, news }
}

type Call = (method: string, path: string, body?: string) => Promise<Response>

/** One after the other, so that the first message that comes tells the team's name for her. */
const enrol = async (call: Call, n: number, arrivals: Arrivals): Promise<Client> => {
  arrivals.newest = ''
  const answer = (await (await call('POST', '/fhir', referralOf(n))).json()) as {
    readonly entry: readonly { readonly response: { readonly location: string } }[]
  }
  const place = (index: number): string => answer.entry[index]?.response.location.split('/_history')[0] ?? ''
  while (arrivals.newest === '') await pause(5)
  return { n, patient: place(0), consent: place(5), subject: arrivals.newest }
}

/** When something that needs a permission last arrived, by the team's name for the client. */
type Arrivals = { readonly last: Map<string, number>; newest: string }

const openReceiver = async (arrivals: Arrivals) => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const at = performance.now()
      const body = JSON.parse(Buffer.concat(chunks).toString())
      if (body.category?.[0]?.coding?.[0]?.system === INFORMATION_SYSTEM) {
        arrivals.last.set(body.subject.reference, at)
        arrivals.newest = body.subject.reference
      }
      void pause(ANSWER_MS).then(() => response.writeHead(204).end())
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return { hook: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, close: () => server.close() }
}

const run = async (engine: Engine): Promise<void> => {
  const places = await openPlaces(engine)
  if (places === undefined) return console.log(`${engine}: not installed here`)
  const arrivals: Arrivals = { last: new Map(), newest: '' }
  const receiver = await openReceiver(arrivals)
  let gateway: Child | undefined
  try {
    gateway = await startChild('gateway-server.ts', { place: places.gateway, hook: receiver.hook })
    const origin = `http://127.0.0.1:${await gateway.ask<number>('port')}`
    const { commit, after, news } = await measure(origin, await gateway.ask<string>('token'), arrivals)
    const inFlight = after.filter((ms) => ms > 0).length
    console.log(`${places.version}: ${commit.length} withdrawals among ${news} news`)
    console.log(line('asked → committed and answered', commit))
    console.log(`${line('committed → nothing more is sent', after)}, ${inFlight} with something in flight`)
  } finally {
    await gateway?.stop()
    receiver.close()
    await places.remove()
  }
}

const line = (what: string, values: readonly number[]): string => {
  const figure = (share: number): string => `${percentile(values, share).toFixed(1)} ms`.padStart(11)
  return `  ${what.padEnd(36)}p50${figure(0.5)}   p99${figure(0.99)}   most${figure(1)}`
}

const { cores, processor, node } = describeMachine()
console.log(`${cores} cores (${processor}), node ${node}, load average ${load().toFixed(2)}`)
for (const engine of engines) await run(engine)
