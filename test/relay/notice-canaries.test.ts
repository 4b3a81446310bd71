import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { medicationChange } from '../../demo/story-resources.ts'
import { informationCategories } from '../../src/domain/information.ts'
import {
  type Endpoint,
  type FhirServerEndpoint,
  languages,
  type Party,
  type WebhookEndpoint,
} from '../../src/domain/party.ts'
import { noticeTemplates } from '../../src/domain/refusal.ts'
import { catalogs } from '../../src/language/catalogs.ts'
import type { Channel } from '../../src/relay/channel.ts'
import { drain } from '../../src/relay/drain.ts'
import { sendMailNotices } from '../../src/relay/mail-notices.ts'
import { webhookHeaders } from '../../src/relay/sign-webhook.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { address, testMailer } from '../support/mailer.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const story = {
  ...testStory('canaryrun', hetu(5)),
  hospital: { system: 'urn:test:parties', value: 'canaryclinic' },
  team: { system: 'urn:test:parties', value: 'canarycrew' },
}

const secrets = ['whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQ=']
const endpointsOf = (language: (typeof languages)[number]): readonly Endpoint[] => {
  const webhook = { channel: 'webhook', url: 'https://team.test/hooks', secrets, language } as const
  return [
    { ...webhook, id: `thin-${language}`, body: 'thin' },
    { ...webhook, id: `full-${language}`, body: 'full' },
    {
      id: `server-${language}`,
      channel: 'fhir-server',
      url: 'https://team.test/fhir',
      tokenUrl: 'https://team.test/token',
      clientId: 'canaryaccount',
      scope: 'canaryscope',
      privateJwk: '{}',
      language,
    } satisfies FhirServerEndpoint,
    address(`mail-${language}`, language),
  ]
}
const parties = (): readonly Party[] =>
  testParties().map((party) => {
    const identifier = { hospital: story.hospital, team: story.team }[party.id]
    if (identifier === undefined) return party
    const endpoints = party.id === 'team' ? languages.flatMap(endpointsOf) : []
    return {
      ...party,
      name: `Canaryname ${party.id}`,
      identifiers: [identifier],
      endpoints: [...endpoints, ...party.endpoints.filter(({ channel }) => channel === 'inbox')],
    }
  })

/** All that could be known about Aino, who tells and who is told, in one expression. */
const canary = (client: Enrolled): RegExp => {
  const ids = [client.patient, client.consent, client.document, client.careTeam, client.task]
  const words = ['canary', story.hetu, 'Esimerkki', 'Aino', '555 ?0100', 'Ketiapiini', 'tabletti', 'PSY', 'omahoitaja']
  return new RegExp([...words, ...ids.map((reference) => reference.split('/')[1])].join('|'), 'i')
}

/** Every kind of information by its code and its name, in every language. */
const kinds = Object.keys(informationCategories).flatMap((code) => [
  code,
  ...languages.map((language) => catalogs[language].category[code as keyof typeof informationCategories].name),
])

let gateway: TestGateway
let client: Enrolled
const pushed: { readonly endpoint: Endpoint; readonly text: string }[] = []
let mails: readonly string[] = []

beforeAll(async () => {
  gateway = await startTestGateway('pglite', parties())
  const recording: Channel = {
    deliver: async (endpoint, envelope, at) => {
      const headers = webhookHeaders(envelope, (endpoint as WebhookEndpoint).secrets ?? [], at)
      pushed.push({ endpoint, text: JSON.stringify({ ...headers, 'webhook-signature': '' }) + envelope.body })
      return { outcome: 'delivered' }
    },
  }
  const relay = { ...gateway.relay, channels: { webhook: recording, 'fhir-server': recording } }
  client = await enrol(gateway, story)
  const told = await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, client.patient, 'canarymessage'))
  expect(told.status, JSON.stringify(told.body)).toBe(200)
  await drain(relay)
  const post = testMailer(gateway)
  await sendMailNotices(post.mailer)
  mails = post.mails.map(({ raw }) => raw)
  // Not the day of the story, which would hide its dates among those of the notices.
  gateway.clock.now += 5 * 86_400_000
  const [row] = await gateway.opened.rows(`select client_id from disclosure where client_id is not null limit 1`)
  await gateway.opened.store.transaction(async (tx) => {
    const notice = {
      clientId: String(row?.['client_id']),
      sender: 'hospital',
      recipient: 'team',
      at: gateway.clock.now,
    }
    const endpoints = gateway.exchange.parties.byId('team')?.endpoints ?? []
    await tx.outbox.notify(
      endpoints.flatMap(({ id: endpoint, channel }) =>
        channel === 'notice'
          ? []
          : noticeTemplates.map((template) => ({ ...notice, id: crypto.randomUUID(), endpoint, channel, template })),
      ),
    )
  })
  await drain(relay)
})
afterAll(async () => {
  expect(gateway.faults).toEqual([])
  await gateway.close()
})

