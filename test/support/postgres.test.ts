import { chmodSync, mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startPostgres } from './postgres.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ips-start-'))
  chmodSync(root, 0o755)
  for (const name of ['bin', 'tmp']) mkdirSync(join(root, name))
  vi.stubEnv('TMPDIR', join(root, 'tmp'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

it.each([
  ['initdb', 'initdb failed', { initdb: 1, postgres: 0, pg_isready: 0 }],
  ['the server', 'PostgreSQL ended before it was ready', { initdb: 0, postgres: 1, pg_isready: 1 }],
])('leaves no directory behind when %s fails', async (_what, message, exits) => {
  for (const [name, code] of Object.entries(exits)) {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 })
  }
  await expect(startPostgres(join(root, 'bin'))).rejects.toThrow(message)
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
})
