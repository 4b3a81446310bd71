import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { referralBundle } from '../../demo/story-resources.ts'
import type { Config } from '../../src/config.ts'
import { partiesOf } from '../../src/domain/party.ts'
import { eventually } from '../outbound/loopback.ts'
import { selfSigned } from '../outbound/self-signed.ts'
import { hetu, testStory } from '../support/enrol.ts'
import { address } from '../support/mailer.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { type RunningGateway, runGateway } from '../support/running-gateway.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const types = 'Patient Organization PractitionerRole CareTeam ServiceRequest Task Consent DocumentReference'
const scopes = [...types.split(' ').map((type) => `system/${type}.crus`), 'system/Binary.cr'].join(' ')
const certificate = selfSigned('localhost')
let server: MailServer
let gateway: RunningGateway

/** The demonstration with a mail server, and an address beside the team's inbox. */
const withMail = ({ parties, ...config }: Config): Config => ({
  ...config,
  mail: {
    host: 'localhost',
    port: server.port,
    tls: 'starttls',
    from: 'gateway@example.fi',
    allowPrivate: true,
    everyMinutes: 60,
    ca: certificate.cert,
    account: server.policy.account,
  },
  parties: partiesOf(
    parties.all.map((party) =>
      party.kind === 'ips-team' ? { ...party, endpoints: [...party.endpoints, address('kaisa', 'fi')] } : party,
    ),
  ),
})

beforeAll(async () => {
  server = await startMailServer(certificate)
  gateway = await runGateway(withMail)
})
afterAll(async () => {
  await gateway.stop()
  await server.close()
})

it('a gateway as it runs sends one e-mail over TLS when a referral has come', async () => {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: scopes,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await gateway.assertion('demo-hospital-ehr'),
  })
  const answered = await fetch(`${gateway.url}/auth/token`, { method: 'POST', body: form })
  const { access_token: token } = (await answered.json()) as { access_token: string }
  const story = {
    ...testStory('mail-flow', hetu(7)),
    hospital: { system: 'urn:oid:1.2.246.537.6.202', value: 'demo-psykiatria-1' },
    team: { system: 'urn:oid:1.2.246.10', value: 'demo-ips-tampere' },
    today: new Date().toISOString().slice(0, 10),
  }
  const posted = await fetch(`${gateway.url}/fhir`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    body: JSON.stringify(referralBundle(story)),
  })
  expect(posted.status, await posted.text()).toBe(200)
  expect(await eventually(() => server.arrived.length > 0, 20_000)).toBe(true)
  expect(server.arrived).toMatchObject([{ from: 'gateway@example.fi', to: ['kaisa@team.example.fi'], secure: true }])
})
