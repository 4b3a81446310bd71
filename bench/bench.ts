import { type Child, startChild } from './child.ts'
import type { DecisionResult } from './decisions.ts'
import { measureLatency } from './latency.ts'
import { describeMachine, load } from './machine.ts'
import { type Engine, readOptions } from './options.ts'
import { openPlaces } from './places.ts'
import { decisionRows, type EngineFigures, rowsOf, tableOf } from './report.ts'
import { setStage } from './stage.ts'
import { measureThroughput } from './throughput.ts'

/**
 * `npm run bench [-- --quick] [--json] [--engine postgres|pglite] [--profile <directory>]`: the gateway against floors
 * that are rebuilt here and measured in the same run, because only ratios carry over from one machine to another.
 */
const options = readOptions(process.argv.slice(2))
const say = (line: string): void => console.error(line)

/** What has to be undone, in the order it was made; emptied backwards, whatever happens. */
const undo: (() => Promise<unknown>)[] = []
const undoAll = async (): Promise<void> => {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) {
    await last().catch((error: unknown) => say(String(error)))
  }
}
let undoing = Promise.resolve()
// One after the other: who comes second must not end the process while the first is still at it.
const cleanUp = (): Promise<void> => (undoing = undoing.then(undoAll))
let over = false
const giveUp = (why: string): void => {
  over = true
  say(why)
  report()
  void cleanUp().then(() => process.exit(1))
}
process.once('SIGINT', () => giveUp('interrupted'))
process.once('SIGTERM', () => giveUp('terminated'))
const deadline = setTimeout(() => giveUp('not finished within 290 s: is the machine busy?'), 290_000)

/** Also what is still starting is ended. */
const keep = (start: () => Promise<Child>): Promise<Child> => {
  if (over) return Promise.reject(new Error('the run is over'))
  const starting = start()
  undo.push(async () => (await starting.catch(() => undefined))?.stop())
  return starting
}

const machine = describeMachine()
const loadBefore = load()
const figures: EngineFigures[] = []
const decisions: { consents: number; result: DecisionResult }[] = []

const measureEngine = async (engine: Engine): Promise<void> => {
  const opening = openPlaces(engine)
  // Before it is there: whoever interrupts now must not leave a server behind.
  undo.push(async () => (await opening)?.remove())
  const places = await opening
  if (places === undefined) {
    say(`${engine} is not installed: SKIPPED`)
    return
  }
  const stage = await setStage(places, options, keep)
  say(`${places.version}: (a) throughput, ${options.rounds} rounds …`)
  const throughput = await measureThroughput(stage, options)
  say(`${places.version}: (b) latency, ${options.rounds} rounds …`)
  const latency = await measureLatency(stage, options)
  figures.push({ engine, version: places.version, throughput, latency })
  await cleanUp()
}

const measureDecisions = async (): Promise<void> => {
  say('(c) decisions …')
  const child = await keep(() => startChild('decisions.ts', undefined))
  for (const consents of [1, 10, 100]) {
    decisions.push({
      consents,
      result: await child.ask<DecisionResult>('decide', { consents, ms: options.decisionMs }),
    })
  }
  await cleanUp()
}

/** Prints what there is, also when the run was cut. */
function report(): void {
  const rows = [...figures.flatMap(rowsOf), ...decisionRows(decisions)]
  const loads = { before: loadBefore, after: load() }
  const { cores, processor, memoryGB, node } = machine
  console.log(`\n${cores} cores (${processor}), ${memoryGB} GB, node ${node}`)
  console.log(`engines: ${figures.map(({ version }) => version).join(', ')}`)
  console.log(`load average before ${loads.before.toFixed(2)}, after ${loads.after.toFixed(2)}\n`)
  console.log(tableOf(rows))
  if (options.json) console.log(JSON.stringify({ machine: { ...machine, load: loads }, rows, figures, decisions }))
}

try {
  await measureDecisions()
  for (const engine of options.engines) await measureEngine(engine)
  report()
} catch (error) {
  // What fails while everything is being ended has been told already.
  if (!over) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    report()
    process.exitCode = 1
  }
} finally {
  clearTimeout(deadline)
  await cleanUp()
}
