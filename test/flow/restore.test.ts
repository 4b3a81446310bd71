import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type DemoClient, demoClient } from '../../demo/demo-client.ts'
import { referralBundle, type Story } from '../../demo/story-resources.ts'
import { auditCommand } from '../../src/cli/audit-command.ts'
import { relayCommand } from '../../src/cli/relay-command.ts'
import { storeCommand } from '../../src/cli/store-command.ts'
import { type Running, startGateway } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { hetu } from '../support/enrol.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const story = (n: number): Story => ({
  hetu: hetu(n),
  run: `restore-${n}`,
  hospital: { system: 'urn:oid:1.2.246.537.6.202', value: 'demo-psykiatria-1' },
  team: { system: 'urn:oid:1.2.246.10', value: 'demo-ips-tampere' },
  today: new Date().toISOString().slice(0, 10),
})

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

let root: string
let hooks: Server
const hits: string[] = []
let works = false
let gateway: Running | undefined

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ips-restore-'))
  hooks = createServer((request, response) => {
    hits.push(String(request.headers['webhook-id']))
    response.writeHead(works ? 204 : 500).end()
  })
  await new Promise<void>((resolve) => void hooks.listen(0, '127.0.0.1', resolve))
  const demo = readFileSync(new URL('../../demo/config.yaml', import.meta.url), 'utf8')
  writeFileSync(join(root, 'config.yaml'), demo.replaceAll('8099', String(portOf(hooks))))
})
afterAll(async () => {
  await gateway?.stop()
  hooks.closeAllConnections()
  hooks.close()
  rmSync(root, { recursive: true, force: true })
})

/** A machine with a data directory of its own. */
const machine = async (name: string) => {
  const data = join(root, name)
  const free = createServer()
  await new Promise<void>((resolve) => void free.listen(0, '127.0.0.1', resolve))
  const port = portOf(free)
  free.close()
  const url = `http://127.0.0.1:${port}`
  const environment = {
    IPS_CONFIG: join(root, 'config.yaml'),
    IPS_DATA: data,
    IPS_PORT: String(port),
    IPS_BASE_URL: url,
    IPS_URL: url,
    IPS_CLIENT_ID: 'demo-operations',
    IPS_KEY_FILE: join(data, 'keys', 'demo-operations.private.json'),
  }
  const said: string[] = []
  const print = { out: (text: string) => said.push(text), error: (text: string) => said.push(text) }
  return {
    data,
    said,
    start: () => startGateway(loadConfig({ file: environment.IPS_CONFIG, environment }), pino({ level: 'silent' })),
    store: (...args: string[]) => storeCommand(args, environment, print),
    audit: (...args: string[]) => auditCommand(args, environment, print),
    relay: (...args: string[]) => relayCommand(args, environment, print),
    as: (client: string): Promise<DemoClient> => demoClient(url, client, join(data, 'keys', `${client}.private.json`)),
  }
}

const until = async (isSo: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 200 && !isSo(); tries += 1) await sleep(50)
  expect(isSo()).toBe(true)
}

/** Refers a client whose first message the team's broken endpoint does not take. */
const refer = async (hospital: DemoClient, n: number) => {
  const before = hits.length
  const { status, body } = await hospital.call('POST', '/fhir', referralBundle(story(n)))
  expect(status, JSON.stringify(body)).toBe(200)
  await until(() => hits.length > before)
  const place = (index: number): string => body.entry[index].response.location.split('/_history')[0]
  return { patient: place(0), consent: place(5), id: String(hits[before]) }
}

it('a restored gateway sends nothing that was withdrawn since, because it sends nothing until it is told to', async () => {
  const first = await machine('first')
  gateway = await first.start()
  const hospital = await first.as('demo-hospital-ehr')
  const [withdrawn, other] = [await refer(hospital, 1), await refer(hospital, 2)]

  // The embedded store is open in the gateway.
  const file = join(root, 'backups', 'store.ndjson')
  expect(await first.store('export', file)).toBe(1)
  expect(first.said.pop()).toMatch(/is open in this process/)
  // Whereas the gateway itself can write one, on its own machine.
  expect(await first.store('backup'), first.said.join()).toBe(0)
  const own = JSON.parse(String(first.said.pop()))
  expect(own.file).toContain(join(first.data, 'backups'))
  expect(statSync(own.file).mode & 0o777).toBe(0o600)
  expect(own.tables.client.rows).toBe(2)
  expect((await hospital.call('POST', '/api/relay/backup')).status).toBe(404)
  await gateway.stop()
  expect(await first.store('export', file), first.said.join()).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(root, 'backups'))).toEqual(['store.ndjson'])
  expect(await first.store('export', file)).toBe(1)
  expect(first.said.pop()).toMatch(/is there already/)
  expect(await first.audit('verify'), first.said.join()).toBe(0)
  expect(JSON.parse(String(first.said.pop()))).toMatchObject({ sealedRows: 0, unsealedRows: expect.any(Number) })
  expect(await first.audit('verify', '--seal', `1:${'a'.repeat(64)}`)).toBe(1)
  expect(first.said.pop()).toMatch(/seal-missing/)
  expect(await first.audit('verify', '--seal', '1')).toBe(2)

  const second = await machine('second')
  expect(await second.store('restore', join(root, 'nothing'))).toBe(1)
  expect(second.said.pop()).toMatch(/ENOENT/)
  expect(await second.store('restore', file)).toBe(1)
  expect(second.said.pop()).toMatch(/another pseudonym key/)
  mkdirSync(second.data, { recursive: true })
  for (const keys of ['keys', 'secrets']) cpSync(join(first.data, keys), join(second.data, keys), { recursive: true })
  expect(await second.store('restore', own.file), second.said.join()).toBe(0)
  expect(second.said.pop()).toMatch(/tell nobody anything/)

  works = true
  hits.length = 0
  gateway = await second.start()
  const [again, team] = [await second.as('demo-hospital-ehr'), await second.as('demo-ips-team')]
  for (const [who, method, path] of [
    [team, 'GET', '/api/inbox'],
    [team, 'GET', '/api/inbox/events'],
    [team, 'GET', '/fhir/Communication'],
    [team, 'GET', '/fhir/Task'],
    [again, 'POST', '/fhir'],
    [again, 'POST', '/api/explain'],
  ] as const) {
    const { status, headers } = await who.call(method, path, method === 'POST' ? referralBundle(story(3)) : undefined)
    expect(`${path} ${status} ${headers.get('retry-after')}`).toBe(`${path} 503 300`)
  }
  expect((await again.call('GET', `/fhir/${withdrawn.consent}`)).status).toBe(200)
  const withdrawal = await again.call('POST', '/api/withdraw', { client: withdrawn.patient })
  expect(withdrawal.status, JSON.stringify(withdrawal.body)).toBe(200)
  // Longer than the first retry and several polls of the workers.
  await sleep(7_000)
  expect(hits).toEqual([])

  expect(await second.relay('status')).toBe(0)
  expect(JSON.parse(String(second.said.pop())).held).toMatchObject({ why: /restored from a backup/ })
  expect(await second.relay('release'), second.said.join()).toBe(0)
  await until(() => hits.includes(other.id))
  await until(() => hits.length > 2)
  expect(hits).not.toContain(withdrawn.id)
  expect(await second.relay('release')).toBe(1)
  expect((await team.call('GET', '/api/inbox')).status).toBe(200)
})
