import { setTimeout as sleep } from 'node:timers/promises'
import type { Builds } from './builds.ts'
import type { Undo } from './cast.ts'
import type { Options } from './options.ts'
import { keepRunning, type Slot } from './processes.ts'

/** All who are at work in a run, and those of them that are on the older build at first. */
export type Company = {
  readonly workers: readonly Slot[]
  readonly producers: readonly Slot[]
  readonly older: readonly Replaceable[]
}
/** `upgrade`: from its next start on it is of the newer build. */
export type Replaceable = Pick<Slot, 'restart'> & { upgrade(): void }

type Part = { readonly file: string; argumentsOf(slot: number, n: number): readonly string[] }

/** Of an upgrade every second one is older, and those are up before the others start. */
export const startCompany = async (
  parts: { readonly worker: Part; readonly producer: Part },
  { workers, producers, upgrade }: Options,
  builds: Builds,
  hear: (line: string) => void,
  undo: Undo,
): Promise<Company> => {
  const older: Replaceable[] = []
  const start = ({ file, argumentsOf }: Part, slot: number): Slot => {
    const isOlder = upgrade && slot % 2 === 0
    let build = isOlder ? builds.older : builds.newer
    const made = keepRunning(
      () => new URL(`chaos/${file}`, build),
      (n) => argumentsOf(slot, n),
      hear,
    )
    undo.push(() => made.end(0))
    if (isOlder) older.push({ restart: made.restart, upgrade: () => (build = builds.newer) })
    return made
  }
  const company = { workers: [] as Slot[], producers: [] as Slot[] }
  for (const parity of [0, 1]) {
    for (let slot = parity; slot < workers; slot += 2) company.workers[slot] = start(parts.worker, slot)
    for (let slot = parity; slot < producers; slot += 2) company.producers[slot] = start(parts.producer, slot)
    if (upgrade) await untilUp([...company.workers, ...company.producers])
  }
  return { ...company, older }
}

/** How long all processes may take to start, the first time. */
const START_MS = 120_000

export const untilUp = async (slots: readonly (Slot | undefined)[]): Promise<void> => {
  const end = performance.now() + START_MS
  const isDown = (slot: Slot | undefined): boolean => slot !== undefined && slot.port() === undefined
  while (performance.now() < end && slots.some(isDown)) await sleep(100)
}
