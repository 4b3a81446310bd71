import { isStoppedState } from '../store/queries/endpoints.ts'
import type { Backlog } from '../store/queries/operations.ts'
import type { Delivery } from './channel.ts'
import type { Relay } from './relay.ts'

/** What a worker did, for counting; never about whom. */
export type Observation =
  | { readonly kind: 'attempt'; readonly endpoint: string; readonly outcome: Delivery['outcome'] }
  /** Settled at the moment of sending without being sent. */
  | { readonly kind: 'withheld'; readonly endpoint: string }

export type Metrics = {
  observe(observation: Observation): void
  /** Prometheus text exposition format 0.0.4. Counters are of this process, gauges of the store all processes share. */
  text(): Promise<string>
}

export const createMetrics = (relay: Pick<Relay, 'store' | 'now'>): Metrics => {
  const attempts = new Map<string, number>()
  const withheld = new Map<string, number>()
  return {
    observe: (one) => {
      if (one.kind === 'attempt') add(attempts, labels({ endpoint: one.endpoint, outcome: one.outcome }))
      else add(withheld, labels({ endpoint: one.endpoint }))
    },
    text: async () => {
      const at = relay.now()
      const [backlog, states] = await relay.store.transaction((tx) =>
        Promise.all([tx.operations.backlog(at), tx.endpoints.states()]),
      )
      const perEndpoint = (valueOf: (one: Backlog) => number): Samples =>
        backlog.map((one) => [labels({ endpoint: one.endpoint }), valueOf(one)])
      const stopped = [...states].flatMap(([endpoint, state]): Samples =>
        isStoppedState(state) ? [[labels({ endpoint }), 1]] : [],
      )
      return [
        family(
          'pending',
          'gauge',
          'Items waiting to be sent',
          perEndpoint(({ pending }) => pending),
        ),
        family(
          'sending',
          'gauge',
          'Items being sent',
          perEndpoint(({ sending }) => sending),
        ),
        family(
          'dead',
          'gauge',
          'Dead letters',
          perEndpoint(({ dead }) => dead),
        ),
        family(
          'blocked_lanes',
          'gauge',
          'Lanes a dead letter blocks',
          perEndpoint((one) => one.blockedLanes),
        ),
        family(
          'stuck_lanes',
          'gauge',
          'Lanes that have waited for 15 minutes',
          perEndpoint((one) => one.stuckLanes),
        ),
        family('oldest_undelivered_seconds', 'gauge', 'Age of the oldest undelivered item', [
          ...perEndpoint(({ oldest }) => Math.max(0, (at - oldest) / 1000)),
        ]),
        family('endpoint_stopped', 'gauge', 'Endpoints that nothing is sent to now', stopped),
        family('attempts_total', 'counter', 'Deliveries tried, by outcome', [...attempts]),
        family('withheld_total', 'counter', 'Items not sent by the decision at the moment of sending', [...withheld]),
      ].join('')
    },
  }
}

type Samples = readonly (readonly [labels: string, value: number])[]

const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

/** Ids of endpoints are small letters, digits and hyphens (configuration), outcomes our own words: nothing to escape. */
const labels = (named: Readonly<Record<string, string>>): string =>
  Object.entries(named)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')

const family = (name: string, type: 'gauge' | 'counter', help: string, samples: Samples): string =>
  [
    `# HELP ips_relay_${name} ${help}.`,
    `# TYPE ips_relay_${name} ${type}`,
    ...samples.map(([label, value]) => `ips_relay_${name}{${label}} ${value}`),
    '',
  ].join('\n')
