import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { relayCommand } from '../../src/cli/relay-command.ts'
import type { Env } from '../../src/gateway/routes/fhir.ts'
import { listen, type Listening } from '../../src/gateway/serve.ts'
import { freePort } from '../support/free-port.ts'

const folder = mkdtempSync(join(tmpdir(), 'ips-relay-command-'))
const keyFile = join(folder, 'operator.private.json')
let server: Listening
beforeAll(async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  writeFileSync(keyFile, JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'operator-1' }))
  const app = new Hono<Env>()
    .post('/auth/token', (c) => c.json({ error: 'invalid_client', error_description: 'check the client id' }, 401))
    .post('/down/auth/token', (c) => c.json({ issue: [{ diagnostics: 'ask about request 7' }] }, 500))
    .post('/page/auth/token', (c) => c.html('<p>Welcome</p>'))
  server = await listen(app, '127.0.0.1', 0)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const run = async (...args: string[]) => {
  const lines: string[] = []
  const print = { out: (text: string) => lines.push(text), error: (text: string) => lines.push(text) }
  const code = await relayCommand([...args, '--client-id', 'operations', '--key', keyFile], {}, print)
  return { code, text: lines.join('\n') }
}

it('an operator is told why she gets no token', async () => {
  const url = `http://127.0.0.1:${server.port}`
  expect(await run('status', '--url', url)).toEqual({
    code: 1,
    text: 'the gateway gave no token to `operations` (HTTP 401): check the client id',
  })
  expect((await run('status', '--url', `${url}/down`)).text).toBe(
    'the gateway gave no token to `operations` (HTTP 500): ask about request 7',
  )
})

it('an operator is told where no gateway answers, or something that is none', async () => {
  const closed = `http://127.0.0.1:${await freePort()}`
  expect(await run('status', '--url', closed)).toMatchObject({
    code: 1,
    text: expect.stringMatching(new RegExp(`no gateway answers at \`${closed}\` \\(ECONNREFUSED\\).*--url`)),
  })
  expect(await run('status', '--url', `http://127.0.0.1:${server.port}/page`)).toMatchObject({
    code: 1,
    text: expect.stringMatching(/is no gateway \(HTTP 200, not JSON\)/),
  })
  expect(await run('status', '--url', '127.0.0.1:8080')).toMatchObject({
    code: 1,
    text: expect.stringMatching(/--url/),
  })
})
