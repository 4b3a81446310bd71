import { median, percentile } from './figures.ts'
import type { Options } from './options.ts'
import type { EnrolOrder, LatencyOrder, LatencyResult } from './receiver.ts'
import type { Stage } from './stage.ts'

/** Milliseconds from POST to the first byte of the webhook; `answered` is the median of the POST's own answer. */
export type Latency = { readonly p50: number; readonly p99: number; readonly answered: number }
export type Latencies = { readonly floor: Latency; readonly bundle: Latency; readonly message: Latency }

const CLIENTS = 20
const ROUND_MS = 5000

/** (b) One message at a time on an idle system, floor and ours in turns. */
export const measureLatency = async (
  stage: Stage,
  { rounds, messages }: Pick<Options, 'rounds' | 'messages'>,
): Promise<Latencies> => {
  const { receiver, gateway, floor } = stage
  const token = await gateway.child.ask<string>('token')
  const enrolment: EnrolOrder = { origin: gateway.origin, token, first: 1_900_000, count: CLIENTS }
  await receiver.ask('enrol', enrolment)
  // The referrals' own webhooks go first.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const results: Record<keyof Latencies, LatencyResult[]> = { floor: [], bundle: [], message: [] }
  for (let round = 0; round < rounds; round += 1) {
    for (const [what, origin, path] of [
      ['floor', floor.origin, '/event'],
      ['bundle', gateway.origin, '/fhir'],
      ['message', gateway.origin, '/fhir/Communication'],
    ] as const) {
      const body = what === 'bundle' ? 'bundle' : 'message'
      const order: LatencyOrder = { origin, path, token, body, messages, most: ROUND_MS, round: `${what}-${round}` }
      results[what].push(await receiver.ask<LatencyResult>('measure', order))
    }
  }
  return { floor: summary(results.floor), bundle: summary(results.bundle), message: summary(results.message) }
}

/** The median of the rounds' medians; the tail of all messages together, for a round alone has too few. */
const summary = (results: readonly LatencyResult[]): Latency => ({
  p50: median(results.map(({ arrived }) => median(arrived))),
  p99: percentile(
    results.flatMap(({ arrived }) => arrived),
    0.99,
  ),
  answered: median(results.map(({ answered }) => median(answered))),
})
