import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { importJWK, type JWK, SignJWT } from 'jose'
import type { Json } from './story-resources.ts'

export type Reply = { readonly status: number; readonly headers: Headers; readonly body: any }

/** A party's system as it would really call: SMART Backend Services, then plain HTTP. */
export type DemoClient = {
  call(method: string, path: string, body?: Json | string, headers?: Readonly<Record<string, string>>): Promise<Reply>
}

/** @param keyFile private JWK the gateway made at its first demo start. */
export const demoClient = async (baseUrl: string, clientId: string, keyFile: string): Promise<DemoClient> => {
  const token = await tokenOf(baseUrl, clientId, JSON.parse(readFileSync(keyFile, 'utf8')))
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

const tokenOf = async (baseUrl: string, clientId: string, jwk: JWK): Promise<string> => {
  const url = `${baseUrl}/auth/token`
  const alg = jwk.alg ?? 'ES384'
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg, typ: 'JWT', ...(jwk.kid !== undefined && { kid: jwk.kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(url)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('4m')
    .sign(await importJWK(jwk, alg))
  const scopes = await allScopes(baseUrl)
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: scopes,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  })
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
