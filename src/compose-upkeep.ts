import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Exchange } from './exchange/exchange.ts'
import { purgeHeld } from './exchange/purge-held.ts'
import { remindOfEnds } from './exchange/remind-of-ends.ts'
import { sealAudit } from './exchange/seal-audit.ts'
import { faultOf } from './gateway/on-error.ts'
import type { Relay } from './relay/relay.ts'
import { createWatch } from './relay/watch.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What a gateway does by the clock: it erases what has waited too long, reminds, seals the audit and watches the lanes. */
export const startUpkeep = (config: Config, exchange: Exchange, relay: Relay, log: Logger) => {
  const every = (ms: number, complaint: string, work: () => Promise<unknown>) =>
    repeat(ms, work, (error) => log.error(faultOf(error), complaint))
  const watch = createWatch(relay, (stuck) =>
    log.warn(stuck, 'lanes have not moved on for 15 minutes: `relay lanes` says why'),
  )
  const seal = async (): Promise<void> => {
    const made = await sealAudit(exchange)
    // The log is a place of its own: what an operator keeps of it, nobody who can write to the store can alter.
    if (made !== undefined) log.info({ seal: made.number, hash: made.hash }, 'the audit is sealed')
  }
  const all = [
    every(HOUR_MS, 'purge failed', () => purgeHeld(exchange, config.holding.referralDays)),
    every(HOUR_MS, 'reminding failed', () => remindOfEnds(exchange)),
    every(MINUTE_MS, 'the audit could not be sealed', seal),
    every(MINUTE_MS, 'the lanes could not be watched', () => watch.look()),
  ]
  return { stop: async (): Promise<void> => void (await Promise.all(all.map(({ stop }) => stop()))) }
}

/** Again and again, never twice at once; `stop` waits for what is under way, which needs the store. */
const repeat = (ms: number, work: () => Promise<unknown>, failed: (error: unknown) => void) => {
  let underWay: Promise<unknown> | undefined
  const timer = setInterval(() => {
    underWay ??= work()
      .catch(failed)
      .finally(() => (underWay = undefined))
  }, ms)
  timer.unref()
  return {
    stop: async (): Promise<void> => {
      clearInterval(timer)
      await underWay
    },
  }
}
