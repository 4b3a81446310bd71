import type { OutboundResult } from '../outbound/outbound.ts'
import type { Delivery } from './channel.ts'

/**
 * What an HTTP answer says about whether something arrived: 2xx is success, 3xx is failure, 410 ends it, `Retry-After` says
 * when to come again.
 *
 * @param at epoch milliseconds of the attempt.
 */
export const httpDelivery = (result: OutboundResult, at: number): Delivery => {
  switch (result.outcome) {
    case 'answered':
      return answered(result.status, result.headers['retry-after'], at)
    case 'refused':
    case 'not-sent':
      return { outcome: 'not-sent', why: result.reason }
    case 'no-answer':
      return { outcome: 'unknown', why: result.reason }
  }
}

const answered = (status: number, retryAfter: string | undefined, at: number): Delivery => {
  if (status >= 200 && status < 300) return { outcome: 'delivered' }
  if (status === 410) return { outcome: 'gone' }
  const failed = { outcome: 'failed', why: `http-${status}`, retryAfterMs: readRetryAfter(retryAfter, at) } as const
  return blamesItem.has(status) ? { ...failed, blames: 'item' } : failed
}

/** The receiver works, and does not take what was sent (RFC 9110 §15.5). Other 4xx say that its address or keys are wrong. */
const blamesItem = new Set([400, 406, 409, 412, 413, 415, 422])

/** Seconds or an HTTP date (RFC 9110 §10.2.3). */
const readRetryAfter = (value: string | undefined, at: number): number | undefined => {
  if (value === undefined) return undefined
  if (/^\d{1,7}$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - at)
}
