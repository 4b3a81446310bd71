import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { migrate } from '../src/store/migrations/migrate.ts'
import { buildOf, migrations } from '../src/store/migrations/migrations.ts'
import type { Replaceable } from './company.ts'
import type { Database } from './database.ts'
import { narrowing, widening } from './next-build.ts'

/** A rolling upgrade in the middle of a run. */
export type Upgrade = {
  /** Replaces what is of the older build, one after the other, from two fifths to four fifths of the time. */
  run(seconds: number, over: AbortSignal): Promise<void>
  /** Asked when all is well again, while the newer build is still at work. */
  finish(): Promise<UpgradeReport>
}

export type UpgradeReport = {
  /** The commit of the older build; undefined: this tree, and the newer one knows a step more. */
  readonly from: string | undefined
  readonly replaced: number
  /** Looks at the database at which both builds were connected, a fifth of a second apart. */
  readonly sideBySide: number
  /** What became of a step that takes something away, while older gateways ran and when none did; undefined: not tried. */
  readonly narrowed: { readonly before: string; readonly after: string } | undefined
}

export const upgradeOf = (
  older: readonly Replaceable[],
  at: { readonly url: string; readonly database: Database; readonly from: string | undefined },
  say: (line: string) => void,
): Upgrade => {
  let [replaced, sideBySide] = [0, 0]
  let before = 'not tried'
  const isNext = at.from === undefined
  return {
    run: async (seconds, over) => {
      const rest = (ms: number): Promise<void> => sleep(ms, undefined, { signal: over }).catch(() => {})
      const watching = new AbortController()
      const watched = isNext ? watch(at.database, watching.signal, () => (sideBySide += 1)) : undefined
      await rest(seconds * 400)
      if (isNext) before = await narrow(at.url)
      for (const slot of older) {
        if (over.aborted) break
        slot.upgrade()
        await slot.restart()
        replaced += 1
        say(`${replaced} of ${older.length} replaced`)
        await rest((seconds * 400) / older.length)
      }
      watching.abort()
      await watched
    },
    finish: async () => ({
      from: at.from,
      replaced,
      sideBySide,
      narrowed: isNext ? { before, after: await narrow(at.url) } : undefined,
    }),
  }
}

/** Why an upgrade has proved nothing, or has gone wrong; none = well. */
export const upgradeFaults = (
  { replaced, sideBySide, narrowed }: UpgradeReport,
  complaints: Readonly<Record<string, number>>,
): readonly string[] => [
  ...(replaced === 0 ? ['nothing was replaced'] : []),
  ...(narrowed !== undefined && sideBySide < 5 ? ['the builds were hardly at work together'] : []),
  ...(narrowed !== undefined && narrowed.before !== 'schema-in-use'
    ? ['something was taken from a build at work']
    : []),
  ...(narrowed !== undefined && narrowed.after !== 'taken'
    ? ['a step was refused although no older build was left']
    : []),
  // Syntax error or access rule violation, feature not supported: a build and the schema do not fit.
  ...Object.keys(complaints).filter((name) => /: (?:42|0A)\w{3}$/.test(name)),
]

/** As a build that takes something away would when it starts. @returns how it ended; an outage is waited out. */
const narrow = async (url: string): Promise<string> => {
  const next = buildOf(migrations) + 1
  const known = [...migrations, widening(next), narrowing(next + 1)]
  for (let tries = 0; ; tries += 1) {
    const pool = new Pool({ connectionString: url, max: 1 })
    pool.on('error', () => {})
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    const outcome = await migrate(db, known).then(() => 'taken', codeOf)
    await db.destroy()
    if (tries === 50 || outcome === 'taken' || outcome.startsWith('schema-')) return outcome
    await sleep(200)
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'failed')

/** Writes what only the next build knows, as that would, and looks who is connected. */
const watch = async (database: Database, over: AbortSignal, both: () => void): Promise<void> => {
  while (!over.aborted) {
    try {
      await database.rows(`update lane set of_next = clock_timestamp()::text`)
      const [row] = await database.rows<{ builds: number }>(
        `select count(distinct objid)::int as builds from pg_locks where locktype = 'advisory' and objsubid = 2 and granted`,
      )
      if ((row?.builds ?? 0) > 1) both()
    } catch {
      // Not widened yet, or the server is down.
    }
    await sleep(200)
  }
}
