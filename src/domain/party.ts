import type { Identifier } from './identity.ts'
import type { Purpose } from './purpose.ts'

/**
 * A party: an organisation or system that sends or receives. Parties come from configuration only.
 *
 * `client-portal` serves the client herself (her log); `operator` looks after the queues and sees no client; `employer`
 * exists only so that it can be refused.
 */
export const partyKinds = [
  'care-organisation',
  'ips-team',
  'employment-service',
  'housing-service',
  'client-portal',
  'operator',
  'employer',
] as const
export type PartyKind = (typeof partyKinds)[number]

/** Kinds that health and attendance information may reach at all (hard rule; see `information.ts`). */
export const teamKinds: readonly PartyKind[] = ['care-organisation', 'ips-team']

export const languages = ['fi', 'sv', 'en'] as const
export type Language = (typeof languages)[number]

/** A person of a team who may read what the team received; dates (YYYY-MM-DD) inclusive in the policy zone. */
export type Member = {
  readonly identifier: Identifier
  readonly name: string
  readonly from: string | undefined
  readonly until: string | undefined
}

/** Labels stamped on everything a party sends in. `sensitivity` codes never reach a recipient: `SUD` is a diagnosis. */
export type Labels = {
  readonly confidentiality: 'U' | 'L' | 'M' | 'N' | 'R' | 'V'
  readonly sensitivity: readonly string[]
}

export type WebhookEndpoint = {
  readonly id: string
  readonly channel: 'webhook'
  readonly url: string
  /** Standard Webhooks secrets (`whsec_` or `whsk_` + Base64); several at once while one replaces another. */
  readonly secrets: readonly string[]
  /** `thin`: an event without content that tells to fetch; `full`: the permitted FHIR resource. */
  readonly body: 'thin' | 'full'
  readonly language: Language
}
export type InboxEndpoint = { readonly id: string; readonly channel: 'inbox'; readonly language: Language }
/** A FHIR R4 server of the recipient's, called with a token by SMART Backend Services. */
export type FhirServerEndpoint = {
  readonly id: string
  readonly channel: 'fhir-server'
  /** Base URL, to which transactions are posted. */
  readonly url: string
  readonly tokenUrl: string
  /** How the gateway is registered there. */
  readonly clientId: string
  readonly scope: string
  /** Private JWK (ES384) as JSON; its public half is registered there. */
  readonly privateJwk: string
  readonly language: Language
}
/** An e-mail address that hears that its party's inbox holds something new, and nothing else. */
export type NoticeEndpoint = {
  readonly id: string
  readonly channel: 'notice'
  readonly to: string
  readonly language: Language
}
export type PushedEndpoint = WebhookEndpoint | FhirServerEndpoint
/** Where a party is told about a client. */
export type ContentEndpoint = PushedEndpoint | InboxEndpoint
export type Endpoint = ContentEndpoint | NoticeEndpoint
export const channels = ['webhook', 'fhir-server', 'inbox', 'notice'] as const satisfies readonly Endpoint['channel'][]

export type Party = {
  readonly id: string
  readonly kind: PartyKind
  readonly name: string
  readonly identifiers: readonly Identifier[]
  /** OAuth client id; a party without one cannot call the gateway. */
  readonly clientId: string | undefined
  readonly keys: PartyKeys
  /** SMART scopes v2 this party may ask for, such as `system/ServiceRequest.cru`. */
  readonly scopes: readonly string[]
  /** What the party may act for; the first is the purpose of everything relayed to it. */
  readonly purposes: readonly [Purpose, ...Purpose[]]
  readonly labels: Labels | undefined
  readonly members: readonly Member[]
  readonly endpoints: readonly Endpoint[]
}

/** INVARIANT (nothing about a client goes by e-mail): whatever is about one takes its endpoints from here. */
export const contentEndpoints = ({ endpoints }: Party): readonly ContentEndpoint[] =>
  endpoints.filter((endpoint) => endpoint.channel !== 'notice')

/** Public keys of a party: inline, or at a registered URL fetched through the guarded client. */
export type PartyKeys =
  | { readonly kind: 'inline'; readonly jwks: { readonly keys: readonly Record<string, unknown>[] } }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'none' }

/** All parties, looked up by what a caller or a resource says. */
export type Parties = {
  readonly all: readonly Party[]
  byId(id: string): Party | undefined
  byClientId(clientId: string): Party | undefined
  byIdentifier(identifier: Identifier): Party | undefined
}

export const partiesOf = (all: readonly Party[]): Parties => {
  const ids = new Map(all.map((party) => [party.id, party]))
  const clients = new Map(
    all.flatMap((party) => (party.clientId === undefined ? [] : [[party.clientId, party] as const])),
  )
  const identifiers = new Map(
    all.flatMap((party) => party.identifiers.map(({ system, value }) => [`${system}|${value}`, party] as const)),
  )
  return {
    all,
    byId: (id) => ids.get(id),
    byClientId: (clientId) => clients.get(clientId),
    byIdentifier: ({ system, value }) => identifiers.get(`${system}|${value}`),
  }
}
