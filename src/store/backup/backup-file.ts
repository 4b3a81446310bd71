import { createReadStream, linkSync, mkdirSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '../pglite-sync.ts'
import { storeError } from '../store-error.ts'

/**
 * Makes a file that is there whole and on disk, or not at all; only its owner can read it.
 *
 * @throws `backup-exists`: nothing is ever written over.
 */
export const writeNewFile = async <T>(
  path: string,
  produce: (write: (lines: readonly string[]) => Promise<void>) => Promise<T>,
): Promise<T> => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.draft`
  const file = await open(draft, 'wx', 0o600)
  try {
    const result = await filled(file, produce)
    linkSync(draft, path)
    return result
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw isThere ? storeError('backup-exists', `\`${path}\` is there already: choose another name`) : error
  } finally {
    rmSync(draft)
    syncDirectory(dirname(path))
  }
}

const filled = async <T>(
  file: FileHandle,
  produce: (write: (lines: readonly string[]) => Promise<void>) => Promise<T>,
): Promise<T> => {
  try {
    const result = await produce(async (lines) => {
      if (lines.length > 0) await file.appendFile(`${lines.join('\n')}\n`)
    })
    await file.sync()
    return result
  } finally {
    await file.close()
  }
}

/** Split at line feeds alone: `node:readline` also splits at U+2028, which may stand in a row. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const parts = `${rest}${String(chunk)}`.split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') yield rest
}
