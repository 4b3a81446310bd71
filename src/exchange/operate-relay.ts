import { auditParty } from '../audit/audit-subject.ts'
import { type OperationKind, operationEntry } from '../audit/operation-event.ts'
import type { Party } from '../domain/party.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import { type EndpointState, quietState } from '../store/queries/endpoints.ts'
import type { Replay } from '../store/queries/operations.ts'
import type { Transaction } from '../store/store.ts'
import type { Exchange } from './exchange.ts'
import { isPushedTo } from './look-at-relay.ts'

/** What an operator does about the relay; whoever calls makes sure that she is one. What she sees: `look-at-relay.ts`. */
export type Operator = { readonly party: Party; readonly requestId: string | undefined }

/**
 * Sends again, exactly; what may no longer be told is withheld when its turn comes.
 *
 * @returns the ids queued; undefined for an endpoint that is not pushed to.
 */
export const replay = (
  exchange: Exchange,
  operator: Operator,
  which: Omit<Replay, 'at'>,
): Promise<readonly string[] | undefined> =>
  exchange.store.transaction(async (tx) => {
    if (which.endpoint !== undefined && !(await isPushedTo(exchange, tx, which.endpoint))) return undefined
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

/** @returns false for an endpoint that is not pushed to. */
const changeEndpoint = (
  exchange: Exchange,
  operator: Operator,
  endpoint: string,
  what: OperationKind,
  how: (state: EndpointState) => EndpointState,
): Promise<boolean> =>
  exchange.store.transaction(async (tx) => {
    if (!(await isPushedTo(exchange, tx, endpoint))) return false
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
