import { Hono } from 'hono'
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { partiesOf, type Party } from '../../src/domain/party.ts'
import { authenticate, type CallerEnv } from '../../src/gateway/authenticate.ts'
import { createKeysOf } from '../../src/gateway/jwks.ts'
import { scopeText } from '../../src/gateway/scopes.ts'
import { smartConfiguration } from '../../src/gateway/smart-configuration.ts'
import { tokenRoute } from '../../src/gateway/token.ts'

const BASE = 'https://gateway.example.fi'
const TOKEN_URL = `${BASE}/auth/token`
const NOW = Date.parse('2024-03-11T09:00:00Z')
const SECONDS = NOW / 1000
const TOKEN_KEY = new Uint8Array(32).fill(7)

type Signer = { readonly key: CryptoKey; readonly jwk: JWK }
let es: Signer
let newer: Signer
let rsa: Signer
let foreign: Signer

const signer = async (alg: string, kid: string): Promise<Signer> => {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  return { key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid } }
}

beforeAll(async () => {
  es = await signer('ES384', 'es-1')
  newer = await signer('ES384', 'es-2')
  rsa = await signer('RS384', 'rs-1')
  foreign = await signer('ES384', 'es-1')
})

const hospital = (keys: readonly JWK[], scopes: readonly string[]): Party => ({
  id: 'hospital',
  kind: 'care-organisation',
  name: 'Hospital',
  identifiers: [{ system: 'urn:oid:1.2.3', value: '1' }],
  clientId: 'hospital-ehr',
  keys: { kind: 'inline', jwks: { keys: keys.map((key) => ({ ...key })) } },
  scopes,
  purposes: ['treatment'],
  labels: undefined,
  members: [],
  endpoints: [],
})

const gateway = (options: { keys?: readonly JWK[]; scopes?: readonly string[] } = {}) => {
  const clock = { now: NOW }
  const now = () => clock.now
  const seen = new Map<string, number>()
  const parties = partiesOf([
    hospital(
      options.keys ?? [es.jwk, rsa.jwk, newer.jwk],
      options.scopes ?? ['system/Task.cru', 'system/AuditEvent.rs'],
    ),
  ])
  const keysOf = createKeysOf({
    now,
    outbound: { send: async () => Promise.reject(new Error('nobody is called in these tests')) },
  })
  const rememberJti = async (clientId: string, jti: string, expiresAt: number) => {
    const key = `${clientId}|${jti}`
    const isNew = !seen.has(key)
    seen.set(key, expiresAt)
    return Promise.resolve(isNew)
  }
  const deps = { parties, tokenUrl: TOKEN_URL, issuer: BASE, tokenKey: TOKEN_KEY, now, rememberJti, keysOf }
  const app = new Hono<CallerEnv>()
  app.post('/auth/token', tokenRoute(deps))
  app.get('/who', authenticate(deps), (c) =>
    c.json({ party: c.var.caller.party.id, clientId: c.var.caller.clientId, scope: scopeText(c.var.caller.scopes) }),
  )
  return { app, clock, seen, parties }
}
type Gateway = ReturnType<typeof gateway>

let serial = 0
type Assertion = {
  signer?: Signer
  alg?: string
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
}

const assertion = async ({ signer = es, alg = 'ES384', header = {}, claims = {} }: Assertion = {}): Promise<string> => {
  serial += 1
  const payload = {
    iss: 'hospital-ehr',
    sub: 'hospital-ehr',
    aud: TOKEN_URL,
    exp: SECONDS + 240,
    jti: `jti-${serial}`,
    ...claims,
  }
  return new SignJWT(JSON.parse(JSON.stringify(payload)) as JWTPayload)
    .setProtectedHeader(
      JSON.parse(JSON.stringify({ alg, typ: 'JWT', kid: signer.jwk.kid, ...header })) as { alg: string },
    )
    .sign(signer.key)
}

const form = (signed: string, changes: Record<string, string | undefined> = {}): URLSearchParams => {
  const parameters = {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signed,
    scope: 'system/Task.cru',
    ...changes,
  }
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) body.append(name, value)
  return body
}

