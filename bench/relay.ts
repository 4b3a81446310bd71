import { parseArgs } from 'node:util'
import { type Child, startChild } from './child.ts'
import type { CrowdResult } from './crowd.ts'
import { type Drained, measureDraining } from './draining.ts'
import { percentile } from './figures.ts'
import { measureLatency } from './latency.ts'
import { describeMachine, load } from './machine.ts'
import { openPlaces } from './places.ts'
import { type Row, tableOf } from './report.ts'
import { setStage } from './stage.ts'

/**
 * `npm run -s bench:relay [-- --quick] [--json] [--lanes 100000]`: what the relay does on PostgreSQL. Deliveries a second
 * that 1, 2 and 4 gateways drain together, each with one worker; milliseconds from POST to webhook, idle and with eight
 * senders at once; and what a delivery costs the more lanes there are, `--lanes` for more than 10,000.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '10000' },
    profile: { type: 'string' },
  },
})
const most = Number(values.lanes)
if (!Number.isInteger(most) || most < 1000 || most > 1_000_000) throw new Error('--lanes takes 1000 to 1000000')
const laneCounts = [1000, 10_000, 100_000, 1_000_000].filter((lanes) => lanes <= (values.quick ? 1000 : most))
const gatewayCounts = values.quick ? [1, 2] : [1, 2, 4]
const deliveries = values.quick ? 1000 : 3000
const latencies = { rounds: values.quick ? 1 : 3, messages: values.quick ? 30 : 60 }
/** Of a thousand lanes with an item each, so that the last ones are not waited for. */
const FEW = 700
const DEADLINE_MS = 600_000

const undo: (() => Promise<unknown>)[] = []
const undoAll = async (): Promise<void> => {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last().catch(() => {})
}
const giveUp = (why: string): void => {
  console.error(why)
  void undoAll().then(() => process.exit(1))
}
process.once('SIGINT', () => giveUp('interrupted'))
process.once('SIGTERM', () => giveUp('terminated'))
const keep = (start: () => Promise<Child>): Promise<Child> => {
  const starting = start()
  undo.push(async () => (await starting.catch(() => undefined))?.stop())
  return starting
}
const say = (line: string): void => console.error(line)

const lanesRow = (lanes: number, { perSecond, gatewayCpu, databaseCpu }: Drained, base: Drained): Row => {
  const ratio = base.perSecond / perSecond
  const cost = `${gatewayCpu.toFixed(2)} + ${databaseCpu.toFixed(2)} ms of processor`
  const aim = lanes === 100_000 && { target: '≤ 1.2 × that of 1,000', met: ratio <= 1.2 }
  return { what: `a delivery among ${lanes.toLocaleString('en')} lanes: ${cost}`, perSecond, unit: 'ms', ratio, ...aim }
}

const measure = async (): Promise<readonly Row[]> => {
  const places = await openPlaces('postgres')
  if (places?.gateway.engine !== 'postgres') throw new Error('PostgreSQL is not installed')
  undo.push(places.remove)
  const { url } = places.gateway
  const stage = await setStage(places, { profile: values.profile }, keep)
  const { receiver } = stage
  const first = stage.gateway.child
  say(`${places.version}: latency …`)
  const idle = await measureLatency(stage, latencies)
  const crowd = await receiver.ask<CrowdResult>('crowd', {
    origin: stage.gateway.origin,
    token: await first.ask<string>('token'),
    together: 8,
    messages: latencies.messages * latencies.rounds,
    most: 10_000,
  })
  const ratio = idle.message.p50 / idle.floor.p50
  const rows: Row[] = [
    { what: 'floor: outbox + HMAC webhook, POST → webhook, idle', ...idle.floor, unit: 'ms' },
    {
      what: 'POST → webhook, idle',
      ...idle.message,
      unit: 'ms',
      ratio,
      target: 'p50 ≤ 1.5 × floor',
      met: ratio <= 1.5,
    },
    {
      what: 'POST → webhook, eight senders at once',
      perSecond: (crowd.arrived.length / crowd.elapsed) * 1000,
      p50: percentile(crowd.arrived, 0.5),
      p99: percentile(crowd.arrived, 0.99),
      unit: 'ms',
    },
  ]
  // What is compiled and cached in the first seconds is not measured.
  await measureDraining({ url, receiver, gateways: [first] }, { name: 'warm', lanes: 1000, deliveries: 1000 })
  const gateways = [first]
  for (const count of gatewayCounts) {
    while (gateways.length < count) {
      gateways.push(await keep(() => startChild('gateway-server.ts', { place: places.gateway, hook: stage.hook })))
    }
    await measureDraining({ url, receiver, gateways }, { name: `warm-${count}`, lanes: 1000, deliveries: 500 * count })
    say(`${count} gateways …`)
    const drained = await measureDraining(
      { url, receiver, gateways },
      { name: `gateways-${count}`, lanes: 1000, deliveries },
    )
    rows.push({
      what: `drained by ${count}: ${drained.gatewayCpu.toFixed(2)} + ${drained.databaseCpu.toFixed(2)} ms of processor`,
      perSecond: drained.perSecond,
      unit: 'ms',
      target: '≥ 800/s',
      met: drained.perSecond >= 800,
    })
  }
  for (const more of gateways.slice(1)) await more.stop()
  let base: Drained | undefined
  for (const lanes of laneCounts) {
    say(`${lanes} lanes …`)
    // One item in each lane however many there are: a lane that goes on with its next one costs less than another lane.
    const order = { lanes, deliveries: FEW }
    const rounds: Drained[] = []
    for (let round = 0; round < (lanes === 1000 ? 3 : 1); round += 1) {
      rounds.push(
        await measureDraining({ url, receiver, gateways: [first] }, { ...order, name: `lanes-${lanes}-${round}` }),
      )
    }
    const drained = rounds.toSorted((one, other) => one.perSecond - other.perSecond)[rounds.length >> 1]
    if (drained !== undefined) rows.push(lanesRow(lanes, drained, (base ??= drained)))
  }
  return rows
}

const deadline = setTimeout(() => giveUp('not finished in ten minutes: is the machine busy?'), DEADLINE_MS)
const machine = describeMachine()
const before = load()
try {
  const rows = await measure()
  const loads = { before, after: load() }
  console.log(`\n${machine.cores} cores (${machine.processor}), ${machine.memoryGB} GB, node ${machine.node}`)
  console.log(`load average before ${loads.before.toFixed(2)}, after ${loads.after.toFixed(2)}\n`)
  console.log(tableOf(rows))
  if (values.json) console.log(JSON.stringify({ machine: { ...machine, load: loads }, rows }))
} finally {
  clearTimeout(deadline)
  await undoAll()
}
