import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, it } from 'vitest'
import { openEmbedded } from '../../src/store/embedded.ts'
import { storeProcess } from '../support/pglite-process.ts'

/** Of the store alone: one of the whole gateway (`embedded-kills.test.ts`) takes four times as long. */
const kills = Number(process.env['STORE_KILLS'] ?? 200)
/** Directories at once, each with a process of its own that dies and comes back. */
const SIDE_BY_SIDE = 2
/** Every so many lives are cut short while they start, which is while they recover. */
const CUT_SHORT = 4
const START_MS = 600
const MOST_COMMITS = 12
/** The next life names its newest 400; a life that was not killed in time has more behind it, which are compared at the end. */
const NEWEST = 300

const wordsOf = (lines: readonly string[], word: string): readonly string[] =>
  lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))

/** Kills a store's process again and again. @returns everything it had acknowledged, each found by the next life. */
const killAgainAndAgain = async (directory: string, lives: number): Promise<readonly string[]> => {
  const acknowledged: string[] = []
  let unseen: readonly string[] = []
  for (let life = 0; life < lives; life += 1) {
    const { lines, child, kill, exited } = storeProcess('audit', directory)
    const commits = 1 + Math.floor(Math.random() * MOST_COMMITS)
    if (life % CUT_SHORT === CUT_SHORT - 1) await sleep(Math.random() * START_MS)
    else {
      while (wordsOf(lines.slice(-MOST_COMMITS * 2), 'acknowledged').length < commits && child.exitCode === null) {
        await Promise.race([sleep(1), exited])
      }
    }
    await kill()
    expect(lines.filter((line) => /^(refused|failed)/.test(line))).toEqual([])
    if (lines.includes('open')) {
      const kept = new Set(wordsOf(lines, 'kept'))
      expect(unseen.slice(-NEWEST).filter((id) => !kept.has(id))).toEqual([])
      unseen = []
    }
    const said = wordsOf(lines, 'acknowledged')
    acknowledged.push(...said)
    unseen = [...unseen, ...said]
  }
  return acknowledged
}

it(
  `the embedded store keeps every commit it has acknowledged, killed ${kills} times, also while it recovers`,
  { timeout: 60_000 + kills * 10_000 },
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'ips-store-kills-'))
    process.env['NODE_COMPILE_CACHE'] = join(root, 'compiled')
    const start = performance.now()
    try {
      const places = Array.from({ length: SIDE_BY_SIDE }, (_, n) => join(root, `store-${n}`))
      const all = await Promise.all(
        places.map(async (directory) => {
          cpSync(inject('embeddedTemplate'), directory, { recursive: true })
          const acknowledged = await killAgainAndAgain(directory, kills / SIDE_BY_SIDE)
          const store = await openEmbedded({ directory })
          // More than were acknowledged: a process that dies has words left to say.
          const rows = await store.transaction((tx) => tx.auditTrail.rows({ after: 0, upTo: 1e9, most: 1e6 }))
          await store.close()
          const kept = new Set(rows.map(({ id }) => id))
          expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
          return acknowledged.length
        }),
      )
      const seconds = Math.round((performance.now() - start) / 1000)
      console.log(`${all.reduce((sum, one) => sum + one)} acknowledged commits, ${kills} kills, ${seconds} s`)
      expect(all.every((one) => one > kills / SIDE_BY_SIDE / 2)).toBe(true)
    } finally {
      delete process.env['NODE_COMPILE_CACHE']
      rmSync(root, { recursive: true, force: true })
    }
  },
)
