import type { Policy } from '../consent/request.ts'
import type { Parties } from '../domain/party.ts'
import type { Pseudonyms } from '../store/pseudonym.ts'
import type { Store } from '../store/store.ts'

/** What every exchange needs; the clock and new ids are arguments so that the pure rooms stay pure. */
export type Exchange = {
  readonly store: Store
  readonly parties: Parties
  readonly policy: Policy
  readonly pseudonyms: Pseudonyms
  /** Identifier systems that are the same everywhere, by which per-party patient records are linked. */
  readonly linkingSystems: readonly string[]
  /** How the gateway names itself in the audit. */
  readonly gateway: string
  /** Lower-case hexadecimal SHA-256. */
  sha256(bytes: Uint8Array): string
  now(): number
  newId(): string
  /** Told of what is passed over because it is damaged, so that it is not silent; never client data. */
  readonly report?: ((what: string) => void) | undefined
}
