import { auditParty } from '../audit/audit-subject.ts'
import { type OperationKind, operationEntry } from '../audit/operation-event.ts'
import type { Endpoint, Party } from '../domain/party.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import { type EndpointState, quietState } from '../store/queries/endpoints.ts'
import type { Backlog, Replay } from '../store/queries/operations.ts'
import type { Transaction } from '../store/store.ts'
import type { Exchange } from './exchange.ts'

/** The operator's side of the relay: what she sees and does. Holds ids only; whoever calls makes sure that she is one. */
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

export const relayLanes = (exchange: Exchange, endpoint: string | undefined, most: number) =>
  exchange.store.transaction(async (tx) =>
    (await tx.operations.lanes({ endpoint, most })).map(({ clientId, oldest, nextAttempt, ...lane }) => ({
      ...lane,
      client: clientId,
      oldest: isoOf(oldest),
      nextAttempt: isoOf(nextAttempt),
    })),
  )

export const deadLetters = (exchange: Exchange, endpoint: string | undefined, most: number) =>
  exchange.store.transaction(async (tx) =>
    (await tx.operations.dead({ endpoint, most })).map((one) => ({
      id: one.id,
      endpoint: one.endpoint,
      client: one.clientId,
      attempts: one.attempts,
      mayHaveArrived: one.sentAt !== undefined,
      at: isoOf(one.createdAt),
      gaveUpAt: isoOf(one.settledAt),
    })),
  )

export type Operator = { readonly party: Party; readonly requestId: string | undefined }

/** Sends again, exactly; what may no longer be told is withheld when its turn comes. @returns the ids queued. */
export const replay = (exchange: Exchange, operator: Operator, which: Omit<Replay, 'at'>): Promise<readonly string[]> =>
  exchange.store.transaction(async (tx) => {
    const queued = await tx.operations.replay({ ...which, at: exchange.now() })
    await record(exchange, tx, operator, 'replayed', queued)
    return queued.map(({ id }) => id)
  })

/** @returns false when nothing of this id is waiting. */
export const skipItem = (exchange: Exchange, operator: Operator, id: string): Promise<boolean> =>
  exchange.store.transaction(async (tx) => {
    const item = await tx.operations.skip(id, exchange.now())
    if (item === undefined) return false
    await record(exchange, tx, operator, 'skipped', [item])
    return true
  })

/** Nothing more is started from the next look at the queues on, in every process; what is under way comes to its end. */
export const pauseEndpoint = (exchange: Exchange, operator: Operator, endpoint: string): Promise<boolean> =>
  changeEndpoint(exchange, operator, endpoint, 'paused', (state) => ({
    ...state,
    pausedAt: state.pausedAt ?? exchange.now(),
  }))

/** Lifts whatever stops the endpoint: a pause, its own word that it is gone, failures. Dead letters are replayed apart. */
export const resumeEndpoint = (exchange: Exchange, operator: Operator, endpoint: string): Promise<boolean> =>
  changeEndpoint(exchange, operator, endpoint, 'resumed', () => quietState)

/** @returns false for an endpoint that is not configured and of which nothing is known. */
const changeEndpoint = (
  exchange: Exchange,
  operator: Operator,
  endpoint: string,
  what: OperationKind,
  how: (state: EndpointState) => EndpointState,
): Promise<boolean> =>
  exchange.store.transaction(async (tx) => {
    const [states, backlog] = await Promise.all([tx.endpoints.states(), tx.operations.backlog(exchange.now())])
    const isKnown =
      pushed(exchange).has(endpoint) || states.has(endpoint) || backlog.some((one) => one.endpoint === endpoint)
    if (!isKnown) return false
    await tx.endpoints.change(endpoint, how)
    await record(exchange, tx, operator, what, [{ id: undefined, clientId: undefined, endpoint }])
    return true
  })

const record = (
  exchange: Exchange,
  tx: Transaction,
  { party, requestId }: Operator,
  what: OperationKind,
  items: readonly (Pick<Disclosure, 'clientId' | 'endpoint'> & { readonly id: string | undefined })[],
): Promise<void> =>
  tx.audit(
    items.map(({ id, clientId, endpoint = '' }) =>
      operationEntry(exchange.newId(), what, exchange.now(), {
        gateway: exchange.gateway,
        operator: auditParty(party),
        endpoint,
        client: clientId,
        disclosure: id,
        requestId,
      }),
    ),
  )
