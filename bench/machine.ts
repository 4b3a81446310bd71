import { cpus, loadavg, totalmem } from 'node:os'

/** What the absolute figures depend on. */
export const describeMachine = () => ({
  cores: cpus().length,
  processor: cpus()[0]?.model ?? 'unknown',
  memoryGB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
})

/** Load of the last minute; above a few tenths before the run, somebody else is using the machine. */
export const load = (): number => loadavg()[0] ?? 0
