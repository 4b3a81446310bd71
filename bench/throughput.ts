import { setTimeout as pause } from 'node:timers/promises'
import { median } from './figures.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import type { Options } from './options.ts'
import type { Server, Stage } from './stage.ts'

export type Throughput = Pick<LoadResult, 'perSecond' | 'p50' | 'p99'>
export type Throughputs = {
  readonly oneInsert: Throughput
  readonly fourInserts: Throughput
  readonly referral: Throughput
  /** Referrals a second when the clock runs until the last webhook of the last referral has arrived. */
  readonly delivered: number
}

/** (a) Floor, floor, ours, floor, floor, ours …: whatever else the machine does meets all of them. */
export const measureThroughput = async (stage: Stage, { rounds, seconds }: Options): Promise<Throughputs> => {
  const results: Record<'one' | 'four' | 'referral', LoadResult[]> = { one: [], four: [], referral: [] }
  const delivered: number[] = []
  let first = 0
  for (let round = -1; round < rounds; round += 1) {
    // The first round is forgotten: it lasts until what runs all day has been compiled.
    const length = round < 0 ? 2 * seconds : seconds
    for (const body of ['one', 'four', 'referral'] as const) {
      const server = body === 'referral' ? stage.gateway : stage.floor
      const path = body === 'referral' ? '/fhir' : `/${body}`
      const order = { path, body, first, seconds: length, connections: 16 }
      const before = await stage.receiver.ask<number>('arrivals')
      const result = await runLoad(stage, server, order)
      first += result.accepted
      if (body === 'referral') {
        const more = await untilDelivered(stage, before + WEBHOOKS * result.accepted)
        if (round >= 0) delivered.push(result.accepted / (result.elapsed + more))
      }
      if (round >= 0) results[body].push(result)
    }
  }
  return {
    oneInsert: medians(results.one),
    fourInserts: medians(results.four),
    referral: medians(results.referral),
    delivered: median(delivered),
  }
}

/** Identity and referral, to the one endpoint that is pushed to. */
const WEBHOOKS = 2

const runLoad = async (
  stage: Stage,
  server: Server,
  order: Omit<LoadOrder, 'origin' | 'token'>,
): Promise<LoadResult> => {
  const token = server === stage.gateway ? await server.child.ask<string>('token') : 'none'
  return stage.load.ask<LoadResult>('load', { ...order, origin: server.origin, token })
}

/** @returns seconds. @throws when something got lost. */
const untilDelivered = async ({ receiver }: Stage, expected: number): Promise<number> => {
  const begun = performance.now()
  for (;;) {
    const arrivals = await receiver.ask<number>('arrivals')
    const seconds = (performance.now() - begun) / 1000
    if (arrivals >= expected) return seconds
    if (seconds > 60) throw new Error(`${expected - arrivals} webhooks have not arrived after 60 s`)
    await pause(5)
  }
}

const medians = (results: readonly LoadResult[]): Throughput => ({
  perSecond: median(results.map(({ perSecond }) => perSecond)),
  p50: median(results.map(({ p50 }) => p50)),
  p99: median(results.map(({ p99 }) => p99)),
})
