import type { Party } from '../domain/party.ts'
import type { Exchange } from './exchange.ts'
import { type InboxPage, type InboxQuery, readInbox } from './read-inbox.ts'

/** How often to look although nobody hinted: a hint may be lost. */
const POLL_MS = 2_000
/** Proxies drop connections on which nothing is said. */
const HEARTBEAT_MS = 15_000

export type FollowUntil = {
  /** The reader has gone, her token has expired, or the gateway stops. */
  readonly signal: AbortSignal
}

/**
 * An inbox as it fills, from behind `query.after` on: every page is what `readInbox` gives, decided at that moment, and
 * an undefined one says that nothing has come for a while. Ends with `until`, or when the reader is no longer a member.
 * There is no state but the cursor: whoever comes back with the last number misses nothing.
 */
export async function* followInbox(
  exchange: Exchange,
  caller: Party,
  query: InboxQuery,
  { signal }: FollowUntil,
): AsyncGenerator<InboxPage | undefined, void, undefined> {
  const bell = doorbell(exchange, signal)
  try {
    let after = query.after
    let quietSince = performance.now()
    for (;;) {
      const heard = bell.rung()
      const page = (await hasNews(exchange, caller, after))
        ? await readInbox(exchange, caller, { ...query, after })
        : { items: [], next: after }
      if (page === undefined || page === 'not-a-member' || signal.aborted) return
      after = page.next
      if (page.items.length > 0 || performance.now() - quietSince >= HEARTBEAT_MS) {
        quietSince = performance.now()
        yield page.items.length > 0 ? page : undefined
      }
      // A full page: there may be more at once.
      if (page.items.length < query.limit) await bell.wait(heard)
      if (signal.aborted) return
    }
  } finally {
    bell.close()
  }
}

/** Asked first, because a reading takes the inbox's lock. */
const hasNews = (exchange: Exchange, caller: Party, after: number): Promise<boolean> => {
  const endpoint = caller.endpoints.find(({ channel }) => channel === 'inbox')
  if (endpoint === undefined) return Promise.resolve(true)
  return exchange.store.transaction((tx) => tx.inbox.hasNews(endpoint.id, after))
}

/** Rings at every hint; `wait` returns at once when it has rung since `rung` was asked. */
const doorbell = (exchange: Exchange, signal: AbortSignal) => {
  let rings = 0
  let wake = (): void => {}
  const ring = (): void => {
    rings += 1
    wake()
  }
  const unsubscribe = exchange.store.onHint(ring, 'inboxes')
  signal.addEventListener('abort', ring)
  return {
    rung: () => rings,
    wait: async (heard: number): Promise<void> => {
      if (rings !== heard || signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, POLL_MS)
      wake = resolve
      await promise
      clearTimeout(timer)
    },
    close: () => {
      unsubscribe()
      signal.removeEventListener('abort', ring)
    },
  }
}
