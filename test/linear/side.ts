import { stepOf } from './statement-kinds.ts'

/** A statement of the real code, or something it does outside the database, that stands before its gate. */
export type Stop = {
  readonly text: string
  /** Lets it go. @param result what happens outside answers with this. */
  grant(result?: unknown): void
  /** Lets it fail instead. */
  refuse(error: Error): void
  /** When the server has answered. */
  readonly done: Promise<void>
}

/** One of those who step through each other: every statement of its connection waits here to be let go. */
export type Side = {
  readonly gate: (text: string) => Promise<() => void>
  /** For what happens outside the database. */
  readonly outside: <T>(name: string) => Promise<T>
  /** The next one that stands before the gate; undefined when the work is over. */
  next(): Promise<Stop | undefined>
  /** When something stands before the gate, or the work is over: it has read the clock as often as it will until then. */
  arrived(): Promise<void>
  /** Everything passes. */
  open(): void
  /** What stands at the gate fails, and everything after it but a rollback: as for the server when a process dies. */
  kill(stop: Stop | undefined): void
  /** Does something whose statements are stepped through. */
  start(work: () => Promise<unknown>): void
  /** What the work ended with. @throws what it failed with. */
  result(): Promise<unknown>
}

export const createSide = (): Side => {
  let state: 'open' | 'gated' | 'dead' = 'open'
  let waiting: Stop | undefined
  let last: Stop | undefined
  let arrived = Promise.withResolvers<void>()
  let work: Promise<unknown> = Promise.resolve()
  const stand = async <T>(text: string, done: Promise<void>): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    waiting = { text, done, grant: (result) => resolve(result), refuse: reject }
    last = waiting
    arrived.resolve()
    return (await promise) as T
  }
  const here = async (): Promise<void> => {
    await Promise.race([arrived.promise, work.catch(() => {})])
  }
  return {
    gate: async (text) => {
      if (state === 'open' || (state === 'dead' && text === 'rollback')) return () => {}
      if (state === 'dead') throw new Error('killed')
      const { promise, resolve } = Promise.withResolvers<void>()
      await stand(text, promise)
      return resolve
    },
    // What happens outside has no answer any more once nobody leads this side.
    outside: (name) =>
      state === 'gated' ? stand(name, Promise.resolve()) : Promise.reject(new Error('nobody answers for the world')),
    arrived: here,
    next: async () => {
      await here()
      const stop = waiting
      waiting = undefined
      arrived = Promise.withResolvers<void>()
      return stop
    },
    open: () => {
      state = 'open'
      last?.grant()
    },
    kill: (stop) => {
      state = 'dead'
      // Without its rollback the connection would be given up, and another one take its place.
      if (stop?.text === 'rollback') stop.grant()
      else stop?.refuse(new Error('killed'))
    },
    start: (begin) => {
      state = 'gated'
      waiting = undefined
      arrived = Promise.withResolvers<void>()
      work = begin()
      work.catch(() => {})
    },
    result: () => work,
  }
}

/** Lets statements go that stand beside the model. @returns the next one that is a step of it, not let go yet. */
export const nextStep = async (side: Side): Promise<{ readonly name: string; readonly stop: Stop } | undefined> => {
  for (;;) {
    const stop = await side.next()
    if (stop === undefined) return undefined
    const name = outsideNames.has(stop.text) ? stop.text : stepOf(stop.text)
    if (name !== undefined) return { name, stop }
    stop.grant()
    await stop.done
  }
}

const outsideNames: ReadonlySet<string> = new Set(['deliver', 'time passes'])
