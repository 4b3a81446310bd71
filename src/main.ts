import { enableCompileCache } from 'node:module'

// Stripping the types of every file costs most of a start; Node keeps the result between starts when asked before the
// first of them is loaded. Without a writable place for it the gateway starts all the same, only slower.
enableCompileCache()

const { run } = await import('./run.ts')
await run()
