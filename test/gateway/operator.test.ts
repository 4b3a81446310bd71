import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { rehabilitationSupport } from '../../demo/story-resources.ts'
import { relayCommand } from '../../src/cli/relay-command.ts'
import type { Party } from '../../src/domain/party.ts'
import { createApp } from '../../src/gateway/app.ts'
import { createKeysOf } from '../../src/gateway/jwks.ts'
import type { Env } from '../../src/gateway/routes/fhir.ts'
import { listen, type Listening } from '../../src/gateway/serve.ts'
import { drain } from '../../src/relay/drain.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'
import { policy } from '../outbound/loopback.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const DAYS = 86_400_000
const failed = { outcome: 'failed', why: 'http-503', retryAfterMs: undefined } as const
const keys = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const jwk = (key: 'publicKey' | 'privateKey') => ({ ...keys[key].export({ format: 'jwk' }), kid: 'operator-1' })

const parties = (): readonly Party[] => {
  const all = testParties()
  const [portal] = all.filter(({ id }) => id === 'portal')
  const operator = (id: string, scopes: readonly string[]): Party => ({
    ...portal!,
    id,
    kind: 'operator',
    name: id,
    identifiers: [{ system: 'urn:test:parties', value: id }],
    clientId: `${id}-client`,
    keys: { kind: 'inline', jwks: { keys: [jwk('publicKey')] } },
    scopes,
  })
  const nosy = all.map((party) =>
    party.id === 'hospital' ? { ...party, scopes: [...party.scopes, 'system/*.rs', 'system/Endpoint.ru'] } : party,
  )
  return [...nosy, operator('operator', ['system/Endpoint.ru']), operator('onlooker', ['system/Endpoint.r'])]
}

