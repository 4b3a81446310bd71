/**
 * How a person or organisation is named: by reference (`Patient/aino`) or by business identifier.
 * Both become one comparable word, so that a set of names is a set of strings.
 */
export type Identity = string & { readonly __brand: 'Identity' }

export type Identifier = { readonly system: string; readonly value: string }

/** A reference as written, without version: `Organization/54`, `urn:uuid:…`. */
export const referenceIdentity = (reference: string): Identity => brand(`ref:${reference.split('/_history/')[0] ?? ''}`)

/** Assigning authority + value, never the bare value: the same number in two registers is two people. */
export const identifierIdentity = (identifier: Identifier): Identity =>
  brand(`id:${identifier.system}|${identifier.value}`)

/** The gateway's own name for a client, used where per-party records have been linked. */
export const clientIdentity = (clientId: string): Identity => brand(`client:${clientId}`)

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a brand can only be made by asserting it
const brand = (word: string): Identity => word as Identity
