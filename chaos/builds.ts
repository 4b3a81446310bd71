import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The trees from which the two builds of a rolling upgrade are started; each ends in a slash. */
export type Builds = { readonly older: URL; readonly newer: URL }

export const thisBuild = new URL('..', import.meta.url)

/**
 * @param from a commit: the older build is what was there, the newer one this tree. Without it this tree is the older one,
 * and the newer one a copy with one step of the schema more.
 */
export const openBuilds = (directory: string, from: string | undefined): Builds =>
  from === undefined
    ? { older: thisBuild, newer: nextBuild(join(directory, 'next')) }
    : { older: buildAt(from, join(directory, 'earlier')), newer: thisBuild }

const nextBuild = (to: string): URL => {
  for (const part of ['src', 'chaos', 'demo', 'package.json']) {
    cpSync(new URL(part, thisBuild), join(to, part), { recursive: true })
  }
  const list = join(to, 'src/store/migrations/migrations.ts')
  const [known, ours] = [readFileSync(list, 'utf8'), 'export const migrations:']
  if (!known.includes(ours)) throw new Error('the list of migrations is not where it was')
  writeFileSync(
    list,
    `import { widening } from '../../../chaos/next-build.ts'\n${known.replace(ours, 'const released:')}
export const migrations: readonly Migration[] = [...released, widening(buildOf(released) + 1)]\n`,
  )
  return withPackages(to)
}

const buildAt = (revision: string, to: string): URL => {
  mkdirSync(to, { recursive: true })
  const cwd = thisBuild
  const archive = spawnSync('git', ['archive', revision], { cwd, maxBuffer: 2 ** 30 })
  if (archive.status !== 0) throw new Error(`git has no \`${revision}\` here: is the clone a shallow one?`)
  const unpacked = spawnSync('tar', ['-x', '-C', to], { input: archive.stdout })
  if (unpacked.status !== 0) throw new Error(`what git has of \`${revision}\` could not be unpacked`)
  const lock = 'package-lock.json'
  if (readFileSync(join(to, lock), 'utf8') === readFileSync(new URL(lock, thisBuild), 'utf8')) return withPackages(to)
  const installed = spawnSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: to, stdio: 'inherit' })
  if (installed.status !== 0) throw new Error(`the packages of \`${revision}\` could not be installed`)
  return pathToFileURL(`${to}/`)
}

/** The same packages, for they are locked the same. */
const withPackages = (to: string): URL => {
  symlinkSync(new URL('node_modules', thisBuild), join(to, 'node_modules'))
  return pathToFileURL(`${to}/`)
}
