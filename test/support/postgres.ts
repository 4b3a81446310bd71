import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

type TestServer = {
  readonly url: string
  readonly stop: () => Promise<void>
  /** Stops it as a power cut would (`pg_ctl stop -m immediate`) and starts it again; resolves when it has recovered. */
  readonly crash: () => Promise<void>
}

/**
 * Starts a PostgreSQL of our own on a free port, in a directory of its own, which goes with it, also when it cannot start.
 *
 * @returns undefined when none is installed.
 */
export const startPostgres = async (bin = binaries()): Promise<TestServer | undefined> => {
  if (bin === undefined) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'ips-postgres-'))
  try {
    return await startIn(directory, bin)
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

const startIn = async (directory: string, bin: string): Promise<TestServer> => {
  // The server refuses to run as root; Debian's package brings a user for it.
  const ids = userInfo().uid === 0 ? postgresIds() : undefined
  if (ids !== undefined) chownSync(directory, ids.uid, ids.gid)
  const data = join(directory, 'data')
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    { ...ids, cwd: directory, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const settings = [
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    `unix_socket_directories=${directory}`,
    '-c',
    'max_connections=200',
    // Tests that ask which of two transactions committed first.
    '-c',
    'track_commit_timestamp=on',
  ]
  const run = () => {
    const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
      ...ids,
      cwd: directory,
      stdio: 'ignore',
    })
    return { server, ended: new Promise<void>((resolve) => server.once('exit', () => resolve())) }
  }
  let running = run()
  let stopped = false
  const ready = (): Promise<void> =>
    untilReady(join(bin, 'pg_isready'), port, () => stopped || running.server.exitCode !== null)
  const stop = async (): Promise<void> => {
    stopped = true
    running.server.kill('SIGINT')
    await running.ended
    rmSync(directory, { recursive: true, force: true })
  }
  const crash = async (): Promise<void> => {
    running.server.kill('SIGQUIT')
    await running.ended
    if (stopped) return
    running = run()
    await ready()
  }
  try {
    await ready()
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop, crash }
}

const binaries = (): string | undefined => {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return undefined
  const versions = readdirSync(root).toSorted((one, other) => Number(other) - Number(one))
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'postgres')))
}

const postgresIds = (): { readonly uid: number; readonly gid: number } => {
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim())
  return { uid: id('-u'), gid: id('-g') }
}

const untilReady = async (isReady: string, port: number, hasEnded: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 100; tries += 1) {
    if (hasEnded()) throw new Error('PostgreSQL ended before it was ready')
    if (spawnSync(isReady, ['-h', '127.0.0.1', '-p', String(port)]).status === 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('PostgreSQL did not start within 10 s')
}
