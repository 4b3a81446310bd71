import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname
const source = join(root, 'src')

/** What a room may import besides itself: other rooms, and packages. Files right under src/ compose and may do all. */
const rooms: Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages: readonly string[] }>> = {
  domain: { rooms: [], packages: [] },
  language: { rooms: ['domain'], packages: [] },
  // `consent/period` reads FHIR periods for both rooms: one reading of dates, or two rooms would disagree on a midnight.
  fhir: { rooms: ['domain', 'consent'], packages: ['zod', '@medplum/fhirtypes'] },
  consent: { rooms: ['domain'], packages: [] },
  audit: { rooms: ['domain', 'consent'], packages: [] },
  outbound: {
    rooms: ['domain'],
    packages: [
      'undici',
      'jose',
      'nodemailer/lib/smtp-connection',
      'node:crypto',
      'node:net',
      'node:dns/promises',
      'node:tls',
    ],
  },
  store: {
    rooms: ['domain', 'consent', 'audit'],
    packages: [
      'kysely',
      'pg',
      '@electric-sql/pglite',
      '@electric-sql/pglite/nodefs',
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:net',
      'node:os',
    ],
  },
  exchange: { rooms: ['domain', 'language', 'fhir', 'consent', 'audit', 'store'], packages: ['@medplum/fhirtypes'] },
  relay: {
    rooms: ['domain', 'language', 'fhir', 'consent', 'audit', 'store', 'outbound'],
    packages: ['node:crypto', '@medplum/fhirtypes'],
  },
  cli: {
    // What is done to a store itself goes by the gateway's own configuration.
    rooms: [
      'domain',
      'fhir',
      'consent',
      'outbound',
      'store',
      'exchange',
      'config.ts',
      'config-error.ts',
      'open-store.ts',
    ],
    packages: [
      'zod',
      '@medplum/fhirtypes',
      'node:crypto',
      'node:events',
      'node:fs',
      'node:readline',
      'node:stream',
      'node:util',
    ],
  },
  gateway: {
    rooms: ['domain', 'language', 'fhir', 'store', 'exchange', 'outbound'],
    packages: [
      'hono',
      'hono/utils/http-status',
      '@hono/node-server',
      'jose',
      'zod',
      'node:crypto',
      '@medplum/fhirtypes',
    ],
  },
}

/** No clock, randomness, environment, network or waiting: what they need is an argument. */
const pureRooms = ['domain', 'language', 'fhir', 'consent', 'audit']

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return filesUnder(path)
    return path.endsWith('.ts') ? [path] : []
  })

const files = filesUnder(source).map((path) => ({
  path: relative(source, path),
  room: relative(source, path).split('/')[0] ?? '',
  text: readFileSync(path, 'utf8'),
}))

const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm)].map(
    ([, from, bare]) => from ?? bare ?? '',
  )

describe('the architecture', () => {
  it('is checked on real files', () => {
    expect(files.length).toBeGreaterThan(80)
    expect(files.flatMap(({ text }) => importsOf(text)).length).toBeGreaterThan(300)
    for (const room of Object.keys(rooms)) expect(files.some((file) => file.room === room)).toBe(true)
  })

  it('lets a room import only the rooms and packages named for it', () => {
    const wrong = files.flatMap(({ path, room, text }) => {
      const allowed = rooms[room]
      if (allowed === undefined) return []
      return importsOf(text).flatMap((from) => {
        if (!from.startsWith('.')) return allowed.packages.includes(from) ? [] : [`${path} imports ${from}`]
        const target = relative(source, join(source, path, '..', from)).split('/')[0] ?? ''
        return target === room || allowed.rooms.includes(target) ? [] : [`${path} imports ${from}`]
      })
    })
    expect(wrong).toEqual([])
  })

  it('keeps relay and gateway apart', () => {
    expect(rooms['relay']?.rooms).not.toContain('gateway')
    expect(rooms['gateway']?.rooms).not.toContain('relay')
  })

  it('keeps the pure rooms pure', () => {
    const impure = /\basync\b|\bawait\b|Date\.now|new Date\(\)|Math\.random|process\.|\bfetch\(|setTimeout|randomUUID/
    const wrong = files
      .filter(({ room }) => pureRooms.includes(room))
      .flatMap(({ path, text }) =>
        text
          .split('\n')
          .filter((line) => !/^\s*(\*|\/\/|\/\*\*)/.test(line) && impure.test(line))
          .map((line) => `${path}: ${line.trim()}`),
      )
    expect(wrong).toEqual([])
  })

  it('lets nothing but the engine make a permit and nothing but the relay make an envelope', () => {
    const makers = (word: string) => files.filter(({ text }) => text.includes(word)).map(({ path }) => path)
    expect(makers('as unknown as Permit')).toEqual(['consent/decide.ts'])
    expect(makers(') as Envelope')).toEqual(['relay/envelope.ts'])
  })

  it('reads and writes payload columns through the codec only', () => {
    const wrong = files.filter(
      ({ path, room, text }) => room === 'store' && path !== 'store/codec.ts' && /TextDecoder|TextEncoder/.test(text),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  it('speaks of itself alone', () => {
    const everything = [
      ...filesUnder(join(root, 'test')),
      ...filesUnder(join(root, 'demo')),
      ...filesUnder(join(root, 'bench')),
      ...filesUnder(join(root, 'chaos')),
      ...filesUnder(join(root, 'tools')),
    ].map((path) => ({ path, text: readFileSync(path, 'utf8') }))
    const forbidden = new RegExp(['\\.\\./sha', 'red/|/wo', 'rk/'].join(''))
    const wrong = [...files, ...everything].filter(({ text }) => forbidden.test(text)).map(({ path }) => path)
    expect(wrong).toEqual([])
  })
})
