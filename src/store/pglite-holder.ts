import { readFileSync, readlinkSync } from 'node:fs'
import { beaconAnswers } from './pglite-beacon.ts'

/** Who holds a lock file. A fact that the platform does not tell is `null` and proves nothing either way. */
export type Holder = {
  /** Random, new for every attempt to take the lock. */
  readonly token: string
  readonly pid: number
  /** Clock ticks after boot at which the process started: tells a pid from a later process given the same number. */
  readonly started: string | null
  readonly boot: string | null
  /** Pids of two containers mean different processes; only within one pid namespace can they be compared. */
  readonly namespace: string | null
  /** Whether the holder listens on a socket in the directory, which answers across containers. */
  readonly beacon: boolean
}

export const thisProcess = (token: string, beacon: boolean): Holder => ({
  token,
  pid: process.pid,
  started: processStatus(process.pid)?.started ?? null,
  boot: bootId(),
  namespace: pidNamespace(),
  beacon,
})

/** Whether the holder may still be writing. In doubt the answer is yes: a refused start harms less than two writers. */
export const isAlive = async (holder: Holder, directory: string): Promise<boolean> => {
  if (differs(holder.boot, bootId())) return false
  if (differs(holder.namespace, pidNamespace())) return !holder.beacon || (await beaconAnswers(directory, holder.token))
  if (!pidExists(holder.pid)) return false
  const status = processStatus(holder.pid)
  if (status === null) return true
  return !status.ended && !differs(holder.started, status.started)
}

/** The holder written in a lock file, or `null` when the text is not one of ours. */
export const parseHolder = (text: string): Holder | null => {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return null
  const fields = new Map<string, unknown>(Object.entries(value))
  const word = (name: string): string | null => {
    const field = fields.get(name)
    return typeof field === 'string' ? field : null
  }
  const token = word('token')
  const pid = Number(fields.get('pid'))
  // The token becomes part of file names. Pids below one would address process groups.
  if (token === null || !/^[0-9a-f]{32}$/.test(token) || !Number.isSafeInteger(pid) || pid < 1) return null
  const [started, boot, namespace] = [word('started'), word('boot'), word('namespace')]
  return { token, pid, started, boot, namespace, beacon: fields.get('beacon') === true }
}

export const pidNamespace = (): string | null => known(() => readlinkSync('/proc/self/ns/pid'))

const bootId = (): string | null => known(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())

const differs = (left: string | null, right: string | null): boolean =>
  left !== null && right !== null && left !== right

const pidExists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** proc_pid_stat(5): field 3 is the state (Z and X have ended, though the pid exists), field 22 the start in ticks. */
const processStatus = (pid: number): { readonly started: string | null; readonly ended: boolean } | null => {
  const stat = known(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (stat === null) return null
  // Field 2, the command, may hold blanks and brackets; the fields are counted from its last bracket on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { started: fields[19] ?? null, ended: fields[0] === 'Z' || fields[0] === 'X' }
}

const known = (read: () => string): string | null => {
  try {
    return read()
  } catch {
    return null
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
