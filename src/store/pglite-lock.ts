import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dropBeacon, lightBeacon } from './pglite-beacon.ts'
import { isAlive, parseHolder, pidNamespace, thisProcess, type Holder } from './pglite-holder.ts'
import { storeError, type StoreError } from './store-error.ts'

export type StoreLock = { readonly release: () => Promise<void> }

/**
 * Takes `<directory>/gateway.lock` for this process, or throws `store-locked` naming who holds it. A lock left by a
 * process that has ended is taken over, by exactly one of those who try.
 *
 * The lock holds between processes of one machine, containers included. A directory shared by several machines over a
 * network is not protected: there another boot id is taken for a restart.
 */
export const acquireLock = async (directory: string): Promise<StoreLock> => {
  const token = randomBytes(16).toString('hex')
  const path = join(directory, 'gateway.lock')
  const beacon = pidNamespace() === null ? null : await lightBeacon(directory, token)
  try {
    await claim(directory, path, thisProcess(token, beacon !== null))
  } catch (error) {
    await beacon?.close()
    throw error
  }
  const release = async (): Promise<void> => {
    if (readHolder(path)?.token === token) unlinkSync(path)
    await beacon?.close()
  }
  return { release }
}

/**
 * INVARIANT (one successor): a file carrying the token of an ended holder is replaced only by who has created
 * `<file>.<token>` and has, after that, still found the token in the file. The replacement is a rename of that very
 * claim, so that file and claim change in one step. A claim left by a process that ended midway is itself such a file,
 * hence the recursion.
 */
const claim = async (directory: string, path: string, self: Holder): Promise<void> => {
  while (!create(path, self)) {
    const holder = readHolder(path)
    if (holder === null) continue
    if (await isAlive(holder, directory)) throw locked(directory, holder)
    const successor = `${path}.${holder.token}`
    await claim(directory, successor, self)
    if (readHolder(path)?.token === holder.token) {
      renameSync(successor, path)
      dropBeacon(directory, holder.token)
      return
    }
    unlinkSync(successor)
  }
}

/** Creates `path` with its whole content or not at all; a reader never meets a file that is still being written. */
const create = (path: string, self: Holder): boolean => {
  const draft = `${path}.${self.token}.draft`
  writeFileSync(draft, `${JSON.stringify(self)}\n`, { flag: 'wx', mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(draft)
  }
}

const readHolder = (path: string): Holder | null => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
  const holder = parseHolder(text)
  if (holder === null) {
    throw storeError('store-locked', `\`${path}\` is not readable as a lock; remove it when no gateway is running`)
  }
  return holder
}

const locked = (directory: string, holder: Holder): StoreError => {
  const elsewhere = holder.namespace !== null && holder.namespace !== pidNamespace() ? ' of another container' : ''
  const who = holder.pid === process.pid && elsewhere === '' ? 'this process' : `process ${holder.pid}${elsewhere}`
  return storeError('store-locked', `store \`${directory}\` is open in ${who}; stop it or choose another directory`)
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
