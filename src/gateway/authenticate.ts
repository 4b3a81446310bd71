import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { jwtVerify } from 'jose'
import type { Parties, Party } from '../domain/party.ts'
import { operationOutcome } from '../fhir/outcome.ts'
import { narrowScopes, parseScopes, type Scope } from './scopes.ts'
import { ACCESS_TOKEN_SECONDS, ACCESS_TOKEN_TYPE } from './token.ts'

/** Who is calling, and what the token lets her do. */
export type Caller = {
  readonly party: Party
  readonly scopes: readonly Scope[]
  readonly clientId: string
  /** Epoch milliseconds; the token is refused from then on. */
  readonly expiresAt: number
}
export type CallerEnv = { Variables: { caller: Caller } }

export type AuthenticateDeps = {
  readonly parties: Parties
  /** As given to the token route. */
  readonly issuer: string
  readonly tokenKey: Uint8Array
  /** Epoch milliseconds. */
  now(): number
}

/**
 * Lets through only requests with a bearer token of this gateway (RFC 6750), and sets `c.var.caller`; answers 401 with
 * an OperationOutcome otherwise. Whether the scopes suffice is for the route to ask: `requireScope`.
 */
export const authenticate = (deps: AuthenticateDeps): MiddlewareHandler<CallerEnv> => {
  const key = createSecretKey(deps.tokenKey)
  const known = knownTokens()
  return async (c, next) => {
    const [, token] = /^Bearer +([A-Za-z0-9._~+/-]{1,8192}=*)$/i.exec(c.req.header('authorization') ?? '') ?? []
    if (token === undefined) return refuse(c, 'Bearer', 'send an access token of the token endpoint as bearer token')
    const caller = known.find(token, deps.now()) ?? (await callerOf(deps, key, token))
    if (caller === undefined) {
      return refuse(
        c,
        'Bearer error="invalid_token"',
        'the access token is not valid or has expired, ask for a new one',
      )
    }
    known.keep(token, caller)
    c.set('caller', caller)
    return next()
  }
}

/** For what is open to anybody: only who shows a token is judged by it, and `c.var.caller` is missing for the rest. */
export const whereShown =
  (guard: MiddlewareHandler<CallerEnv>): MiddlewareHandler<CallerEnv> =>
  async (c, next) =>
    c.req.header('authorization') === undefined ? next() : guard(c, next)

/** A system sends hundreds of messages with one token: its signature is checked once. Keeps the newest ones. */
const knownTokens = () => {
  const callers = new Map<string, Caller>()
  return {
    find: (token: string, now: number): Caller | undefined => {
      const caller = callers.get(token)
      return caller !== undefined && now < caller.expiresAt ? caller : undefined
    },
    keep: (token: string, caller: Caller): void => {
      callers.delete(token)
      callers.set(token, caller)
      for (const oldest of callers.keys()) {
        if (callers.size <= MOST_TOKENS) return
        callers.delete(oldest)
      }
    },
  }
}
const MOST_TOKENS = 1000

const callerOf = async (deps: AuthenticateDeps, key: KeyObject, token: string): Promise<Caller | undefined> => {
  const claims = await claimsOf(deps, key, token)
  if (claims?.sub === undefined || typeof claims.scope !== 'string') return undefined
  const party = deps.parties.byClientId(claims.sub)
  if (party === undefined) return undefined
  // Narrowed again: the party's scopes may have shrunk since the token was made.
  const scopes = narrowScopes(parseScopes(claims.scope), parseScopes(party.scopes.join(' ')))
  return { party, scopes, clientId: claims.sub, expiresAt: claims.exp * 1000 }
}

const claimsOf = async (
  deps: AuthenticateDeps,
  key: KeyObject,
  token: string,
): Promise<{ readonly sub?: string; readonly scope?: unknown; readonly exp: number } | undefined> => {
  const currentDate = new Date(deps.now())
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ: ACCESS_TOKEN_TYPE,
      issuer: deps.issuer,
      audience: deps.issuer,
      requiredClaims: ['exp', 'sub', 'jti'],
      currentDate,
      maxTokenAge: ACCESS_TOKEN_SECONDS,
      clockTolerance: REPLICA_TOLERANCE_SECONDS,
    })
    // The tolerance is meant for `iat` alone: no token lives longer than it says.
    const { exp = 0 } = payload
    return exp * 1000 > currentDate.getTime() ? { ...payload, exp } : undefined
  } catch {
    return undefined
  }
}

/** The clock of the replica that made the token may be ahead of this one. */
const REPLICA_TOLERANCE_SECONDS = 5

const refuse = (c: Context<CallerEnv>, challenge: string, diagnostics: string): Response =>
  c.json(
    operationOutcome([{ severity: 'error', code: 'login', diagnostics, error: 'sender-not-authenticated' }]),
    401,
    { 'WWW-Authenticate': challenge, 'Content-Type': 'application/fhir+json; charset=utf-8' },
  )
