import type { Outbound, OutboundResult } from '../outbound/outbound.ts'
import type { Channel, Delivery } from './channel.ts'
import { webhookHeaders } from './sign-webhook.ts'

/** Standard Webhooks over the guarded client. 2xx is success, 3xx is failure, 410 ends it, 429/503 may say when. */
export const webhookChannel = (outbound: Pick<Outbound, 'send'>, timeoutMs: number): Channel => ({
  deliver: async (endpoint, envelope, at) => {
    if (endpoint.channel !== 'webhook') return { outcome: 'not-sent', why: 'not-a-webhook' }
    const result = await outbound.send({
      url: endpoint.url,
      method: 'POST',
      headers: {
        'content-type': envelope.contentType,
        'user-agent': 'ips-gateway',
        ...webhookHeaders(envelope, endpoint.secrets, at),
      },
      body: envelope.body,
      timeoutMs,
      allowedHosts: [new URL(endpoint.url).host],
    })
    return deliveryOf(result, at)
  },
})

const deliveryOf = (result: OutboundResult, at: number): Delivery => {
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