const post = async ({ app }: Gateway, body: URLSearchParams) => {
  const response = await app.request('/auth/token', { method: 'POST', body })
  return { response, status: response.status, body: (await response.json()) as Record<string, string> }
}
const ask = async (gate: Gateway, options: Assertion = {}, changes: Record<string, string | undefined> = {}) =>
  post(gate, form(await assertion(options), changes))

const who = async ({ app }: Gateway, token: string | undefined) =>
  app.request('/who', token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })

describe('a client with a signed assertion', () => {
  it('signing ES384 gets a token for five minutes that is not to be stored', async () => {
    const { response, body } = await ask(gateway())
    expect(response.status).toBe(200)
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 300, scope: 'system/Task.cru' })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(decodeJwt(body['access_token']!)).toMatchObject({
      iss: BASE,
      aud: BASE,
      sub: 'hospital-ehr',
      client_id: 'hospital-ehr', // RFC 9068 §2.2: required in a token of this type
      exp: SECONDS + 300,
      scope: 'system/Task.cru',
    })
  })

  it('signing RS384 gets a token', async () => {
    expect((await ask(gateway(), { signer: rsa, alg: 'RS384' })).status).toBe(200)
  })

  it('gets a token with the old and with the new key while one replaces the other', async () => {
    const gate = gateway({ keys: [es.jwk, newer.jwk] })
    expect((await ask(gate, { signer: es })).status).toBe(200)
    expect((await ask(gate, { signer: newer })).status).toBe(200)
    expect((await ask(gateway({ keys: [newer.jwk] }), { signer: es })).body).toMatchObject({ error: 'invalid_client' })
  })

  it('may name itself, and only itself, in client_id as well', async () => {
    expect((await ask(gateway(), {}, { client_id: 'hospital-ehr' })).status).toBe(200)
    expect((await ask(gateway(), {}, { client_id: 'other' })).body).toMatchObject({ error: 'invalid_client' })
  })

  it('is granted no more than it may have', async () => {
    const { body } = await ask(gateway(), {}, { scope: 'system/*.rs system/Task.d system/Consent.c openid' })
    expect(body['scope']).toBe('system/AuditEvent.rs system/Task.r')
  })

  it.each([undefined, ''])('that asks for no scope (%s) is granted what it may have', async (scope) => {
    const { body } = await ask(gateway(), {}, { scope })
    expect(body['scope']).toBe('system/AuditEvent.rs system/Task.cru')
  })

  it.each([' ', 'system/Consent.rs', 'launch/patient', 'system/Task.cru?status=ready'])(
    'is refused when nothing of `%s` can be granted',
    async (scope) => {
      const { status, body } = await ask(gateway(), {}, { scope })
      expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_scope' })
    },
  )
})

