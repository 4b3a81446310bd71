import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type SigningKey, signingKeyFrom, tokenRequestForm } from '../outbound/client-assertion.ts'

/** Where the gateway is, and as whom the operator calls it: `--url`, `--client-id`, `--key` (a private JWK). */
export type OperatorAccount = { readonly url: string; readonly clientId: string; readonly keyFile: string }

export type OperatorAnswer = { readonly status: number; readonly body: unknown }
export type OperatorClient = {
  /** @param seconds how long to wait for the answer. */
  call(method: 'GET' | 'POST', path: string, body?: unknown, seconds?: number): Promise<OperatorAnswer>
}

/**
 * Speaks to a running gateway as any other system does (SMART Backend Services), so that what an operator does is
 * permitted and audited in one place, whichever store there is.
 *
 * @throws with a message for the operator when no gateway answers or she gets no token.
 */
export const operatorClient = async ({ url, clientId, keyFile }: OperatorAccount): Promise<OperatorClient> => {
  const base = url.replace(/\/+$/, '')
  const tokenUrl = `${base}/auth/token`
  const scope = 'system/Endpoint.ru'
  const signingKey = readKey(keyFile)
  const form = await tokenRequestForm({ clientId, tokenUrl, scope, signingKey, now: Date.now(), jti: randomUUID() })
  const answer = await ask(base, '/auth/token', { method: 'POST', body: form })
  const token = answer.status === 200 ? textAt(answer.body, 'access_token') : undefined
  if (token === undefined) {
    const no = `the gateway gave no token to \`${clientId}\` (HTTP ${answer.status})`
    throw new Error([no, ...reasonsIn(answer.body)].join(': '))
  }
  return {
    call: (method, path, body, seconds) =>
      ask(base, path, {
        method,
        ...(seconds !== undefined && { signal: AbortSignal.timeout(seconds * 1000) }),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  }
}

const ask = async (base: string, path: string, init: RequestInit): Promise<OperatorAnswer> => {
  const said = await fetch(`${base}${path}`, {
    redirect: 'error',
    signal: AbortSignal.timeout(SECONDS * 1000),
    ...init,
  })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch((error: unknown) => {
      throw new Error(
        isName(error, 'TimeoutError')
          ? `\`${base}\` took too long to answer: what you asked for may still be done, look before you ask again`
          : `no gateway answers at \`${base}\` (${codeOf(error)}): does it run there? --url or IPS_URL says where`,
      )
    })
  try {
    return { status: said.status, body: said.text === '' ? undefined : JSON.parse(said.text) }
  } catch {
    throw new Error(`what answers at \`${base}\` is no gateway (HTTP ${said.status}, not JSON)`)
  }
}

const SECONDS = 30

const isName = (error: unknown, name: string): boolean => error instanceof Error && error.name === name

/** `fetch` keeps it in a cause. */
const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection'
}

/** The gateway's own words, of an OAuth error (RFC 6749 §5.2) or an OperationOutcome: they hold no client data. */
export const reasonsIn = (body: unknown): readonly string[] => {
  const issues =
    typeof body === 'object' && body !== null && 'issue' in body && Array.isArray(body.issue) ? body.issue : []
  return [
    textAt(body, 'error_description') ?? [],
    issues.map((issue: unknown) => textAt(issue, 'diagnostics') ?? []),
  ].flat(2)
}

const textAt = (body: unknown, name: string): string | undefined => {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  return typeof value === 'string' ? value : undefined
}

const readKey = (file: string): SigningKey => {
  const key = signingKeyFrom(readFileSync(file, 'utf8'))
  if (key === undefined) throw new Error(`\`${file}\` does not hold a private JWK for ES384`)
  return key
}
