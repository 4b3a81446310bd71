import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that is started again whenever it ends, until the run is over. */
export type Slot = {
  /** Of its HTTP face; undefined while it is starting. */
  readonly port: () => number | undefined
  readonly isStopped: () => boolean
  kill(): void
  /** SIGSTOP, then SIGCONT: to the others it is dead for so long, and then it goes on where it was. */
  freeze(ms: number): Promise<void>
  /** Asks it to end in good order, and kills it when that takes too long. It is started again. */
  restart(): Promise<void>
  /** The same, and it is not started again. */
  end(patienceMs?: number): Promise<void>
}

/** @param file looked up at every start. @param argumentsOf of the n-th process in this slot. @param hear gets every line it says. */
export const keepRunning = (
  file: () => URL,
  argumentsOf: (n: number) => readonly string[],
  hear: (line: string) => void,
): Slot => {
  let [count, over, frozen] = [0, false, false]
  let port: number | undefined
  let child: ChildProcess | undefined
  let gone = Promise.resolve()

  const start = (): void => {
    if (over) return
    count += 1
    // The gateway behaves as it does for everybody: no NODE_ENV, no preloaded modules.
    const { NODE_ENV: _mode, NODE_OPTIONS: _options, ...env } = process.env
    const started = fork(file(), [...argumentsOf(count)], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child = started
    for (const stream of [started.stdout, started.stderr]) {
      stream?.setEncoding('utf8')
      stream?.on('data', (text: string) => text.split('\n').filter(Boolean).forEach(hear))
    }
    started.on('message', (message: { readonly port: number }) => (port = message.port))
    // A message that could not be sent any more; without a listener it would end this process.
    started.on('error', () => {})
    gone = new Promise((resolve) => {
      started.once('exit', () => {
        port = undefined
        frozen = false
        resolve()
        setTimeout(start, RESTART_MS)
      })
    })
  }
  start()
  const leave = async (patienceMs: number): Promise<void> => {
    const leaving = child
    if (leaving === undefined || leaving.exitCode !== null || leaving.signalCode !== null) return
    // Who is still starting does not listen yet.
    const timer = setTimeout(() => leaving.kill('SIGKILL'), port === undefined ? 0 : patienceMs)
    if (leaving.connected) leaving.send('stop')
    await gone
    clearTimeout(timer)
  }
  return {
    port: () => port,
    isStopped: () => frozen,
    kill: () => void child?.kill('SIGKILL'),
    freeze: async (ms) => {
      const held = child
      if (!held?.kill('SIGSTOP')) return
      frozen = true
      await sleep(ms)
      held.kill('SIGCONT')
      if (held === child) frozen = false
    },
    restart: () => leave(PATIENCE_MS),
    end: (patienceMs = PATIENCE_MS) => {
      over = true
      return leave(patienceMs)
    },
  }
}

const PATIENCE_MS = 10_000
const RESTART_MS = 100
