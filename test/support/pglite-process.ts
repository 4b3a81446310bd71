import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export type StoreProcess = {
  readonly child: ChildProcess
  /** Every whole line said so far. */
  readonly lines: readonly string[]
  /** The first line that is, or will be, said; `ended` when there is none. */
  readonly firstLine: () => Promise<string>
  /** SIGKILL, then waits until the process is gone and all it had said is in `lines`. */
  readonly kill: () => Promise<void>
  readonly exited: Promise<unknown>
}

/** Runs one task of `pglite-child.ts` as a process of its own. `before` is a command to run it under. */
export const storeProcess = (
  task: 'open' | 'acknowledge' | 'audit' | 'lock',
  directory: string,
  before: readonly string[] = [],
): StoreProcess => {
  const script = fileURLToPath(new URL('pglite-child.ts', import.meta.url))
  // Most of a start is compiling the engine; whoever lives for a moment only does without the better compiler.
  const flags = task === 'audit' ? ['--liftoff-only'] : []
  const [command, ...rest] = [...before, process.execPath, ...flags, script, task, directory]
  const child = spawn(command ?? process.execPath, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  const exited = once(child, 'close')
  const firstLine = async (): Promise<string> => {
    if (lines.length === 0) await Promise.race([once(reader, 'line'), exited])
    return lines[0] ?? 'ended'
  }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return { child, lines, firstLine, kill, exited }
}
