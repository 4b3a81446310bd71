import { randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import pino from 'pino'
import { type Running, startGateway } from '../src/compose.ts'
import type { Config } from '../src/config.ts'
import { HETU_SYSTEM } from '../src/domain/codes.ts'
import { partiesOf, type Party, type WebhookEndpoint } from '../src/domain/party.ts'
import { ACCESS_TOKEN_TYPE } from '../src/gateway/token.ts'
import { retrySeconds } from '../src/relay/schedule.ts'
import { answerParent } from './answer-parent.ts'
import type { Place } from './floor-engine.ts'
import { partyIdentifier } from './stories.ts'

/** The real gateway, started as `main.ts` starts it, with a hospital and a team that takes webhooks and has an inbox. */
type Start = {
  readonly place: Place
  readonly hook: string
  /** Further webhooks of the team. */ readonly more?: readonly string[]
}

const BASE = 'http://gateway.bench'
const tokenKey = randomBytes(32)
let gateway: Running | undefined

answerParent({
  start: async ({ place, hook, more = [] }: Start) => {
    gateway = await startGateway(
      configOf(place, [hook, ...more]),
      pino({ level: 'error' }, pino.destination({ fd: 2, sync: true })),
    )
  },
  port: () => gateway?.port,
  token: () => token(),
  cpu: () => process.cpuUsage(),
  stop: () => gateway?.stop(),
})

const token = (): Promise<string> =>
  new SignJWT({ scope: hospital.scopes.join(' ') })
    .setProtectedHeader({ alg: 'HS256', typ: ACCESS_TOKEN_TYPE })
    .setIssuer(BASE)
    .setAudience(BASE)
    .setSubject('hospital-client')
    .setJti(randomBytes(8).toString('hex'))
    .setIssuedAt()
    .setExpirationTime('300s')
    .sign(tokenKey)

const types =
  'Patient Organization CareTeam ServiceRequest Task Consent DocumentReference Binary Communication MedicationRequest'

const hospital: Party = {
  id: 'hospital',
  kind: 'care-organisation',
  name: 'Hospital of the benchmark',
  identifiers: [partyIdentifier('hospital')],
  clientId: 'hospital-client',
  keys: { kind: 'none' },
  scopes: types.split(' ').map((type) => `system/${type}.crus`),
  purposes: ['care-coordination'],
  labels: { confidentiality: 'R', sensitivity: ['PSY'] },
  members: [],
  endpoints: [{ id: 'hospital-inbox', channel: 'inbox', language: 'fi' }],
}

const teamWith = (hooks: readonly string[]): Party => ({
  ...hospital,
  id: 'team',
  kind: 'ips-team',
  name: 'Team of the benchmark',
  identifiers: [partyIdentifier('team')],
  clientId: 'team-client',
  purposes: ['employment-support'],
  labels: undefined,
  endpoints: [
    ...hooks.map((url, n): WebhookEndpoint => ({
      id: n === 0 ? 'team-webhook' : `team-webhook-${n + 1}`,
      channel: 'webhook',
      url,
      secrets: [`whsec_${randomBytes(32).toString('base64')}`],
      body: 'full',
      language: 'fi',
    })),
    { id: 'team-inbox', channel: 'inbox', language: 'fi' },
  ],
})

/** What the configuration file's defaults would give, with the two parties. */
function configOf(place: Place, hooks: readonly string[]): Config {
  return {
    instance: 'development',
    baseUrl: BASE,
    host: '127.0.0.1',
    port: 0,
    zone: 'Europe/Helsinki',
    policyVersion: '1',
    dataDirectory: '',
    store:
      place.engine === 'postgres'
        ? { kind: 'postgres', url: place.url }
        : { kind: 'pglite', directory: place.directory },
    secrets: { tokenKey, pseudonymKey: randomBytes(32) },
    clientLinking: [HETU_SYSTEM],
    holding: { referralDays: 90 },
    outbound: { allowHttp: true, allowPrivate: hooks.map((hook) => new URL(hook).host) },
    relay: { leaseSeconds: 30, pollMilliseconds: 1000, deliveryTimeoutSeconds: 10, workers: 1, retrySeconds },
    parties: partiesOf([hospital, teamWith(hooks)]),
  }
}
