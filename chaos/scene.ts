import { SignJWT } from 'jose'
import type { Config } from '../src/config.ts'
import { HETU_SYSTEM } from '../src/domain/codes.ts'
import { partiesOf, type Party } from '../src/domain/party.ts'
import { ACCESS_TOKEN_TYPE } from '../src/gateway/token.ts'

/** What every process of a run has to know; handed to each as JSON. */
export type Scene = {
  readonly databaseUrl: string
  /** Origin of the recipients' webhooks. */
  readonly hooks: string
  /** Base64. */
  readonly tokenKey: string
  readonly pseudonymKey: string
  readonly seed: number
  readonly producers: number
}

const BASE = 'http://gateway.chaos'

export const teams = ['team-a', 'team-b'] as const
export type Team = (typeof teams)[number]

export const endpointsOf = (team: string): readonly string[] => [`${team}-webhook`, `${team}-inbox`]

export const partyIdentifier = (party: string) => ({ system: 'urn:chaos:parties', value: party })

const types = 'Patient Organization CareTeam ServiceRequest Task Consent DocumentReference Binary Communication'

const hospital: Party = {
  id: 'hospital',
  kind: 'care-organisation',
  name: 'Hospital',
  identifiers: [partyIdentifier('hospital')],
  clientId: 'hospital-client',
  keys: { kind: 'none' },
  scopes: types.split(' ').map((type) => `system/${type}.crus`),
  purposes: ['care-coordination'],
  labels: { confidentiality: 'R', sensitivity: ['PSY'] },
  members: [],
  endpoints: [{ id: 'hospital-inbox', channel: 'inbox', language: 'fi' }],
}

/** Thin bodies say their number, full ones carry the whole message: one team takes these, the other those. */
const teamOf = (id: Team, hooks: string): Party => ({
  ...hospital,
  id,
  kind: 'ips-team',
  name: id,
  identifiers: [partyIdentifier(id)],
  clientId: `${id}-client`,
  purposes: ['employment-support'],
  labels: undefined,
  endpoints: [
    {
      id: `${id}-webhook`,
      channel: 'webhook',
      url: `${hooks}/${id}-webhook`,
      secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`],
      body: id === 'team-a' ? 'thin' : 'full',
      language: 'en',
    },
    { id: `${id}-inbox`, channel: 'inbox', language: 'en' },
  ],
})

/** The gateway's own defaults with shorter times, so that a minute holds as many leases and retries as an hour does. */
export const configOf = ({ databaseUrl, hooks, tokenKey, pseudonymKey }: Scene): Config => ({
  instance: 'development',
  baseUrl: BASE,
  host: '127.0.0.1',
  port: 0,
  zone: 'Europe/Helsinki',
  policyVersion: '1',
  dataDirectory: '',
  store: { kind: 'postgres', url: databaseUrl },
  secrets: { tokenKey: Buffer.from(tokenKey, 'base64'), pseudonymKey: Buffer.from(pseudonymKey, 'base64') },
  clientLinking: [HETU_SYSTEM],
  holding: { referralDays: 90 },
  outbound: { allowHttp: true, allowPrivate: [new URL(hooks).host] },
  relay: {
    leaseSeconds: LEASE_MS / 1000,
    pollMilliseconds: 200,
    deliveryTimeoutSeconds: DELIVERY_TIMEOUT_MS / 1000,
    workers: 1,
    retrySeconds: [0.1, 0.3, 0.5, ...Array.from({ length: 60 }, () => 1)],
  },
  parties: partiesOf([hospital, ...teams.map((team) => teamOf(team, hooks))]),
})

export const LEASE_MS = 2500
export const DELIVERY_TIMEOUT_MS = 1000

/** An access token as `/auth/token` would give it to a party. */
export const tokenFor = async ({ tokenKey }: Scene, party: string): Promise<string> =>
  new SignJWT({ scope: hospital.scopes.join(' ') })
    .setProtectedHeader({ alg: 'HS256', typ: ACCESS_TOKEN_TYPE })
    .setIssuer(BASE)
    .setAudience(BASE)
    .setSubject(`${party}-client`)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('300s')
    .sign(Buffer.from(tokenKey, 'base64'))

/** The scene a child process was given as its first argument. */
export const sceneOf = (text: string | undefined): Scene => JSON.parse(text ?? '') as Scene
