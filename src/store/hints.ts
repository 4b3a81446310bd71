import type { LaneKey } from './queries/leases.ts'

/** What may have come: something to send, or something to read in an inbox. */
export type HintTopic = 'lanes' | 'inboxes'

/** What a transaction has for others once it commits. */
export type Signals = {
  /** A lane has got something that a worker has to send. */
  queued(lane: LaneKey): void
  hint(topic: HintTopic): void
}

/** Those who want to know that there may be something new, in this process. */
export type Hints = { subscribe(listener: () => void, topic?: HintTopic): () => void; hint(topic: HintTopic): void }

export const localHints = (): Hints => {
  const listeners = { lanes: new Set<() => void>(), inboxes: new Set<() => void>() }
  return {
    subscribe: (listener, topic = 'lanes') => {
      listeners[topic].add(listener)
      return () => void listeners[topic].delete(listener)
    },
    hint: (topic) => {
      for (const listener of listeners[topic]) listener()
    },
  }
}
