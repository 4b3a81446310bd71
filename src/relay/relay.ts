import type { Policy } from '../consent/request.ts'
import type { Parties, Party, PushedEndpoint } from '../domain/party.ts'
import type { Store } from '../store/store.ts'
import type { Channel } from './channel.ts'
import type { Observation } from './metrics.ts'

/** What the relay works with. Times in milliseconds. */
export type Relay = {
  readonly store: Store
  readonly parties: Parties
  readonly policy: Policy
  /** What is not there cannot be sent by this process. */
  readonly channels: { readonly webhook: Channel; readonly 'fhir-server'?: Channel }
  readonly gateway: string
  readonly baseUrl: string
  readonly leaseMs: number
  readonly pollMs: number
  readonly workers: number
  /** Waits after the first, second … failed attempt; after the last of them an item is dead. */
  readonly retrySeconds: readonly number[]
  now(): number
  newId(): string
  random(): number
  /** Told of what workers do, to count it. */
  readonly observe?: ((observation: Observation) => void) | undefined
  /** Faults of a worker; never client data. */
  report(what: string, error: unknown): void
}

export type PushEndpoint = { readonly party: Party; readonly endpoint: PushedEndpoint }

/** Endpoints that have lanes, by id: inboxes wait to be read, and notices by e-mail are about no client. */
export const pushEndpoints = (parties: Parties): ReadonlyMap<string, PushEndpoint> =>
  new Map(
    parties.all.flatMap((party) =>
      party.endpoints.flatMap((endpoint) =>
        endpoint.channel === 'inbox' || endpoint.channel === 'notice'
          ? []
          : [[endpoint.id, { party, endpoint }] as const],
      ),
    ),
  )
