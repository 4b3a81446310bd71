import type { DecisionRecord, Permit } from '../../src/consent/decide.ts'
import { spendPermit } from '../../src/consent/decide.ts'
import type { Identity } from '../../src/domain/identity.ts'
import type { Envelope } from '../../src/relay/envelope.ts'
import { sealUpdate } from '../../src/relay/envelope.ts'
import type { QueueItem } from '../../src/store/queries/outbox.ts'
import type { Store, Transaction } from '../../src/store/store.ts'

// What must not compile. `tsc` fails when one of these lines does.

declare const store: Store
declare const tx: Transaction
declare const record: DecisionRecord
declare const item: QueueItem
declare const genuine: Permit
declare const person: Identity

const lookAlike = { client: [person], recipient: [person], information: undefined, record }
const branded = { ...lookAlike, permitBrand: true, [Symbol('permitBrand')]: true } as const

// @ts-expect-error -- a look-alike is no permit
export const forged: Permit = lookAlike
// @ts-expect-error -- nor is one with a brand of its own
export const counterfeit: Permit = branded
// @ts-expect-error -- a look-alike cannot be spent
export const spend = (): void => spendPermit(lookAlike)

// @ts-expect-error -- nothing enters a lane with a look-alike
export const queued = tx.outbox.enqueue([{ permit: lookAlike, item }])
// @ts-expect-error -- nor without a permit
export const unpermitted = tx.outbox.enqueue([{ item }])
// @ts-expect-error -- a decision's record is not its permit
export const recorded = tx.outbox.enqueue([{ permit: record, item }])
export const permitted = tx.outbox.enqueue([{ permit: genuine, item }])

// @ts-expect-error -- an envelope cannot be made by hand
export const handMade: Envelope = { id: '1', contentType: 'text/plain', body: '' }
// @ts-expect-error -- nor sealed with a look-alike
export const sealed: Envelope = sealUpdate(lookAlike, 'c', { id: '1', contentType: 'text/plain', body: '' })
export const proper: Envelope = sealUpdate(genuine, 'c', { id: '1', contentType: 'text/plain', body: '' })

// @ts-expect-error -- no audit outside a transaction
export const auditOutside = store.audit
// @ts-expect-error -- no outbox outside a transaction
export const outboxOutside = store.outbox
// @ts-expect-error -- a word is no identity until it was read as one
export const identity: Identity = 'ref:Patient/aino'
