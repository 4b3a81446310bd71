import { generateKeyPairSync, webcrypto } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { webhookHeaders } from '../../src/relay/sign-webhook.ts'

const shared = 'whsec_dGVzdC1zZWNyZXQtdGVzdC1zZWNyZXQ='
const message = { id: 'm1', body: '{"a":1}' }
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
const [seed, open] = [d, x].map((part) => Buffer.from(part, 'base64url'))
const secretOf = (...parts: (Buffer | undefined)[]): string =>
  `whsk_${Buffer.concat(parts.map((part) => part ?? Buffer.alloc(0))).toString('base64')}`

/** By another implementation than the one that signs. */
const isSigned = async (
  headers: Readonly<Record<string, string>>,
  signature: string,
  body: string,
): Promise<boolean> => {
  const key = await webcrypto.subtle.importKey('jwk', publicKey.export({ format: 'jwk' }), 'Ed25519', false, ['verify'])
  const signed = new TextEncoder().encode(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  return webcrypto.subtle.verify('Ed25519', key, Buffer.from(signature.replace('v1a,', ''), 'base64'), signed)
}

it('signs with Ed25519 for whoever has the public key, whichever way the private key is written', async () => {
  for (const secret of [secretOf(seed), secretOf(seed, open)]) {
    const headers = webhookHeaders(message, [secret], Date.now())
    const signature = headers['webhook-signature'] ?? ''
    expect(signature).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/)
    expect(await isSigned(headers, signature, message.body)).toBe(true)
    expect(await isSigned(headers, signature, `${message.body} `)).toBe(false)
    expect(await isSigned({ ...headers, 'webhook-id': 'm2' }, signature, message.body)).toBe(false)
  }
})

it('puts both kinds side by side, and the published library finds its own among them', () => {
  const headers = webhookHeaders(message, [secretOf(seed), shared], Date.now())
  expect(headers['webhook-signature']?.split(' ').map((one) => one.split(',')[0])).toEqual(['v1a', 'v1'])
  expect(new Webhook(shared).verify(message.body, headers)).toEqual({ a: 1 })
})
