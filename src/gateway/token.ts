import type { Context } from 'hono'
import { SignJWT } from 'jose'
import { type AssertionDeps, createAssertionCheck } from './client-assertion.ts'
import { narrowScopes, parseScopes, type Scope, scopeText } from './scopes.ts'

/** Lifetime of an access token in seconds (SMART App Launch 2.2: should not exceed 300). */
export const ACCESS_TOKEN_SECONDS = 300
/** RFC 9068 §2.1; tells an access token from every other JWT. */
export const ACCESS_TOKEN_TYPE = 'at+jwt'

export type TokenDeps = AssertionDeps & {
  /** Base URL of the gateway: `iss` and `aud` of access tokens. */
  readonly issuer: string
  /** HS256 key, at least 32 bytes, shared by replicas. */
  readonly tokenKey: Uint8Array
}

/**
 * `POST /auth/token`: client credentials with a signed assertion (SMART Backend Services 2.2, RFC 6749 §4.4).
 *
 * Every refusal is an OAuth error (RFC 6749 §5.2) whose description says what to change and quotes nothing.
 *
 * @example
 * app.post('/auth/token', tokenRoute({ parties, tokenUrl, issuer, tokenKey, keysOf, now, rememberJti }))
 */
export const tokenRoute = (deps: TokenDeps): ((c: Context) => Promise<Response>) => {
  const checkAssertion = createAssertionCheck(deps)

  return async (c) => {
    c.header('Cache-Control', 'no-store')
    c.header('Pragma', 'no-cache')
    const request = await readRequest(c)
    if ('error' in request) return c.json(request, 400)
    const result = await checkAssertion(request.assertion)
    if (result.outcome === 'refused') return c.json(oauthError('invalid_client', result.description), 401)
    const { party, clientId } = result
    if (request.clientId !== undefined && request.clientId !== clientId) {
      return c.json(oauthError('invalid_client', 'client_id differs from the sub of the assertion'), 401)
    }
    const allowed = parseScopes(party.scopes.join(' '))
    const scopes =
      request.scope === '' ? narrowScopes(allowed, allowed) : narrowScopes(parseScopes(request.scope), allowed)
    if (scopes.length === 0) return c.json(oauthError('invalid_scope', NO_SCOPE), 400)
    return c.json({
      access_token: await accessToken(deps, clientId, scopes),
      token_type: 'bearer',
      expires_in: ACCESS_TOKEN_SECONDS,
      scope: scopeText(scopes),
    })
  }
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const LONGEST_BODY = 16_384
const NO_SCOPE = 'none of the scopes asked for is granted to this client; ask for example for system/Task.rs'

type TokenRequest = {
  readonly assertion: string
  /** Empty when none was asked for: then all that the client may have are granted (RFC 6749 §3.3, a default value). */
  readonly scope: string
  readonly clientId: string | undefined
}
type OAuthError = { readonly error: string; readonly error_description: string }

const readRequest = async (c: Context): Promise<TokenRequest | OAuthError> => {
  const mediaType = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/x-www-form-urlencoded') {
    return oauthError('invalid_request', 'send the parameters as application/x-www-form-urlencoded')
  }
  const body = await c.req.text()
  if (body.length > LONGEST_BODY) return oauthError('invalid_request', 'the request is longer than 16384 characters')
  const form = new URLSearchParams(body)
  if (new Set(form.keys()).size !== form.size) return oauthError('invalid_request', 'a parameter is given twice')

  const grantType = form.get('grant_type')
  if (grantType === null) return oauthError('invalid_request', 'grant_type is missing')
  if (grantType !== 'client_credentials') {
    return oauthError('unsupported_grant_type', 'grant_type must be client_credentials')
  }
  if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
    return oauthError('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}`)
  }
  const assertion = form.get('client_assertion')
  if (assertion === null) return oauthError('invalid_request', 'client_assertion is missing')
  return { assertion, scope: form.get('scope') ?? '', clientId: form.get('client_id') ?? undefined }
}

const accessToken = async (deps: TokenDeps, clientId: string, scopes: readonly Scope[]): Promise<string> => {
  const issuedAt = Math.floor(deps.now() / 1000)
  return new SignJWT({ scope: scopeText(scopes), client_id: clientId })
    .setProtectedHeader({ alg: 'HS256', typ: ACCESS_TOKEN_TYPE })
    .setIssuer(deps.issuer)
    .setAudience(deps.issuer)
    .setSubject(clientId)
    .setJti(crypto.randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
    .sign(deps.tokenKey)
}

const oauthError = (error: string, description: string): OAuthError => ({ error, error_description: description })
