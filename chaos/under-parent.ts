import { flushCompileCache } from 'node:module'

/** Ends a process that cannot start while the database is down; it is started again. */
export const orEnd = (error: unknown): never => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  console.log(JSON.stringify({ msg: 'could not start', code, ...(code === undefined && { why: String(error) }) }))
  process.exit(1)
}

/** A child's side of `processes.ts`: says that it is up, ends in good order when asked to, and at once without a parent. */
export const underParent = ({ port, stop }: { readonly port: number; readonly stop: () => Promise<void> }): void => {
  process.once('disconnect', () => process.exit(1))
  // Ctrl-C reaches the whole group; the parent ends its children in order.
  process.on('SIGINT', () => {})
  process.once('message', () => {
    void stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
  // Whoever is killed writes nothing at the end: the next start would strip all types again.
  flushCompileCache()
  process.send?.({ port })
}
