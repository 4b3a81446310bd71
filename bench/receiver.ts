import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'undici'
import { answerParent } from './answer-parent.ts'
import { createCrowd, type CrowdOrder } from './crowd.ts'
import { medicationBundleOf, medicationMessageOf, referralOf } from './stories.ts'

export type LatencyOrder = {
  readonly origin: string
  readonly path: string
  readonly token: string
  readonly body: 'bundle' | 'message'
  readonly messages: number
  /** Ends earlier than that after so many milliseconds. */
  readonly most: number
  /** Names these messages, so that none is a repetition. */
  readonly round: string
}

export type EnrolOrder = {
  readonly origin: string
  readonly token: string
  readonly first: number
  readonly count: number
}

/** Milliseconds from before the POST to the first byte of the webhook's body, and to the POST's own answer. */
export type LatencyResult = { readonly arrived: readonly number[]; readonly answered: readonly number[] }

/** The recipient: takes webhooks and answers 204 at once. For latencies it plays the sender too, on the same clock. */
const server = createServer((request, response) => receive(request, response))
// Longer than any pause of the benchmark: a connection closed while it is used would be a retry.
server.keepAliveTimeout = 120_000

let arrivals = 0
let unsigned = 0
let waiter: ((at: number) => void) | undefined
const crowd = createCrowd()
const enrolled: { readonly n: number; readonly patient: string }[] = []

const receive = (request: IncomingMessage, response: ServerResponse): void => {
  request.once('data', () => {
    waiter?.(performance.now())
    waiter = undefined
  })
  if (crowd.isListening()) {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.once('end', () => crowd.hear(Buffer.concat(parts).toString('utf8'), performance.now()))
  }
  request.once('end', () => {
    arrivals += 1
    if (!/^v1,.{40,}/.test(String(request.headers['webhook-signature']))) unsigned += 1
    response.writeHead(204).end()
  })
  request.resume()
}

answerParent({
  start: () => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)),
  port: () => (server.address() as AddressInfo).port,
  arrivals: () => {
    if (unsigned > 0) throw new Error(`${unsigned} webhooks came without a signature`)
    return arrivals
  },
  enrol: (order: EnrolOrder) => enrol(order),
  measure: (order: LatencyOrder) => measure(order),
  crowd: (order: Omit<CrowdOrder, 'clients'> & { readonly together: number }) =>
    crowd.run({ ...order, clients: enrolled.slice(0, order.together) }),
  stop: () => undefined,
})

const enrol = async ({ origin, token, first, count }: EnrolOrder): Promise<void> => {
  const client = new Client(origin)
  enrolled.length = 0
  for (let n = first; n < first + count; n += 1) {
    const answer = await post(client, '/fhir', token, referralOf(n))
    const { entry } = JSON.parse(answer) as { entry: { response: { location: string } }[] }
    enrolled.push({ n, patient: (entry[0]?.response.location ?? '').split('/_history')[0] ?? '' })
  }
  await client.close()
}

const WARM_UP = 10

const measure = async (order: LatencyOrder): Promise<LatencyResult> => {
  const { origin, path, token, body, messages, most, round } = order
  const client = new Client(origin)
  const arrived: number[] = []
  const answered: number[] = []
  const make = body === 'bundle' ? medicationBundleOf : medicationMessageOf
  const until = performance.now() + most
  for (let i = -WARM_UP; i < messages && performance.now() < until; i += 1) {
    const { n, patient } = enrolled[(i + WARM_UP) % enrolled.length] ?? { n: 0, patient: 'Patient/none' }
    const text = make(n, patient, `${round}-${i}`)
    const arrival = new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('a webhook did not come within 5 s')), 5000)
      waiter = (at) => {
        clearTimeout(timer)
        resolve(at)
      }
    })
    const sent = performance.now()
    const answer = post(client, path, token, text).then(() => performance.now())
    const [at, answeredAt] = await Promise.all([arrival, answer])
    if (i >= 0) {
      arrived.push(at - sent)
      answered.push(answeredAt - sent)
    }
    // Uneven, so that it never falls into step with a timer of the server.
    await pause(5 + (((i + WARM_UP) * 7) % 16))
  }
  await client.close()
  return { arrived, answered }
}

const post = async (client: Client, path: string, token: string, body: string): Promise<string> => {
  const headers = { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}` }
  const answer = await client.request({ method: 'POST', path, headers, body })
  const said = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${path} answered ${answer.statusCode}: ${said.slice(0, 500)}`)
  return said
}
