import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type SigningKey, signingKeyFrom, tokenRequestForm } from '../outbound/client-assertion.ts'

/** Where the gateway is, and as whom the operator calls it: `--url`, `--client-id`, `--key` (a private JWK). */
export type OperatorAccount = { readonly url: string; readonly clientId: string; readonly keyFile: string }

export type OperatorAnswer = { readonly status: number; readonly body: unknown }
export type OperatorClient = {
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<OperatorAnswer>
}

/**
 * Speaks to a running gateway as any other system does (SMART Backend Services), so that what an operator does is
 * permitted and audited in one place, whichever store there is.
 *
 * @throws with a message for the operator when she gets no token.
 */
export const operatorClient = async ({ url, clientId, keyFile }: OperatorAccount): Promise<OperatorClient> => {
  const base = url.replace(/\/+$/, '')
  const tokenUrl = `${base}/auth/token`
  const scope = 'system/Endpoint.ru'
  const signingKey = readKey(keyFile)
  const form = await tokenRequestForm({ clientId, tokenUrl, scope, signingKey, now: Date.now(), jti: randomUUID() })
  const answer = await ask(tokenUrl, { method: 'POST', body: form })
  const token = answer.status === 200 ? accessToken(answer.body) : undefined
  if (token === undefined) throw new Error(`the gateway gave no token to \`${clientId}\` (HTTP ${answer.status})`)
  return {
    call: (method, path, body) =>
      ask(`${base}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  }
}

const ask = async (url: string, init: RequestInit): Promise<OperatorAnswer> => {
  const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(30_000) })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

const accessToken = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'access_token' in body && typeof body.access_token === 'string'
    ? body.access_token
    : undefined

const readKey = (file: string): SigningKey => {
  const key = signingKeyFrom(readFileSync(file, 'utf8'))
  if (key === undefined) throw new Error(`\`${file}\` does not hold a private JWK for ES384`)
  return key
}
