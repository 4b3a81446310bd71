/** Those who want to know that lanes may have become due, in this process. */
export type Hints = { subscribe(listener: () => void): () => void; hint(): void }

export const localHints = (): Hints => {
  const listeners = new Set<() => void>()
  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    hint: () => {
      for (const listener of listeners) listener()
    },
  }
}
