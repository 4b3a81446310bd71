import { Client } from 'undici'
import { answerParent } from './answer-parent.ts'
import { percentile } from './figures.ts'
import { fourResourcesOf, oneResourceOf, referralOf } from './stories.ts'

export const bodies = { one: oneResourceOf, four: fourResourcesOf, referral: referralOf }

export type LoadOrder = {
  readonly origin: string
  readonly path: string
  readonly token: string
  readonly body: keyof typeof bodies
  /** Number of the first client. Every referral is about another one; the floors do not look. */
  readonly first: number
  readonly seconds: number
  readonly connections: number
}

export type LoadResult = {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** Answered with 2xx at all, before and after the measured window too. */
  readonly accepted: number
  /** Of the whole load, in seconds. */
  readonly elapsed: number
}

answerParent({ start: () => undefined, load: (order: LoadOrder) => load(order), stop: () => undefined })

const RAMP_MS = 500
/** Bodies are made before the clock starts; should they run out, more are made on the way. */
const PREPARED_PER_SECOND = 500

/** A closed loop: each connection sends its next request when the last one is answered. @throws on any other answer. */
const load = async (order: LoadOrder): Promise<LoadResult> => {
  const { origin, path, token, body, first, seconds, connections } = order
  const make = bodies[body]
  const count = Math.ceil((seconds + RAMP_MS / 1000) * PREPARED_PER_SECOND)
  const prepared = Array.from({ length: count }, (_, index) => make(first + index))
  const headers = { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}` }
  const durations: number[] = []
  let next = 0
  let accepted = 0
  const begun = performance.now()
  const from = begun + RAMP_MS
  const until = from + seconds * 1000
  const loop = async (): Promise<void> => {
    const client = new Client(origin)
    while (performance.now() < until) {
      const n = next
      next += 1
      const text = prepared[body === 'referral' ? n : n % count] ?? make(first + n)
      const sent = performance.now()
      const answer = await client.request({ method: 'POST', path, headers, body: text })
      const said = await answer.body.text()
      const answered = performance.now()
      if (answer.statusCode >= 300) throw new Error(`${path} answered ${answer.statusCode}: ${said.slice(0, 500)}`)
      accepted += 1
      if (answered > from && answered <= until) durations.push(answered - sent)
    }
    await client.close()
  }
  await Promise.all(Array.from({ length: connections }, loop))
  return {
    perSecond: durations.length / seconds,
    p50: percentile(durations, 0.5),
    p99: percentile(durations, 0.99),
    accepted,
    elapsed: (performance.now() - begun) / 1000,
  }
}
