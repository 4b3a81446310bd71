import { createHmac } from 'node:crypto'

/**
 * Headers of a Standard Webhooks message: the id stays the same over retries, the timestamp is of this attempt, and the
 * signature is HMAC-SHA256 over `id.timestamp.body`, one for each current secret so that secrets can be rotated.
 *
 * @param secrets `whsec_` followed by Base64, as shared with the recipient.
 * @param at epoch milliseconds of this attempt.
 */
export const webhookHeaders = (
  message: { readonly id: string; readonly body: string },
  secrets: readonly string[],
  at: number,
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(at / 1000))
  const signed = `${message.id}.${timestamp}.${message.body}`
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  })
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
