import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { signingKeyFrom, tokenRequestForm } from '../src/outbound/client-assertion.ts'
import type { Json } from './story-resources.ts'

export type Reply = { readonly status: number; readonly headers: Headers; readonly body: any }

/** A party's system as it would really call: SMART Backend Services, then plain HTTP. */
export type DemoClient = {
  call(method: string, path: string, body?: Json | string, headers?: Readonly<Record<string, string>>): Promise<Reply>
}

/** @param keyFile private JWK the gateway made at its first demo start. */
export const demoClient = async (baseUrl: string, clientId: string, keyFile: string): Promise<DemoClient> => {
  const token = await tokenOf(baseUrl, clientId, readFileSync(keyFile, 'utf8'))
  return {
    call: async (method, path, body, headers = {}) => {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json', ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
    },
  }
}

const tokenOf = async (baseUrl: string, clientId: string, privateJwk: string): Promise<string> => {
  const tokenUrl = `${baseUrl}/auth/token`
  const signingKey = signingKeyFrom(privateJwk)
  if (signingKey === undefined) throw new Error(`the key of ${clientId} is no private JWK on P-384`)
  const scope = await allScopes(baseUrl)
  const form = { clientId, tokenUrl, scope, signingKey, now: Date.now(), jti: randomUUID() }
  const response = await fetch(tokenUrl, { method: 'POST', body: await tokenRequestForm(form) })
  const answer = (await response.json()) as { readonly access_token?: string; readonly error_description?: string }
  if (answer.access_token === undefined) throw new Error(`no token for ${clientId}: ${answer.error_description}`)
  return answer.access_token
}

/** Asking for everything grants what the party may have. */
const allScopes = async (baseUrl: string): Promise<string> => {
  const configuration = (await (await fetch(`${baseUrl}/.well-known/smart-configuration`)).json()) as {
    readonly scopes_supported: readonly string[]
  }
  return configuration.scopes_supported.join(' ')
}
