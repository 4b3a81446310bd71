import { createHash, randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { policyOf } from '../../src/compose.ts'
import { HETU_SYSTEM } from '../../src/domain/codes.ts'
import { type Endpoint, partiesOf, type Party, type PartyKind } from '../../src/domain/party.ts'
import type { Exchange } from '../../src/exchange/exchange.ts'
import { createApp } from '../../src/gateway/app.ts'
import { ACCESS_TOKEN_TYPE } from '../../src/gateway/token.ts'
import type { Channel, Delivery } from '../../src/relay/channel.ts'
import { drain } from '../../src/relay/drain.ts'
import type { Relay } from '../../src/relay/relay.ts'
import { retrySeconds } from '../../src/relay/schedule.ts'
import { pseudonyms } from '../../src/store/pseudonym.ts'
import type { Store } from '../../src/store/store.ts'
import { recordEmitted, recordingAudit } from './emitted.ts'
import { type Engine, openTestStore, type TestStore } from './stores.ts'

const BASE = 'http://gateway.test'
const tokenKey = randomBytes(32)

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: any }

/** What a webhook receiver saw. */
export type Received = { readonly endpoint: string; readonly id: string; readonly body: any; readonly raw: string }

export type TestGateway = {
  readonly exchange: Exchange
  readonly relay: Relay
  readonly opened: TestStore
  readonly received: Received[]
  readonly faults: unknown[]
  /** What readings passed over. */
  readonly noticed: string[]
  readonly clock: { now: number }
  /** How the receivers answer; delivered unless told otherwise. */
  answer: (received: Received) => Delivery | Promise<Delivery>
  call(party: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  drain(): Promise<number>
  close(): Promise<void>
}

/** A whole gateway without sockets: real store, real exchange, real relay, a fixed clock and a channel that records. */
export const startTestGateway = async (
  engine: Engine,
  parties = testParties(),
  /** `opened`: a store shared with another gateway, closed by whoever opened it; `wrap`: what tests put before it. */
  shared: { readonly opened?: TestStore; readonly seed?: string; readonly wrap?: (store: Store) => Store } = {},
): Promise<TestGateway> => {
  const opened = shared.opened ?? (await openTestStore(engine))
  const store = recordingAudit(shared.wrap === undefined ? opened.store : shared.wrap(opened.store))
  const clock = { now: Date.parse('2026-03-09T08:00:00Z') }
  const received: Received[] = []
  const faults: unknown[] = []
  const noticed: string[] = []
  let made = 0
  const id = (): string => {
    made += 1
    const hash = createHash('sha256')
      .update(`${opened.url} ${shared.seed ?? ''} ${made}`)
      .digest('hex')
    // Ids of one gateway sort in the order in which they were made, as they do in production.
    return `${made.toString(16).padStart(8, '0')}${hash}`.replace(
      /^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/,
      '$1-$2-$3-$4-$5',
    )
  }
  const policy = policyOf({ zone: 'Europe/Helsinki', policyVersion: '1' })
  const exchange: Exchange = {
    store,
    parties: partiesOf(parties),
    policy,
    pseudonyms: pseudonyms(new Uint8Array(32).fill(7)),
    linkingSystems: [HETU_SYSTEM],
    gateway: BASE,
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    now: () => clock.now,
    newId: id,
    report: (what) => noticed.push(what),
  }
  const webhook: Channel = {
    deliver: async (endpoint, envelope) => {
      const one = { endpoint: endpoint.id, id: envelope.id, body: JSON.parse(envelope.body), raw: envelope.body }
      received.push(one)
      recordEmitted(one.body)
      return gateway.answer(one)
    },
  }
  const relay: Relay = {
    store,
    parties: exchange.parties,
    policy,
    channels: { webhook },
    gateway: BASE,
    baseUrl: BASE,
    leaseMs: 30_000,
    pollMs: 1000,
    workers: 1,
    retrySeconds,
    now: () => clock.now,
    newId: id,
    random: () => 0,
    report: (_what, error) => faults.push(error),
  }
  const app = createApp({
    exchange,
    baseUrl: BASE,
    tokenKey,
    keysOf: async () => [],
    version: 'test',
    report: (_what, fault) => faults.push(fault),
  })
  const gateway: TestGateway = {
    exchange,
    relay,
    opened,
    received,
    faults,
    noticed,
    clock,
    answer: () => ({ outcome: 'delivered' }),
    call: async (party, method, path, body, headers = {}) => {
      const caller = exchange.parties.byId(party)
      const token = await tokenFor(caller, clock.now)
      const isText = typeof body === 'string' || body instanceof Uint8Array
      const response = await app.request(`${BASE}${path}`, {
        method,
        headers: { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}`, ...headers },
        ...(body !== undefined && { body: isText ? (body as string) : JSON.stringify(body) }),
      })
      const text = await response.text()
      const answer = text === '' ? undefined : JSON.parse(text)
      recordEmitted(answer)
      return { status: response.status, headers: response.headers, body: answer }
    },
    drain: () => drain(relay),
    close: async () => {
      if (shared.opened === undefined) await opened.close()
    },
  }
  return gateway
}

const tokenFor = (party: Party | undefined, now: number): Promise<string> =>
  new SignJWT({ scope: (party?.scopes ?? []).join(' ') })
    .setProtectedHeader({ alg: 'HS256', typ: ACCESS_TOKEN_TYPE })
    .setIssuer(BASE)
    .setAudience(BASE)
    .setSubject(party?.clientId ?? 'nobody')
    .setJti(randomBytes(8).toString('hex'))
    .setIssuedAt(Math.floor(now / 1000))
    .setExpirationTime(Math.floor(now / 1000) + 300)
    .sign(tokenKey)

const types =
  'Patient Organization Practitioner PractitionerRole RelatedPerson Medication Questionnaire CareTeam Condition Goal ServiceRequest Task EpisodeOfCare Encounter Consent DocumentReference Binary Communication MedicationRequest MedicationStatement Appointment Observation QuestionnaireResponse'

const testParty = (
  id: string,
  kind: PartyKind,
  endpoints: readonly Endpoint[],
  purposes: Party['purposes'],
): Party => ({
  id,
  kind,
  name: id,
  identifiers: [{ system: 'urn:test:parties', value: id }],
  clientId: `${id}-client`,
  keys: { kind: 'none' },
  scopes: [...types.split(' ').map((type) => `system/${type}.crus`), 'system/AuditEvent.rs'],
  purposes,
  labels: kind === 'care-organisation' ? { confidentiality: 'R', sensitivity: ['PSY'] } : undefined,
  members: [],
  endpoints,
})

const inbox = (id: string): Endpoint => ({ id: `${id}-inbox`, channel: 'inbox', language: 'fi' })
const webhook = (id: string): Endpoint => ({
  id: `${id}-webhook`,
  channel: 'webhook',
  url: `https://${id}.test/hooks`,
  secrets: ['whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQ='],
  body: 'full',
  language: 'en',
})

/** Two hospitals, two IPS teams, the employment service one of them sits in, a client's portal. */
export const testParties = (): readonly Party[] => [
  testParty('hospital', 'care-organisation', [inbox('hospital')], ['care-coordination']),
  testParty('other-hospital', 'care-organisation', [inbox('other-hospital')], ['care-coordination']),
  testParty('team', 'ips-team', [webhook('team'), inbox('team')], ['employment-support']),
  testParty('other-team', 'ips-team', [inbox('other-team')], ['employment-support']),
  testParty('office', 'employment-service', [webhook('office'), inbox('office')], ['employment-support']),
  testParty('portal', 'client-portal', [], ['care-coordination']),
]
