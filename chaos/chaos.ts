import { control } from './control/control.ts'
import { gateway } from './gateway.ts'
import { readOptions } from './options.ts'
import type { Undo } from './cast.ts'
import { run } from './run.ts'
import { upgradeFaults } from './upgrade.ts'
import { faults } from './verdict.ts'

/**
 * `npm run chaos -- --minutes N --workers 4 --seed S --json`: the relay's guarantees on trial. The last line of the output
 * is one JSON object. Ends with 0 when no fault was found, or with `--control` when one was. `--upgrade` has two builds at
 * work and replaces the older one in the middle; `--from COMMIT` says which that is.
 */
const options = readOptions(process.argv.slice(2))
const say = (line: string): void => {
  if (!options.json) console.error(`${(performance.now() / 1000).toFixed(1)} ${line}`)
}

const undo: Undo = []
const undoAll = async (): Promise<void> => {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) {
    await last().catch((error: unknown) => console.error(error instanceof Error ? error.message : 'could not be ended'))
  }
}
const giveUp = (why: string): void => {
  console.error(why)
  process.exitCode = 1
  void undoAll().then(() => process.exit(1))
}
process.once('SIGINT', () => giveUp('interrupted'))
process.once('SIGTERM', () => giveUp('terminated'))
const deadline = setTimeout(
  () => giveUp('not finished in time: is the machine busy?'),
  3 * options.seconds * 1000 + 300_000,
)

try {
  const report = await run(options.control ? control : gateway, options, say, undo)
  const found = faults.filter((name) => report[name] > 0)
  const misfits = report.upgrade === undefined ? [] : upgradeFaults(report.upgrade, report.complaints)
  for (const misfit of misfits) console.error(misfit)
  const failed =
    found.length + misfits.length > 0 || report.undelivered > 0 || Object.keys(report.unexpected).length > 0
  console.log(JSON.stringify(report))
  if (!report.enough) console.error('too little has happened to prove anything: is the machine busy?')
  process.exitCode = report.enough && failed === options.control ? 0 : 1
} finally {
  clearTimeout(deadline)
  await undoAll()
}