describe('an assertion', () => {
  const refusals: readonly (readonly [string, () => Assertion])[] = [
    ['for another audience', () => ({ claims: { aud: `${BASE}/fhir` } })],
    ['for two audiences', () => ({ claims: { aud: [TOKEN_URL, 'https://other.example'] } })],
    ['without audience', () => ({ claims: { aud: undefined } })],
    ['whose iss is not its sub', () => ({ claims: { iss: 'somebody' } })],
    ['without sub', () => ({ claims: { sub: undefined } })],
    ['without jti', () => ({ claims: { jti: undefined } })],
    ['with an empty jti', () => ({ claims: { jti: '' } })],
    ['with a jti of 256 characters', () => ({ claims: { jti: 'j'.repeat(256) } })],
    ['without exp', () => ({ claims: { exp: undefined } })],
    ['that has expired', () => ({ claims: { exp: SECONDS - 11 } })],
    ['that lives longer than five minutes', () => ({ claims: { exp: SECONDS + 301 } })],
    ['issued long ago', () => ({ claims: { iat: SECONDS - 400 } })],
    ['issued in the future', () => ({ claims: { iat: SECONDS + 60 } })],
    ['not valid yet', () => ({ claims: { nbf: SECONDS + 60 } })],
    ['of another typ', () => ({ header: { typ: 'at+jwt' } })],
    ['without typ', () => ({ header: { typ: undefined } })],
    ['without kid', () => ({ header: { kid: undefined } })],
    ['whose kid is not registered', () => ({ header: { kid: 'unknown' } })],
    ['whose kid names a key of another kind', () => ({ header: { kid: 'rs-1' } })],
    ['signed with another key', () => ({ signer: foreign })],
    ['of an unknown client', () => ({ claims: { iss: 'nobody', sub: 'nobody' } })],
  ]

  it.each(refusals)('%s is refused', async (_what, options) => {
    const gate = gateway()
    const { status, body, response } = await ask(gate, options())
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
    expect(body['error_description']).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/) // RFC 6749 §5.2
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(gate.seen.size).toBe(0)
  })

  it('signed ES256 is refused', async () => {
    const p256 = await signer('ES256', 'es-1')
    const { body } = await ask(gateway({ keys: [es.jwk, p256.jwk] }), { signer: p256, alg: 'ES256' })
    expect(body).toMatchObject({ error: 'invalid_client', error_description: 'alg must be RS384 or ES384' })
  })

  it('signed HS256 with the public key as secret is refused', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(rsa.jwk))
    const signed = await new SignJWT({ iss: 'hospital-ehr', sub: 'hospital-ehr', aud: TOKEN_URL, jti: 'x' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: 'rs-1' })
      .setExpirationTime(SECONDS + 60)
      .sign(secret)
    expect((await post(gateway(), form(signed))).body).toMatchObject({ error: 'invalid_client' })
  })

  it('unsigned is refused', async () => {
    const [, claims] = (await assertion()).split('.')
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT', kid: 'es-1' })).toString('base64url')
    expect((await post(gateway(), form(`${header}.${claims}.`))).body).toMatchObject({ error: 'invalid_client' })
  })

  it('of an unknown client is answered word for word like a bad signature and an unknown key', async () => {
    const answers = await Promise.all([
      ask(gateway(), { claims: { iss: 'nobody', sub: 'nobody' } }),
      ask(gateway(), { signer: foreign }),
      ask(gateway(), { header: { kid: 'unknown' } }),
    ])
    const [first, ...others] = answers.map(({ status, body, response }) => ({
      status,
      body,
      headers: [...response.headers],
    }))
    for (const other of others) expect(other).toEqual(first)
  })

  it('of a known client is told what is wrong only with what everybody can see', async () => {
    const known = await ask(gateway(), { claims: { exp: SECONDS + 301 } })
    const unknown = await ask(gateway(), { claims: { exp: SECONDS + 301, iss: 'nobody', sub: 'nobody' } })
    expect(known.body['error_description']).toBe('exp must be at most 300 seconds ahead')
    expect(unknown.body).toEqual(known.body)
  })

  it('used twice is refused the second time, and remembered until it has expired', async () => {
    const gate = gateway()
    const signed = await assertion({ claims: { jti: 'once' } })
    expect((await post(gate, form(signed))).status).toBe(200)
    expect((await post(gate, form(signed))).body).toMatchObject({ error: 'invalid_client' })
    expect(gate.seen.get('hospital-ehr|once')).toBeGreaterThanOrEqual((SECONDS + 240) * 1000)
    expect((await ask(gate, { claims: { jti: 'twice' } })).status).toBe(200)
  })

  it('of a client whose clock is a few seconds off is accepted', async () => {
    expect((await ask(gateway(), { claims: { iat: SECONDS + 5, exp: SECONDS + 240 } })).status).toBe(200)
    expect((await ask(gateway(), { claims: { exp: SECONDS - 5 } })).status).toBe(200)
  })
})