describeEachEngine('the operator', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  let run = 0
  beforeAll(async () => {
    gateway = await startTestGateway(engine, parties())
    client = await enrol(gateway, testStory('operator', hetu(1)))
    await gateway.drain()
    gateway.received.length = 0
  })
  afterEach(async () => {
    expect(gateway.faults.splice(0)).toEqual([])
    gateway.answer = () => ({ outcome: 'delivered' })
    await operate('resume', { endpoint: 'team-webhook' })
    await operate('replay', { endpoint: 'team-webhook' })
    await gateway.drain()
    gateway.received.length = 0
  })
  afterAll(() => gateway.close())

  const operate = (verb: string, body: unknown, party = 'operator') =>
    gateway.call(party, 'POST', `/api/relay/${verb}`, body)
  const look = async (what: string) => (await gateway.call('operator', 'GET', `/api/relay/${what}`)).body
  const tell = async (): Promise<string> => {
    run += 1
    const body = rehabilitationSupport(testStory(`operator-${run}`), client.patient, '2026-06-30')
    const answer = await gateway.call('hospital', 'POST', '/fhir/Observation', body)
    expect(answer.status).toBe(201)
    return `Observation/${answer.body.id}`
  }
  /** One dead letter of the team's endpoint, and how often it was tried. */
  const makeDead = async (): Promise<any> => {
    gateway.answer = ({ endpoint }) => ({ outcome: endpoint === 'team-webhook' ? 'gone' : 'delivered' })
    await tell()
    await gateway.drain()
    gateway.answer = () => ({ outcome: 'delivered' })
    const { dead } = await look('dead')
    expect(dead.length).toBe(1)
    return dead[0]
  }
  const audited = (outcome: string) =>
    gateway.opened.rows(
      `select disclosure_id, client_id, payload from audit_event where kind = 'operation' and outcome = $1 order by seq`,
      [outcome],
    )
  const statusOf = async (endpoint: string) =>
    (await look('status')).endpoints.find((one: any) => one.endpoint === endpoint)

  it('alone finds these addresses; every other party finds nothing there, whatever its scopes', async () => {
    for (const party of ['hospital', 'team', 'portal']) {
      const nowhere = await gateway.call(party, 'GET', '/api/nothing-at-all')
      for (const path of ['status', 'lanes', 'dead']) {
        const answer = await gateway.call(party, 'GET', `/api/relay/${path}`)
        expect(answer.status).toBe(404)
        expect(answer.status).toBe(nowhere.status)
      }
      for (const verb of ['replay', 'skip', 'pause', 'resume']) {
        expect((await operate(verb, { endpoint: 'team-webhook' }, party)).status).toBe(404)
      }
    }
    expect((await gateway.call('onlooker', 'GET', '/api/relay/status')).status).toBe(200)
    expect((await operate('pause', { endpoint: 'team-webhook' }, 'onlooker')).status).toBe(403)
    expect(await statusOf('team-webhook')).toMatchObject({ state: 'works' })
  })

  it('pauses and resumes an endpoint: nothing is sent in between, and both are in the audit', async () => {
    expect((await operate('pause', { endpoint: 'team-webhook' })).status).toBe(204)
    await tell()
    for (let poll = 0; poll < 3; poll += 1) {
      await gateway.drain()
      gateway.clock.now += 5_000
    }
    expect(gateway.received).toEqual([])
    expect(await statusOf('team-webhook')).toMatchObject({ state: 'paused', pending: 1, oldestSeconds: 15 })
    expect((await look('lanes')).lanes).toMatchObject([{ endpoint: 'team-webhook', open: 1, headState: 'queued' }])
    expect((await operate('resume', { endpoint: 'team-webhook' })).status).toBe(204)
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    const [paused] = await audited('paused')
    expect(Buffer.from(paused?.['payload']).toString()).toContain('team-webhook')
    expect((await audited('resumed')).length).toBeGreaterThan(0)
    expect((await operate('pause', { endpoint: 'nobody-s' })).status).toBe(404)
  })

  it('replays a dead letter: the same id and bytes, decided again, and audited', async () => {
    const dead = await makeDead()
    const [first] = gateway.received.splice(0)
    expect(await statusOf('team-webhook')).toMatchObject({ state: 'gone', dead: 1, blockedLanes: 1 })
    await operate('resume', { endpoint: 'team-webhook' })
    expect((await operate('replay', { id: dead.id })).body).toEqual({ queued: [dead.id] })
    await gateway.drain()
    expect(gateway.received.map(({ id, raw }) => ({ id, raw }))).toEqual([{ id: first?.id, raw: first?.raw }])
    expect((await audited('replayed')).map((row) => row['disclosure_id'])).toContain(dead.id)
    expect((await look('dead')).dead).toEqual([])
  })

  it('repeats what was delivered from a moment on, in order, without what was taken back since', async () => {
    gateway.clock.now += DAYS
    const since = new Date(gateway.clock.now).toISOString()
    const first = await tell()
    await tell()
    await gateway.drain()
    const sent = gateway.received.splice(0)
    expect(sent.length).toBe(2)
    await change(gateway, 'hospital', first, (one) => {
      one.status = 'entered-in-error'
    })
    await gateway.drain()
    const [correction] = gateway.received.splice(0)
    gateway.clock.now += 1000
    for (const body of [
      { endpoint: 'team-webhook', delivered: true },
      { endpoint: 'team-webhook', since, until: since, delivered: true },
      {},
      { id: 'x' },
    ]) {
      expect((await operate('replay', body)).status).toBe(400)
    }
    expect((await operate('replay', { endpoint: 'team-webhook', since })).body.queued).toEqual([])
    const { body } = await operate('replay', { endpoint: 'team-webhook', since, delivered: true })
    expect(body.queued.length).toBe(2)
    await gateway.drain()
    expect(gateway.received.map(({ id, raw }) => [id, raw])).toEqual(
      [sent[1], correction].map((one) => [one?.id, one?.raw]),
    )
  })

  it('skips a dead letter: its lane goes on, its number is used, and its sender sees that it was given up', async () => {
    const dead = await makeDead()
    await tell()
    gateway.received.length = 0
    await operate('resume', { endpoint: 'team-webhook' })
    await gateway.drain()
    expect(gateway.received).toEqual([])
    expect((await operate('skip', { id: dead.id })).status).toBe(204)
    expect((await operate('skip', { id: dead.id })).status).toBe(404)
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
    const { body } = await gateway.call('hospital', 'GET', `/api/disclosures?client=${client.patient}&language=en`)
    const line = body.items.find((item: any) => item.id === dead.id)
    expect(line).toMatchObject({ state: 'skipped', text: expect.stringContaining('given up by an operator') })
    expect((await audited('skipped')).map((row) => row['disclosure_id'])).toEqual([dead.id])
  })

  it('sees why a lane does not move, and how its last attempt ended', async () => {
    const lane = async () => (await look('lanes')).lanes[0]
    gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
    await tell()
    expect(await lane()).toMatchObject({ waits: 'due', attempts: 0 })
    await gateway.drain()
    expect(await lane()).toMatchObject({ waits: 'retry', attempts: 1, lastFailure: 'timeout' })
    expect(Date.parse((await lane()).nextAttempt)).toBeGreaterThan(gateway.clock.now)
    await operate('pause', { endpoint: 'team-webhook' })
    expect(await lane()).toMatchObject({ waits: 'endpoint-paused' })
    await operate('resume', { endpoint: 'team-webhook' })
    await tell()
    await operate('skip', { id: (await lane()).head })
    expect(await lane()).toMatchObject({
      waits: 'resting',
      attempts: 0,
      nextAttempt: new Date(gateway.clock.now + 30_000).toISOString(),
    })
    gateway.clock.now += 30_000
    gateway.answer = () => ({ outcome: 'gone' })
    await gateway.drain()
    expect(await lane()).toMatchObject({ waits: 'dead-letter', lastFailure: 'gone' })
    expect((await look('dead')).dead).toMatchObject([{ lastFailure: 'gone' }])
  })

  it('finds out which endpoint an item that cannot be read is for, and gives it up', async () => {
    const said: string[] = []
    await tell()
    const [{ head }] = (await look('lanes')).lanes
    await gateway.opened.rows(
      `update update_record set payload = 'spoilt' where id = (select update_id from disclosure where id = $1)`,
      [head],
    )
    await tell()
    await drain({ ...gateway.relay, report: (what) => said.push(what) })
    expect(gateway.received).toEqual([])
    expect(said).toContain('a lane could not be worked off: team-webhook')
    const alone = new Date(gateway.clock.now + 30_000).toISOString()
    expect((await look('lanes')).lanes).toMatchObject([{ waits: 'leased', head, open: 2, nextAttempt: alone }])
    expect((await operate('skip', { id: head })).status).toBe(204)
    gateway.clock.now += 30_000
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
  })

  it('sends at once what waits for its next attempt, with the whole schedule before it', async () => {
    const attempt = () => gateway.opened.rows(`select attempts, state from disclosure where not_before is not null`)
    for (const answer of [failed, { outcome: 'unknown', why: 'reset' }] as const) {
      gateway.answer = () => answer
      await tell()
      await gateway.drain()
      const { head } = (await look('lanes')).lanes[0]
      const [first] = gateway.received.splice(0)
      await gateway.drain()
      expect(gateway.received).toEqual([])
      expect((await operate('replay', { id: head })).body).toEqual({ queued: [head] })
      await gateway.drain()
      expect(gateway.received.map(({ id, raw }) => ({ id, raw }))).toEqual([{ id: first?.id, raw: first?.raw }])
      expect(await attempt()).toEqual([{ attempts: 1, state: answer === failed ? 'queued' : 'possibly-received' }])
      gateway.answer = () => ({ outcome: 'delivered' })
      expect((await operate('replay', { endpoint: 'team-webhook' })).body).toEqual({ queued: [head] })
      await gateway.drain()
      expect(await attempt()).toEqual([])
      gateway.received.length = 0
    }
  })

  it('is told what is not there, rather than that nothing is wrong with it', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000'
    const answers = [
      [/endpoint of this id.*`status`/, await gateway.call('operator', 'GET', '/api/relay/lanes?endpoint=nobody-s')],
      [/endpoint of this id.*`status`/, await gateway.call('operator', 'GET', '/api/relay/dead?endpoint=nobody-s')],
      [/endpoint of this id.*`status`/, await operate('replay', { endpoint: 'nobody-s' })],
      [/endpoint of this id.*`status`/, await operate('pause', { endpoint: 'team-inbox' })],
      [/dead or waits.*`lanes`/, await operate('replay', { id: nobody })],
      [/nothing of this id waits.*`lanes`/, await operate('skip', { id: nobody })],
      [/nothing is held/, await operate('release', undefined)],
    ] as const
    for (const [words, { status, body }] of answers) {
      expect(status).toBe(404)
      expect(body.issue[0].diagnostics).toMatch(words)
    }
  })

  it('sees ids and no client', async () => {
    await makeDead()
    const seen = JSON.stringify([await look('status'), await look('lanes'), await look('dead')])
    expect(seen).not.toMatch(/Aino|131052|010180|kuntoutus|rehabilitation|benefit/i)
  })

  it('does the same from the command line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ips-operator-'))
    const keyFile = join(folder, 'operator.private.json')
    writeFileSync(keyFile, JSON.stringify(jwk('privateKey')))
    const door = createOutbound(policy)
    const behind: { app?: Hono<Env> } = {}
    const front = new Hono<Env>().all('*', async (c) => (await behind.app?.fetch(c.req.raw)) ?? c.notFound())
    const listening: Listening = await listen(front, '127.0.0.1', 0)
    const baseUrl = `http://127.0.0.1:${listening.port}`
    const exchange = { ...gateway.exchange, now: () => Date.now() }
    const tokenKey = new Uint8Array(32).fill(1)
    const keysOf = createKeysOf({ outbound: door, now: () => Date.now() })
    behind.app = createApp({ exchange, baseUrl, tokenKey, keysOf, version: 'test', report: () => undefined })
    const run = async (...args: string[]) => {
      const lines: string[] = []
      const print = { out: (text: string) => lines.push(text), error: (text: string) => lines.push(text) }
      const environment = { IPS_URL: baseUrl, IPS_CLIENT_ID: 'operator-client', IPS_KEY_FILE: keyFile }
      return { code: await relayCommand(args, environment, print), text: lines.join('\n') }
    }
    try {
      const status = await run('status')
      expect(status.code, status.text).toBe(0)
      expect(JSON.parse(status.text).endpoints.map(({ endpoint }: any) => endpoint)).toContain('team-webhook')
      expect((await run('pause', '--endpoint', 'team-webhook')).code).toBe(0)
      expect(await statusOf('team-webhook')).toMatchObject({ state: 'paused' })
      expect((await run('resume', '--endpoint', 'team-webhook')).code).toBe(0)
      expect(await statusOf('team-webhook')).toMatchObject({ state: 'works' })
      expect((await run('lanes', '--limit', '5')).code).toBe(0)
      expect(await run('skip', '--id', '00000000-0000-4000-8000-000000000000')).toMatchObject({ code: 1 })
      expect(await run('sing')).toMatchObject({ code: 2, text: expect.stringContaining('relay status') })
      writeFileSync(keyFile, '{"d":"secret"}')
      const wrong = await run('status')
      expect(wrong.code).toBe(1)
      expect(wrong.text).not.toContain('secret')
    } finally {
      await listening.close()
      await door.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('replays nothing that may no longer be told', async () => {
    const dead = await makeDead()
    gateway.received.length = 0
    await operate('resume', { endpoint: 'team-webhook' })
    await change(gateway, 'hospital', client.consent, (consent) => {
      consent.status = 'inactive'
    })
    await operate('replay', { id: dead.id })
    await gateway.drain()
    expect(gateway.received.map(({ id }) => id)).not.toContain(dead.id)
    const [row] = await gateway.opened.rows('select state, reason from disclosure where id = $1', [dead.id])
    expect(row).toMatchObject({ state: 'withheld' })
  })
})
