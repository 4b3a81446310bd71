import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { auditCommand } from '../../src/cli/audit-command.ts'
import { storeCommand } from '../../src/cli/store-command.ts'

it('an empty store is not made where there is none, exported, or found to be as it was sealed', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ips-wrong-directory-'))
  const lines: string[] = []
  const print = { out: (text: string) => lines.push(text), error: (text: string) => lines.push(text) }
  const file = join(data, 'export.ndjson')
  try {
    expect(await storeCommand(['export', file], { IPS_DATA: data }, print)).toBe(1)
    expect(await auditCommand(['verify'], { IPS_DATA: data }, print)).toBe(1)
    const refused = `there is no store at \`${join(data, 'pglite')}\`: give IPS_CONFIG and IPS_DATA as the gateway has them`
    expect(lines).toEqual([refused, refused])
    expect([file, join(data, 'pglite')].map((one) => existsSync(one))).toEqual([false, false])
  } finally {
    rmSync(data, { recursive: true })
  }
})
