import type { Endpoint } from '../domain/party.ts'
import { type EndpointState, quietState } from '../store/queries/endpoints.ts'
import type { Backlog } from '../store/queries/operations.ts'
import type { Transaction } from '../store/store.ts'
import type { Exchange } from './exchange.ts'
import { laneWait, nextAttemptOf } from './lane-wait.ts'

/** What an operator sees of the relay: ids only. Whoever calls makes sure that she is one. */
export type EndpointLine = Omit<Backlog, 'oldest'> & {
  readonly channel: Endpoint['channel'] | undefined
  /** The party it belongs to; undefined for one that is no longer configured. */
  readonly party: string | undefined
  readonly state: EndpointWord
  readonly since: string | undefined
  readonly failures: number
  /** When a broken endpoint is tried again. */
  readonly retryAt: string | undefined
  readonly oldestSeconds: number | undefined
}
type EndpointWord = 'works' | 'paused' | 'gone' | 'broken'

export const relayStatus = (exchange: Exchange): Promise<readonly EndpointLine[]> =>
  exchange.store.transaction(async (tx) => {
    const [states, backlog] = await Promise.all([tx.endpoints.states(), tx.operations.backlog(exchange.now())])
    const configured = pushed(exchange)
    const queued = new Map(backlog.map((one) => [one.endpoint, one]))
    const ids = [...new Set([...configured.keys(), ...queued.keys(), ...states.keys()])].toSorted()
    const at = exchange.now()
    return ids.map((endpoint) => {
      const { oldest, ...counts } = queued.get(endpoint) ?? { ...nothing, endpoint, oldest: undefined }
      const state = states.get(endpoint) ?? quietState
      const known = configured.get(endpoint)
      return {
        ...counts,
        party: known?.party,
        channel: known?.channel,
        ...wordOf(state),
        failures: state.failures,
        retryAt: isoOf(state.retryAt),
        oldestSeconds: oldest === undefined ? undefined : Math.max(0, Math.round((at - oldest) / 1000)),
      }
    })
  })

const nothing = { pending: 0, sending: 0, dead: 0, blockedLanes: 0, stuckLanes: 0 }

const pushed = ({ parties }: Exchange) =>
  new Map(
    parties.all.flatMap((party) =>
      party.endpoints.flatMap(({ id, channel }) =>
        channel === 'inbox' ? [] : [[id, { party: party.id, channel }] as const],
      ),
    ),
  )

const wordOf = (state: EndpointState): { readonly state: EndpointWord; readonly since: string | undefined } => {
  if (state.pausedAt !== undefined) return { state: 'paused', since: isoOf(state.pausedAt) }
  if (state.disabledAt !== undefined) return { state: 'gone', since: isoOf(state.disabledAt) }
  if (state.openedAt !== undefined) return { state: 'broken', since: isoOf(state.openedAt) }
  return { state: 'works', since: undefined }
}

const isoOf = (instant: number | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString()

/** Lanes with something in them and why they do not move, the longest waiting first. */
export const relayLanes = (exchange: Exchange, endpoint: string | undefined, most: number) =>
  exchange.store.transaction(async (tx) => {
    if (endpoint !== undefined && !(await isPushedTo(exchange, tx, endpoint))) return undefined
    const [lanes, states, held] = await Promise.all([
      tx.operations.lanes({ endpoint, most }),
      tx.endpoints.states(),
      tx.restores.unreleased(),
    ])
    const [configured, now] = [pushed(exchange), exchange.now()]
    return lanes.map((lane) => {
      const waits = laneWait(lane, {
        endpoint: states.get(lane.endpoint) ?? quietState,
        isConfigured: configured.has(lane.endpoint),
        isHeld: held !== undefined,
        now,
      })
      const { head, headState, attempts, lastFailure, open, clientId, oldest } = lane
      return {
        endpoint: lane.endpoint,
        waits,
        nextAttempt: isoOf(nextAttemptOf(lane, waits, now)),
        head,
        headState,
        attempts,
        lastFailure,
        open,
        oldest: isoOf(oldest),
        client: clientId,
      }
    })
  })

/** Items that no attempt is left for, the oldest first. */
export const deadLetters = (exchange: Exchange, endpoint: string | undefined, most: number) =>
  exchange.store.transaction(async (tx) => {
    if (endpoint !== undefined && !(await isPushedTo(exchange, tx, endpoint))) return undefined
    return (await tx.operations.dead({ endpoint, most })).map((one) => ({
      id: one.id,
      endpoint: one.endpoint,
      client: one.clientId,
      attempts: one.attempts,
      lastFailure: one.lastFailure,
      mayHaveArrived: one.sentAt !== undefined,
      at: isoOf(one.createdAt),
      gaveUpAt: isoOf(one.settledAt),
    }))
  })

/** Whether it is configured, or something is still known of it or waits for it. An inbox is not pushed to. */
export const isPushedTo = async (exchange: Exchange, tx: Transaction, endpoint: string): Promise<boolean> => {
  if (pushed(exchange).has(endpoint)) return true
  const [states, backlog] = await Promise.all([tx.endpoints.states(), tx.operations.backlog(exchange.now())])
  return states.has(endpoint) || backlog.some((one) => one.endpoint === endpoint)
}
