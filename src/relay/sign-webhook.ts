import { createHmac, createPrivateKey, sign } from 'node:crypto'

/**
 * Headers of a Standard Webhooks message: the id stays the same over retries, the timestamp is of this attempt, and there
 * is one signature over `id.timestamp.body` for each current secret, so that secrets can be rotated: `v1` is
 * HMAC-SHA256 under a shared secret, `v1a` Ed25519 under a key whose public half the recipient has.
 *
 * @param secrets `whsec_` followed by Base64, as shared with the recipient, or `whsk_` followed by the Base64 of a private
 * key: its 32 bytes, or those with the public key behind them.
 * @param at epoch milliseconds of this attempt.
 */
export const webhookHeaders = (
  message: { readonly id: string; readonly body: string },
  secrets: readonly string[],
  at: number,
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(at / 1000))
  const signed = `${message.id}.${timestamp}.${message.body}`
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signatureOf(secret, signed)).join(' '),
  }
}

const signatureOf = (secret: string, signed: string): string => {
  const [kind, encoded = ''] = secret.split('_')
  const bytes = Buffer.from(encoded, 'base64')
  return kind === 'whsk'
    ? `v1a,${sign(null, Buffer.from(signed), ed25519Key(bytes.subarray(0, 32))).toString('base64')}`
    : `v1,${createHmac('sha256', bytes).update(signed).digest('base64')}`
}

/** RFC 8410 §7: what stands before the 32 bytes of a private key in PKCS #8. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

const ed25519Key = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' })
