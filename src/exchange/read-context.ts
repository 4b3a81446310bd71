import type { Party } from '../domain/party.ts'
import type { Transaction } from '../store/store.ts'
import type { Exchange } from './exchange.ts'

/** A resource as its reader may see it now. */
export type ReadResource = { readonly resource: unknown; readonly version: number; readonly updatedAt: number }

/** One caller reading, inside one transaction. */
export type ReadContext = {
  readonly exchange: Exchange
  readonly caller: Party
  readonly tx: Transaction
  readonly at: number
}
