import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { existsSync, fsyncSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory, syncTree } from './pglite-sync.ts'

type EmscriptenOptions = Parameters<NodeFS['init']>[1]
type EmscriptenModule = Parameters<NonNullable<EmscriptenOptions['preRun']>[number]>[0]

/**
 * PGlite's file system over a real directory, with the two things the shipped one lacks: `fsync` reaches the disk, and
 * a new database appears under `<directory>/data` whole or not at all. A class because PGlite demands one.
 *
 * INVARIANT (data is never deleted): a database is made in `<directory>/making`, flushed, then renamed to `data`. Only
 * `making` is ever removed, and no commit can have been acknowledged there.
 */
export class DurableFileSystem extends NodeFS {
  readonly #directory: string
  readonly #mount: { root: string }
  #fsyncs = 0
  #failure: unknown

  /** `directory` must exist and be locked by the caller. Removes a half-made database left there by a killed process. */
  constructor(directory: string) {
    const data = join(directory, 'data')
    const making = join(directory, 'making')
    rmSync(making, { recursive: true, force: true })
    if (!existsSync(data)) mkdirSync(making, { mode: 0o700 })
    const root = existsSync(data) ? data : making
    super(root)
    this.#directory = directory
    this.#mount = { root }
  }

  /** Number of flushes that reached the operating system and succeeded. */
  fsyncCount(): number {
    return this.#fsyncs
  }

  /** The first flush that failed, if any: after one, PostgreSQL must not go on (its pages may be lost silently). */
  failure(): unknown {
    return this.#failure
  }

  override async init(pglite: PGlite, options: EmscriptenOptions): Promise<{ emscriptenOpts: EmscriptenOptions }> {
    this.pg = pglite
    const mount = (module: EmscriptenModule): void => {
      this.installFsync(module)
      module.FS.mkdirTree(PGlite.paths.PGDATA)
      module.FS.mount(module.NODEFS, this.#mount, PGlite.paths.PGDATA)
    }
    return { emscriptenOpts: { ...options, preRun: [...(options.preRun ?? []), mount] } }
  }

  /**
   * PGlite calls this after every query, and for the first time once initdb's files are in place and before PostgreSQL
   * starts on them (PGlite 0.5.16, `#init`). That first time a new database is flushed and given its name.
   */
  override async syncToFs(): Promise<void> {
    const data = join(this.#directory, 'data')
    if (this.#mount.root === data) return
    syncTree(this.#mount.root)
    renameSync(this.#mount.root, data)
    syncDirectory(this.#directory)
    this.#mount.root = data
  }

  /** Emscripten's NODEFS has no `fsync`, and a missing operation counts as success: every flush would be a no-op. */
  protected installFsync(module: EmscriptenModule): void {
    module.NODEFS.stream_ops.fsync = (stream: { readonly nfd: number }): void =>
      module.NODEFS.tryFSOperation(() => {
        try {
          this.flush(stream.nfd)
          this.#fsyncs += 1
        } catch (error) {
          this.#failure ??= error
          throw error
        }
      })
  }

  protected flush(descriptor: number): void {
    fsyncSync(descriptor)
  }
}
