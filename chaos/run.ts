import { setTimeout as sleep } from 'node:timers/promises'
import { type Cast, openCast, type Undo } from './cast.ts'
import { untilUp } from './company.ts'
import type { Database } from './database.ts'
import type { Evidence } from './evidence.ts'
import type { Options } from './options.ts'
import { endpointsOf, teams } from './scene.ts'
import { type Blows, killsIn, storm } from './storm.ts'
import type { UpgradeReport } from './upgrade.ts'
import { judge, type Verdict } from './verdict.ts'

/** What is put on trial: its processes, and how its tables are read. */
export type Subject = {
  readonly worker: string
  readonly producer: string
  readonly hasInboxes: boolean
  prepare(database: Database): Promise<void>
  /** A query for the number of items that are still to be delivered. */
  readonly open: string
  read(database: Database): Promise<Pick<Evidence, 'recorded' | 'items' | 'sendings' | 'consents'>>
}

export type Report = Verdict &
  Blows & {
    readonly kills: number
    /** Whether enough has happened to prove anything. */
    readonly enough: boolean
    readonly seconds: number
    readonly workers: number
    readonly seed: number
    readonly control: boolean
    /** Consents granted and withdrawn, the first of every client among them. */
    readonly granted: number
    readonly withdrawn: number
    /** Still to be delivered when the time for it was over. */
    readonly undelivered: number
    /** Answers to the producers that are neither right nor a sign of an outage. */
    readonly unexpected: Readonly<Record<string, number>>
    /** How the recipients answered. */
    readonly answers: Readonly<Record<string, number>>
    /** What the workers complained of, by its name. */
    readonly complaints: Readonly<Record<string, number>>
    readonly upgrade?: UpgradeReport
  }

/** How long the workers have, when all is well again, to deliver what is left. */
const CALM_MS = 60_000

/** On a busy machine the chaos lasts up to so many times longer, until enough has happened. */
const BUSY_TIMES = 2

/** Blows against everything at work; then calm, and the judgement. `undo` and errors: see `openCast`. */
export const run = async (
  subject: Subject,
  options: Options,
  say: (line: string) => void,
  undo: Undo,
): Promise<Report> => {
  const cast = await openCast(subject, options, say, undo)
  const { workers, producers, receiver, database, reader } = cast
  const over = new AbortController()
  undo.push(async () => over.abort())
  const reading = subject.hasInboxes ? reader.run(over.signal) : Promise.resolve()
  await untilUp([...workers, ...producers])
  say(`${options.workers} workers and ${options.producers} producers are up; ${options.seconds} s of chaos`)
  const [blows] = await Promise.all([
    rage(cast, options, say, over.signal),
    cast.upgrade?.run(options.seconds, over.signal),
  ])

  say('calm')
  receiver.heal()
  for (const producer of producers) await producer.end()
  const open = async (): Promise<number> => (await database.rows<{ count: number }>(subject.open))[0]?.count ?? 0
  await until(async () => (await open()) === 0, CALM_MS)
  over.abort()
  await reading
  if (subject.hasInboxes) await reader.readAll()
  const upgrade = await cast.upgrade?.finish()
  for (const worker of workers) await worker.end()
  const { seconds, seed, control } = options
  return {
    ...(await verdictOn(subject, cast)),
    kills: killsIn(blows),
    enough: isEnough(cast, options, blows),
    ...blows,
    undelivered: await open(),
    answers: receiver.moods,
    complaints: cast.complaints(),
    ...(upgrade !== undefined && { upgrade }),
    seconds,
    workers: options.workers,
    seed,
    control,
  }
}

const rage = async (
  cast: Cast,
  options: Options,
  say: (line: string) => void,
  interrupted: AbortSignal,
): Promise<Blows> => {
  const end = performance.now() + options.seconds * 1000
  const latest = end + BUSY_TIMES * options.seconds * 1000
  const progress = setInterval(
    () => say(`${Math.round((end - performance.now()) / 1000)} s left, ${cast.receiver.arrivals.length} arrivals`),
    30_000,
  )
  try {
    return await storm(
      cast,
      (blows) => interrupted.aborted || performance.now() > (isEnough(cast, options, blows) ? end : latest),
      options.seed,
    )
  } finally {
    clearInterval(progress)
  }
}

const isEnough = ({ receiver }: Cast, { seconds }: Options, blows: Blows): boolean =>
  killsIn(blows) >= Math.min(20, seconds / 3) && receiver.arrivals.length >= Math.min(200, seconds)

const verdictOn = async (subject: Subject, { database, receiver, entries }: Cast) => {
  const written = entries()
  const pushed = (endpoint: string): boolean => subject.hasInboxes || !endpoint.endsWith('inbox')
  const evidence: Evidence = {
    acknowledged: written.flatMap((entry) => (entry.kind === 'acknowledged' ? [{ record: entry.record }] : [])),
    arrivals: receiver.arrivals,
    endpoints: new Map(teams.map((team) => [team, endpointsOf(team).filter(pushed)])),
    ...(await subject.read(database)),
  }
  const unexpected: Record<string, number> = {}
  for (const entry of written) {
    if (entry.kind !== 'unexpected') continue
    const answer = `${entry.status} ${entry.what}`
    unexpected[answer] = (unexpected[answer] ?? 0) + 1
  }
  return {
    ...judge(evidence),
    granted: evidence.consents.length,
    withdrawn: evidence.consents.filter(({ until }) => until !== undefined).length,
    unexpected,
  }
}

const until = async (isSo: () => boolean | Promise<boolean>, mostMs: number): Promise<void> => {
  const end = performance.now() + mostMs
  while (performance.now() < end && !(await isSo())) await sleep(100)
}
