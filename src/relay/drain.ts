import { createBell } from './bell.ts'
import type { Delivery } from './channel.ts'
import { pushEndpoints, type Relay } from './relay.ts'
import { playSafely } from './play-safely.ts'
import type { Turn } from './round.ts'
import type { Finished } from './settle-delivery.ts'
import type { Sending } from './start-heads.ts'
import { tendEndpoints } from './tend-endpoints.ts'
import { countUnderWay } from './under-way.ts'

/** Sendings under way at once, of one worker; each lane has at most one. */
const MOST_UNDER_WAY = 512
/** New lanes a round, so that several processes share the work. */
const LANES_AT_ONCE = 16
/** After a round for so many lanes the next one waits a moment: one for ten lanes costs hardly more than one for one. */
const LOAD = 4
const ROUND_MS = 5
const TEND_MS = 1000
/** How long to leave alone what somebody else is holding. */
const BUSY_MS = 20

/** A worker of the relay: rounds in the store, deliveries in between, as many at once as there are lanes. */
export type Worker = {
  /**
   * Works until nothing is due and nothing is under way: settle → claim → decide → deliver.
   *
   * @returns how many items were settled one way or another. @throws when the store cannot be reached.
   */
  drain(): Promise<number>
  /** Delivers what was started elsewhere in this process, and rings when it has come back: the next `drain` settles it. */
  adopt(sendings: readonly Sending[]): void
  /** Whether this endpoint may have another sending under way. */
  takes(endpoint: string): boolean
  /** From now on `drain` only waits for what is under way and settles it. */
  close(): void
}

export const drain = (relay: Relay): Promise<number> => createWorker(relay).drain()

/** @param bell rung when work may have come: a `drain` under way looks again, also while deliveries are slow. */
export const createWorker = (relay: Relay, bell = createBell()): Worker => {
  const targets = pushEndpoints(relay.parties)
  let finished: Finished[] = []
  const underWay = countUnderWay()
  let closing = false
  let crowd: Turn['crowd']
  let lastRound = -Infinity
  let lastTended = -Infinity
  const send = async (sending: Sending): Promise<void> => {
    const endpoint = sending.target.endpoint.id
    underWay.begin(endpoint)
    const delivery = await deliver(relay, sending)
    relay.observe?.({ kind: 'attempt', endpoint, outcome: delivery.outcome })
    underWay.end(endpoint)
    const { envelope: _, ...back } = sending
    finished.push({ ...back, delivery })
    bell.ring()
  }
  /** Under load the next round waits a moment and finds more to do. */
  const pace = async (): Promise<void> => {
    const rest = lastRound + ROUND_MS - performance.now()
    if (rest > 0) await new Promise((resolve) => void setTimeout(resolve, rest))
  }
  const probesNow = async (): Promise<Turn['probes']> => {
    if (closing || performance.now() < lastTended + TEND_MS) return []
    lastTended = performance.now()
    return tendEndpoints(relay, targets).catch((error: unknown) => {
      relay.report('endpoints could not be tended', error)
      return []
    })
  }
  const turnNow = (probes: Turn['probes']): Turn => {
    const turn = {
      probes,
      finished,
      most: closing ? 0 : Math.min(LANES_AT_ONCE, MOST_UNDER_WAY - underWay.total() - finished.length),
      full: underWay.full(),
      crowd,
      closing,
    }
    finished = []
    return turn
  }
  const work = async (): Promise<number> => {
    let settled = 0
    for (;;) {
      await pace()
      bell.hush()
      const turn = turnNow(await probesNow())
      const round = await playSafely(relay, targets, turn).catch((error: unknown) => {
        // What has come back is settled when the store can be reached again.
        finished.unshift(...turn.finished)
        throw error
      })
      if (round.claimed + turn.finished.length >= LOAD) lastRound = performance.now()
      settled += round.settled
      for (const endpoint of round.withheld) relay.observe?.({ kind: 'withheld', endpoint })
      finished.push(...round.busy)
      for (const sending of round.sendings) void send(sending)
      crowd = round.crowd
      const full = crowd.size > 0
      if (round.busy.length > 0) await bell.wait(BUSY_MS)
      else if (underWay.total() === 0 && finished.length === 0 && !full && !bell.hasRung()) return settled
      else if (!full) await bell.wait(relay.pollMs)
    }
  }
  return {
    drain: work,
    adopt: (sendings) => {
      for (const sending of sendings) void send(sending)
    },
    takes: (endpoint) => !underWay.full().has(endpoint),
    close: () => {
      closing = true
      bell.ring()
    },
  }
}

/**
 * INVARIANT (nothing leaves after its lease): a process may have been asleep since it wrote SENDING. By now another worker
 * may have sent this and what comes after it, or withheld it because the consent is gone. Channels ask once more when
 * they hold a connection, for that can take a while.
 */
const deliver = async (relay: Relay, { target, envelope, until }: Sending): Promise<Delivery> => {
  if (relay.now() >= until) return { outcome: 'not-sent', why: 'lease-over' }
  try {
    const channel = relay.channels[target.endpoint.channel]
    if (channel === undefined) return { outcome: 'not-sent', why: 'no-such-channel' }
    return await channel.deliver(target.endpoint, envelope, relay.now(), () => relay.now() < until)
  } catch (error) {
    relay.report('a channel failed', error)
    return { outcome: 'unknown', why: 'channel-failed' }
  }
}
