import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Flushes every file and directory below `root`, and `root` itself. About 1,000 files and 0.2 s for a new database. */
export const syncTree = (root: string): void => {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name)
    if (entry.isDirectory()) syncTree(path)
    else if (entry.isFile()) syncPath(path)
  }
  syncPath(root)
}

/** Makes the creation, renaming and removal of names in `directory` survive a power loss. */
export const syncDirectory = (directory: string): void => {
  syncPath(directory)
}

/** Creates `directory` and its missing parents, readable by the owner only, and flushes each new name. */
export const makeDirectory = (directory: string): void => {
  const first = mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const top = dirname(first)
  for (let path = dirname(directory); path.length >= top.length; path = dirname(path)) {
    syncPath(path)
    if (path === dirname(path)) return
  }
}

const syncPath = (path: string): void => {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