const isNotice = (text: string): boolean =>
  text.includes('fi.ips-gateway.notice') || noticeTemplates.some((template) => text.includes(`"code":"${template}"`))
const notices = (kind: (endpoint: Endpoint) => boolean): readonly string[] =>
  pushed.filter(({ endpoint, text }) => kind(endpoint) && isNotice(text)).map(({ text }) => text)
const isThin = (endpoint: Endpoint): boolean => endpoint.channel === 'webhook' && endpoint.body === 'thin'

describe('what is looked for', () => {
  it('is there where it belongs: in what the gateway keeps, and in what the consent lets the team read', async () => {
    const kept = await gateway.opened.rows(`select convert_from(payload, 'utf8') as text from resource`)
    const all = kept.map(({ text }) => String(text)).join()
    for (const word of ['canaryrun', 'canarymessage', story.hetu, 'Esimerkki', 'Aino', 'Ketiapiini', 'tabletti']) {
      expect(all).toContain(word)
    }
    const full = pushed.filter(({ endpoint, text }) => !isThin(endpoint) && !isNotice(text))
    expect(full.some(({ text }) => canary(client).test(text))).toBe(true)
  })
})

describe('a notice carries nothing about the client or the one who tells', () => {
  it('as an e-mail, in any header or part, in any language', () => {
    expect(mails.length).toBe(languages.length)
    for (const mail of mails) {
      const base64 = [...mail.matchAll(/=\?utf-8\?B\?([^?]+)\?=|^([A-Za-z0-9+/]+=*)$/gm)]
      const decoded = base64.map(([, word, line]) => Buffer.from(word ?? line ?? '', 'base64').toString('utf8'))
      expect(decoded.length).toBeGreaterThan(2)
      const text = [mail, ...decoded].join('\n')
      expect(text).not.toMatch(canary(client))
      expect(text).not.toMatch(/hospital|patient|communication|consent|http/i)
      for (const kind of kinds) expect(text.toLowerCase()).not.toContain(kind.toLowerCase())
    }
  })

  it('as a thin webhook, headers and body, whether it announces a notice or content', () => {
    const bodies = pushed.filter(({ endpoint }) => isThin(endpoint)).map(({ text }) => text)
    expect(notices(isThin).length).toBe(languages.length * noticeTemplates.length)
    expect(bodies.length).toBeGreaterThan(notices(isThin).length)
    for (const text of bodies) {
      expect(text).not.toMatch(canary(client))
      // The names of types, which say that there is an update or a notice and not of which kind.
      const rest = text.replaceAll(/fi\.ips-gateway\.(care-team-update|notice)/g, '').toLowerCase()
      for (const kind of kinds) expect(rest).not.toContain(kind.toLowerCase())
    }
  })

  it('in an inbox, but for the line that says from whom it is', async () => {
    for (const language of languages) {
      const { body } = await gateway.call('team', 'GET', `/api/inbox?limit=100&language=${language}`)
      const items = body.items.filter(({ kind }: { kind: string }) => kind === 'notice')
      expect(items.length).toBe(noticeTemplates.length)
      for (const { from, ...rest } of items) {
        expect(from).toBe('Canaryname hospital')
        expect(JSON.stringify(rest)).not.toMatch(canary(client))
        expect(rest).toMatchObject({ text: expect.any(String) })
        expect([rest.category, rest.level, rest.fields, rest.purpose, rest.retracts]).toEqual(Array(5).fill(undefined))
      }
    }
  })

  it('as a FHIR resource to a webhook or a server, but for sender and recipient', () => {
    const whole = notices((endpoint) => !isThin(endpoint))
    expect(whole.length).toBe(2 * languages.length * noticeTemplates.length)
    const address = /"(sender|recipient)":(\[?)\{"identifier":\{[^}]*\},"display":"[^"]*"\}(\]?),?/g
    for (const text of whole) {
      expect(text.match(address)).toHaveLength(2)
      expect(text.replaceAll(address, '')).not.toMatch(canary(client))
    }
  })
})
