import type { Smtp, SmtpResult } from '../outbound/smtp.ts'
import type { Channel, Delivery } from './channel.ts'

/** Message submission over SMTP; the envelope's bytes are the whole message. `from`: the gateway's own address. */
export const noticeMailChannel = (smtp: Smtp, from: string): Channel => ({
  deliver: async (endpoint, envelope) => {
    if (endpoint.channel !== 'notice') return { outcome: 'not-sent', why: 'not-an-address' }
    return smtpDelivery(await smtp.send({ from, to: endpoint.to, message: envelope.body }))
  },
})

/**
 * What an SMTP answer says about whether something arrived. 4yz may pass, 5yz never does (RFC 5321 §4.2.1); to the
 * recipient's address it says that there is nobody.
 */
const smtpDelivery = (result: SmtpResult): Delivery => {
  switch (result.outcome) {
    case 'accepted':
      return { outcome: 'delivered' }
    case 'not-sent':
      return { outcome: 'not-sent', why: result.reason }
    case 'no-answer':
      return { outcome: 'unknown', why: result.reason }
    case 'refused': {
      const isPermanent = result.code >= 500
      if (isPermanent && result.at === 'recipient') return { outcome: 'gone' }
      const failed = { outcome: 'failed', why: `smtp-${result.code}`, retryAfterMs: undefined } as const
      return isPermanent ? { ...failed, permanent: true } : failed
    }
  }
}
