import { type ChildProcess, fork } from 'node:child_process'

/** A process of its own that answers questions; see `answer-parent.ts` for its side. */
export type Child = {
  /** Rejects with the child's own words when it fails, or ends. */
  ask<T>(command: string, input?: unknown): Promise<T>
  /** Asks it to end, and ends it after five seconds. */
  stop(): Promise<void>
}

type Answer = { readonly id: number; readonly result?: unknown; readonly error?: string }

/** Starts one of the files next to this one, with `input` for its `start`; resolves when that has been answered. */
export const startChild = async (file: string, input: unknown, execArgv: readonly string[] = []): Promise<Child> => {
  // The gateway behaves as it does for everybody: no NODE_ENV, no preloaded modules.
  const { NODE_ENV: _mode, NODE_OPTIONS: _options, ...env } = process.env
  const child = fork(new URL(file, import.meta.url), {
    env,
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const fail = (): void => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} has ended`))
  }
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      fail()
      resolve()
    })
  })
  // A question that could not be sent any more; without a listener it would end this process.
  child.on('error', fail)
  child.on('message', ({ id, result, error }: Answer) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) asked?.resolve(result)
    else asked?.reject(new Error(`${file}: ${error}`))
  })
  let asked = 0
  const ask = <T>(command: string, given?: unknown): Promise<T> => {
    if (hasEnded(child)) return Promise.reject(new Error(`${file} has ended`))
    const answer = Promise.withResolvers<unknown>()
    waiting.set((asked += 1), answer)
    child.send({ id: asked, command, input: given })
    return answer.promise as Promise<T>
  }
  const stop = async (): Promise<void> => {
    if (hasEnded(child)) return
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ask('stop').catch(() => undefined)
    await ended
    clearTimeout(timer)
  }
  try {
    await ask('start', input)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return { ask, stop }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
