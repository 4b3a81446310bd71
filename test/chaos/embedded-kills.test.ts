import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { killEmbedded } from '../../chaos/embedded-kills.ts'
import { openEmbedded } from '../../src/store/embedded.ts'

const kills = Number(process.env['KILLS'] ?? 10)

it(
  `a gateway on the embedded store keeps every message it has acknowledged, killed ${kills} times right after it did`,
  { timeout: 120_000 + kills * 20_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ips-kills-'))
    const compiled = mkdtempSync(join(tmpdir(), 'ips-compiled-'))
    process.env['NODE_COMPILE_CACHE'] = compiled
    try {
      cpSync(inject('embeddedTemplate'), directory, { recursive: true })
      const result = await killEmbedded(directory, kills, async () => {
        // Nobody else gets in meanwhile, and what was there stays whole.
        await expect(openEmbedded({ directory })).rejects.toMatchObject({ code: 'store-locked' })
      })
      console.log(`${result.acknowledged} acknowledged messages, ${result.kills} kills`)
      expect(result).toMatchObject({ kills, lost: 0 })
      expect(result.acknowledged).toBeGreaterThanOrEqual(kills)
    } finally {
      delete process.env['NODE_COMPILE_CACHE']
      for (const one of [directory, compiled]) rmSync(one, { recursive: true, force: true })
    }
  },
)
