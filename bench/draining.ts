import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Child } from './child.ts'
import { drop, fill } from './fill.ts'
import { sum } from './figures.ts'

export type Drained = {
  readonly perSecond: number
  /** Milliseconds of processor for one delivery: of the gateways, and of PostgreSQL (on Linux, else NaN). */
  readonly gatewayCpu: number
  readonly databaseCpu: number
}

export type Draining = {
  readonly url: string
  readonly receiver: Child
  /** Those that are at work, each with one worker. */
  readonly gateways: readonly Child[]
}

/** Left out at the beginning, while the first ones are on their way. */
const LEAD = 200
const PATIENCE_MS = 60_000

/** Fills the store and measures the next so many deliveries; what then still waits is ended. */
export const measureDraining = async (
  { url, receiver, gateways }: Draining,
  { name, lanes, deliveries }: { readonly name: string; readonly lanes: number; readonly deliveries: number },
): Promise<Drained> => {
  const items = Math.ceil((deliveries + LEAD) / lanes)
  const before = await arrivalsOf(receiver)
  await fill({ url, name, lanes, items })
  await arrived(receiver, before + LEAD)
  const [begun, first, cpu] = [performance.now(), await arrivalsOf(receiver), await cpuOf(url, gateways)]
  await arrived(receiver, first + deliveries)
  const [elapsed, after, done] = [performance.now() - begun, await cpuOf(url, gateways), await arrivalsOf(receiver)]
  await drop(url)
  await pause(300)
  const each = done - first
  return {
    perSecond: (each / elapsed) * 1000,
    gatewayCpu: (after.gateways - cpu.gateways) / each,
    databaseCpu: (after.database - cpu.database) / each,
  }
}

const arrivalsOf = (receiver: Child): Promise<number> => receiver.ask<number>('arrivals')

const arrived = async (receiver: Child, count: number): Promise<void> => {
  const end = performance.now() + PATIENCE_MS
  for (let seen = 0; (seen = await arrivalsOf(receiver)) < count; await pause(2)) {
    if (performance.now() > end)
      throw new Error(`${count - seen} webhooks have not arrived after ${PATIENCE_MS / 1000} s`)
  }
}

/** Processor time used so far, in milliseconds. */
const cpuOf = async (url: string, gateways: readonly Child[]) => {
  const used = await Promise.all(gateways.map((gateway) => gateway.ask<NodeJS.CpuUsage>('cpu')))
  return {
    gateways: sum(used.map(({ user, system }) => (user + system) / 1000)),
    database: await databaseMs(url),
  }
}

/** Of the server and all its processes, those that have ended too. NaN where there is no `/proc`. */
const databaseMs = async (url: string): Promise<number> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const server = statOf(rows[0]?.pid ?? 0)?.parent
  await client.end()
  if (server === undefined) return Number.NaN
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : []))
  return sum(
    all.flatMap(({ pid, parent, own, ended }) => (pid === server ? own + ended : parent === server ? own : [])),
  )
}

/** Ticks are hundredths of a second. */
const TICK_MS = 10

const statOf = (pid: number) => {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    const field = (n: number): number => Number(rest.split(' ')[n])
    return { pid, parent: field(1), own: (field(11) + field(12)) * TICK_MS, ended: (field(13) + field(14)) * TICK_MS }
  } catch {
    return undefined
  }
}