describe('a token request', () => {
  it('in JSON is refused', async () => {
    const { app } = gateway()
    const response = await app.request('/auth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
  })

  it.each<[string, Record<string, string | undefined>, string]>([
    ['without grant_type', { grant_type: undefined }, 'invalid_request'],
    ['with another grant_type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['without client_assertion_type', { client_assertion_type: undefined }, 'invalid_request'],
    ['with another client_assertion_type', { client_assertion_type: 'jwt-bearer' }, 'invalid_request'],
    ['without client_assertion', { client_assertion: undefined }, 'invalid_request'],
    ['that is very long', { padding: 'x'.repeat(20_000) }, 'invalid_request'],
  ])('%s is refused', async (_what, changes, error) => {
    const { status, body } = await ask(gateway(), {}, changes)
    expect({ status, error: body['error'] }).toEqual({ status: 400, error })
  })

  it('that gives a parameter twice is refused', async () => {
    const body = form(await assertion())
    body.append('scope', 'system/AuditEvent.rs')
    expect((await post(gateway(), body)).body).toMatchObject({ error: 'invalid_request' })
  })

  it.each(['', 'x', 'a.b.c', '..', 'eyJhbGciOiJSUzM4NCJ9.W10.AA'])(
    'with `%s` as assertion is refused',
    async (signed) => {
      expect((await post(gateway(), form(signed))).body).toMatchObject({ error: 'invalid_client' })
    },
  )
})

describe('an access token', () => {
  const forged = async (options: { key?: Uint8Array; typ?: string; claims?: Record<string, unknown> }) =>
    new SignJWT({ iss: BASE, aud: BASE, sub: 'hospital-ehr', scope: 'system/Task.cruds', jti: 'j', ...options.claims })
      .setProtectedHeader({ alg: 'HS256', typ: options.typ ?? 'at+jwt' })
      .setIssuedAt(SECONDS)
      .setExpirationTime(SECONDS + 300)
      .sign(options.key ?? TOKEN_KEY)

  it('tells who calls and what the caller may do', async () => {
    const gate = gateway()
    const { body } = await ask(gate)
    const response = await who(gate, body['access_token'])
    expect(await response.json()).toEqual({ party: 'hospital', clientId: 'hospital-ehr', scope: 'system/Task.cru' })
  })

  it('is worth nothing from the second it expires', async () => {
    const gate = gateway()
    const { body } = await ask(gate)
    gate.clock.now = NOW + 299_999
    expect((await who(gate, body['access_token'])).status).toBe(200)
    gate.clock.now = NOW + 300_000
    expect((await who(gate, body['access_token'])).status).toBe(401)
  })

  it('never allows more than the party may have today', async () => {
    const response = await who(gateway(), await forged({}))
    expect(await response.json()).toMatchObject({ scope: 'system/Task.cru' })
  })

  it.each<[string, Parameters<typeof forged>[0]]>([
    ['signed with another key', { key: new Uint8Array(32).fill(8) }],
    ['of another type', { typ: 'JWT' }],
    ['of another issuer', { claims: { iss: 'https://other.example' } }],
    ['for another audience', { claims: { aud: 'https://other.example' } }],
    ['of a party that is no longer here', { claims: { sub: 'nobody' } }],
    ['without scope', { claims: { scope: undefined } }],
    ['without jti', { claims: { jti: undefined } }],
  ])('%s is refused with an OperationOutcome', async (_what, options) => {
    const response = await who(gateway(), await forged(options))
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    expect(response.headers.get('content-type')).toContain('application/fhir+json')
    expect(await response.json()).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'login' }] })
  })

  it('that is missing or not a bearer token is asked for', async () => {
    const gate = gateway()
    const missing = await who(gate, undefined)
    const basic = await gate.app.request('/who', { headers: { authorization: 'Basic aG9zcGl0YWw6eA==' } })
    for (const response of [missing, basic]) {
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  it('cannot be replaced by the assertion itself', async () => {
    expect((await who(gateway(), await assertion())).status).toBe(401)
  })
})

describe('the SMART configuration', () => {
  it('names the token endpoint, how to authenticate and which scopes there are', () => {
    expect(smartConfiguration(BASE, gateway().parties)).toMatchObject({
      token_endpoint: TOKEN_URL,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
      scopes_supported: ['system/AuditEvent.rs', 'system/Task.cru'],
      capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
      code_challenge_methods_supported: ['S256'],
    })
  })
})
