import type { Outbound } from '../outbound/outbound.ts'
import type { Channel } from './channel.ts'
import { httpDelivery } from './http-delivery.ts'
import { webhookHeaders } from './sign-webhook.ts'

/** Standard Webhooks over the guarded client. */
export const webhookChannel = (outbound: Pick<Outbound, 'send'>, timeoutMs: number): Channel => ({
  deliver: async (endpoint, envelope, at, isInTime) => {
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
      isInTime,
      allowedHosts: [new URL(endpoint.url).host],
    })
    return httpDelivery(result, at)
  },
})
