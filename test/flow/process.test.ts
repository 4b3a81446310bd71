import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoClient } from '../../demo/demo-client.ts'
import { referralBundle, type Story } from '../../demo/story-resources.ts'
import { hetu } from '../support/enrol.ts'
import { freePort } from '../support/free-port.ts'

const root = new URL('../..', import.meta.url).pathname

type Started = { readonly child: ChildProcess; readonly output: () => string; readonly ended: Promise<number | null> }

const start = (environment: Readonly<Record<string, string>>): Started => {
  const child = spawn(process.execPath, ['src/main.ts'], { cwd: root, env: { ...process.env, ...environment } })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()))
  return { child, output: () => text, ended: new Promise((resolve) => child.once('exit', resolve)) }
}

const ready = async (url: string, started: Started): Promise<void> => {
  for (let tries = 0; tries < 600; tries += 1) {
    const up = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
    if (up) return
    if (started.child.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the gateway did not start: ${started.output()}`)
}

describe('the gateway as a process', () => {
  let data: string
  let url: string
  let environment: Readonly<Record<string, string>>

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'ips-process-'))
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    environment = { IPS_DATA: data, IPS_PORT: String(port), IPS_BASE_URL: url, NODE_ENV: 'development' }
  })
  afterAll(() => rmSync(data, { recursive: true, force: true }))

  it('keeps what it has acknowledged when it is killed, and says how to go on', { timeout: 90_000 }, async () => {
    const first = start(environment)
    await ready(url, first)
    expect(first.output()).toMatch(/npm run demo/)
    const key = join(data, 'keys', 'demo-hospital-ehr.private.json')
    const hospital = await demoClient(url, 'demo-hospital-ehr', key)
    const story: Story = {
      hetu: hetu(77),
      run: 'killed',
      hospital: { system: 'urn:oid:1.2.246.537.6.202', value: 'demo-psykiatria-1' },
      team: { system: 'urn:oid:1.2.246.10', value: 'demo-ips-tampere' },
      today: new Date().toISOString().slice(0, 10),
    }
    const answer = await hospital.call('POST', '/fhir', referralBundle(story))
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    first.child.kill('SIGKILL')
    await first.ended

    const second = start(environment)
    await ready(url, second)
    const again = await demoClient(url, 'demo-hospital-ehr', key)
    for (const entry of answer.body.entry) {
      const read = await again.call('GET', `/fhir/${entry.response.location.split('/_history')[0]}`)
      expect(read.status).toBe(200)
    }
    const repeated = await again.call('POST', '/fhir', referralBundle(story))
    expect(repeated.body.entry.map((entry: any) => entry.response.status)).toEqual(Array(8).fill('200 OK'))
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  })

  it('refuses to run the demonstration in production', async () => {
    const refused = start({ ...environment, NODE_ENV: 'production' })
    expect(await refused.ended).toBe(1)
    expect(refused.output()).toMatch(/production/)
  })
})
