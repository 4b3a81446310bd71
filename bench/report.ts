import type { DecisionResult } from './decisions.ts'
import type { Latencies } from './latency.ts'
import type { Throughputs } from './throughput.ts'

export type EngineFigures = {
  readonly engine: 'postgres' | 'pglite'
  readonly version: string
  readonly throughput: Throughputs
  readonly latency: Latencies
}
export type Decisions = readonly { readonly consents: number; readonly result: DecisionResult }[]

export type Row = {
  readonly what: string
  readonly perSecond?: number
  /** Milliseconds, in part (c) microseconds. */
  readonly p50?: number
  readonly p99?: number
  readonly unit: 'ms' | 'µs'
  readonly ratio?: number
  readonly target?: string
  readonly met?: boolean
}

/** Targets are for PostgreSQL; PGlite is measured beside it. */
export const rowsOf = ({ engine, version, throughput, latency }: EngineFigures): readonly Row[] => {
  const { oneInsert, fourInserts, referral, delivered } = throughput
  const aims = engine === 'postgres'
  const [rate, late, alone] = [
    referral.perSecond / fourInserts.perSecond,
    latency.bundle.p50 / latency.floor.p50,
    latency.message.p50 / latency.floor.p50,
  ]
  const most = (ratio: number) => aims && { target: '≤ 2 × floor', met: ratio <= 2 }
  return [
    { what: `(a) floor: Hono + zod + one INSERT, ${version}`, ...oneInsert, unit: 'ms' },
    { what: '(a) floor: Hono + zod + 4 INSERTs in a transaction', ...fourInserts, unit: 'ms' },
    {
      what: '(a) referral Bundle, answered',
      ...referral,
      unit: 'ms',
      ratio: rate,
      ...(aims && { target: '≥ 0.4 × 4 INSERTs', met: rate >= 0.4 }),
    },
    {
      what: '(a) referral Bundle, its two webhooks received',
      perSecond: delivered,
      unit: 'ms',
      ratio: delivered / fourInserts.perSecond,
    },
    { what: '(b) floor: outbox + HMAC webhook, POST → received', ...latency.floor, unit: 'ms' },
    {
      what: '(b) medication change (Bundle), POST → received',
      ...latency.bundle,
      unit: 'ms',
      ratio: late,
      ...most(late),
    },
    {
      what: '(b) medication message alone, POST → received',
      ...latency.message,
      unit: 'ms',
      ratio: alone,
      ...most(alone),
    },
  ]
}

export const decisionRows = (decisions: Decisions): readonly Row[] =>
  decisions.map(({ consents, result }) => ({
    what: `(c) decision with ${consents} consent${consents === 1 ? '' : 's'} of 6 provisions`,
    ...result,
    unit: 'µs',
    ...(consents === 10 && { target: 'p50 ≤ 30 µs', met: result.p50 <= 30 }),
  }))

export const tableOf = (rows: readonly Row[]): string => {
  const cells = [
    ['', 'per second', 'p50', 'p99', 'ratio', 'target', 'met'],
    ...rows.map(({ what, perSecond, p50, p99, unit, ratio, target, met }) => [
      what,
      perSecond === undefined ? '' : Math.round(perSecond).toLocaleString('en'),
      p50 === undefined ? '' : `${p50.toFixed(2)} ${unit}`,
      p99 === undefined ? '' : `${p99.toFixed(2)} ${unit}`,
      ratio === undefined ? '' : ratio.toFixed(2),
      target ?? '',
      met === undefined ? '' : met ? 'yes' : 'NO',
    ]),
  ]
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  const [head = [], ...rest] = cells
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rest.map(line)].join('\n')
}
