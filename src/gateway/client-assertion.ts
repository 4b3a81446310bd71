import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Parties, Party } from '../domain/party.ts'
import type { KeysOf } from './jwks.ts'

export type AssertionResult =
  | { readonly outcome: 'accepted'; readonly party: Party; readonly clientId: string }
  /** `description` is the same for an unknown client and for a bad signature. */
  | { readonly outcome: 'refused'; readonly description: string }

export type AssertionDeps = {
  readonly parties: Parties
  readonly tokenUrl: string
  readonly keysOf: KeysOf
  /** Epoch milliseconds. */
  now(): number
  /** False when this client used this `jti` before; shared by replicas. `expiresAt`: epoch milliseconds. */
  rememberJti(clientId: string, jti: string, expiresAt: number): Promise<boolean>
}

/**
 * Authenticates a client by its signed assertion (SMART App Launch 2.2 "Client Authentication: Asymmetric", RFC 7523).
 *
 * What the caller can see for herself (header, times, audience) is judged first and refused with the reason, before
 * anybody is looked up. From the look-up on there is one text and one signature check, whoever calls, so that nobody
 * learns which client ids exist. (What remains: a party whose keys are fetched can be slower, once a minute.)
 */
export const createAssertionCheck = (deps: AssertionDeps): ((assertion: string) => Promise<AssertionResult>) => {
  decoys().catch(() => undefined) // made ahead of the first caller; a failure is met by every check below

  return async (assertion) => {
    const now = deps.now()
    const read = readAssertion(assertion, deps.tokenUrl, now)
    if (read.outcome === 'refused') return read
    const { alg, kid, clientId, jti, exp } = read
    const party = deps.parties.byClientId(clientId)
    const keys = [...(party === undefined ? [] : await deps.keysOf(party, kid)), ...(await decoys())]
    const key = keys.find((key) => key.kty === keyTypes[alg] && (key.kid === kid || key.kid === undefined))
    const isSigned = key !== undefined && (await verify(assertion, key, read, deps.tokenUrl, now))
    // INVARIANT (decoy): a key without `kid` is a decoy and lets nobody in, whatever it verifies.
    if (!isSigned || party === undefined || key.kid === undefined) return refused(NOT_ACCEPTED)
    // After the signature only: a stranger must not be able to use up the ids of a client.
    const isNew = await deps.rememberJti(clientId, jti, (exp + CLOCK_TOLERANCE_SECONDS) * 1000)
    return isNew ? { outcome: 'accepted', party, clientId } : refused('this jti was used before, make a new assertion')
  }
}

type Algorithm = 'RS384' | 'ES384'

const keyTypes = { RS384: 'RSA', ES384: 'EC' } as const satisfies Record<Algorithm, string>
const LONGEST_SECONDS = 300
/** For clients whose clock is a little behind or ahead; never for how far ahead `exp` may lie. */
const CLOCK_TOLERANCE_SECONDS = 10
const NOT_ACCEPTED =
  'the client assertion was not accepted: check that the client id is registered here, that kid names a registered key and that this key signed'

const headerSchema = z.object({
  alg: z.enum(['RS384', 'ES384'], { error: 'alg must be RS384 or ES384' }),
  typ: z.literal('JWT', { error: 'typ must be JWT' }),
  kid: z.string({ error: 'kid is missing' }).min(1, 'kid is missing').max(200, 'kid is too long'),
})
const claimsSchema = z.object({
  iss: z.string({ error: 'iss is missing' }).min(1, 'iss is missing'),
  sub: z.string({ error: 'sub is missing' }),
  // One audience only: an assertion that also opens another server could be replayed by that server.
  aud: z.union([z.string(), z.tuple([z.string()]).transform(([only]) => only)], {
    error: 'aud must be the url of this token endpoint alone',
  }),
  exp: z.number({ error: 'exp is missing' }),
  iat: z.number({ error: 'iat must be a number' }).optional(),
  nbf: z.number({ error: 'nbf must be a number' }).optional(),
  jti: z.string({ error: 'jti is missing' }).min(1, 'jti is missing').max(255, 'jti is longer than 255 characters'),
})

type Read = {
  readonly outcome: 'read'
  readonly alg: Algorithm
  readonly kid: string
  readonly clientId: string
  readonly jti: string
  readonly exp: number
  readonly hasIssueTime: boolean
}
type Refused = { readonly outcome: 'refused'; readonly description: string }

const readAssertion = (assertion: string, tokenUrl: string, now: number): Read | Refused => {
  const decoded = decode(assertion)
  if (decoded === undefined) return refused('client_assertion is not a signed JWT')
  const header = headerSchema.safeParse(decoded.header)
  if (!header.success) return refused(firstMessage(header.error))
  const claims = claimsSchema.safeParse(decoded.claims)
  if (!claims.success) return refused(firstMessage(claims.error))
  const { iss, sub, aud, exp, iat, jti } = claims.data
  if (iss !== sub) return refused('iss and sub must both be the client id')
  if (aud !== tokenUrl) return refused('aud must be the url of this token endpoint alone')
  const lateness = timeProblem(claims.data, now / 1000)
  if (lateness !== undefined) return refused(lateness)
  return {
    outcome: 'read',
    ...header.data,
    clientId: iss,
    jti,
    exp,
    hasIssueTime: iat !== undefined,
  }
}

/** `now` in seconds since the epoch, like the claims (RFC 7519 §2, NumericDate). */
const timeProblem = ({ exp, iat, nbf }: z.infer<typeof claimsSchema>, now: number): string | undefined => {
  if (exp <= now - CLOCK_TOLERANCE_SECONDS) return 'exp has passed'
  if (exp > now + LONGEST_SECONDS) return 'exp must be at most 300 seconds ahead'
  if (nbf !== undefined && nbf > now + CLOCK_TOLERANCE_SECONDS) return 'nbf lies ahead'
  if (iat === undefined) return undefined
  if (iat > now + CLOCK_TOLERANCE_SECONDS) return 'iat lies ahead'
  return iat < now - LONGEST_SECONDS ? 'iat lies more than 300 seconds back' : undefined
}

/** Signature and, once more with a library written for it, every claim. */
const verify = async (assertion: string, key: JWK, read: Read, tokenUrl: string, now: number): Promise<boolean> => {
  try {
    await jwtVerify(assertion, key, {
      algorithms: ['RS384', 'ES384'],
      typ: 'JWT',
      issuer: read.clientId,
      subject: read.clientId,
      audience: tokenUrl,
      requiredClaims: ['exp', 'jti'],
      currentDate: new Date(now),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      ...(read.hasIssueTime && { maxTokenAge: LONGEST_SECONDS }),
    })
    return true
  } catch {
    // Everything that can go wrong in here comes from the caller's token or key.
    return false
  }
}

/** Keys nobody signs with, so that an unknown client or `kid` costs the same signature check. They have no `kid`. */
const decoys = (): Promise<readonly JWK[]> => (madeDecoys ??= Promise.all([decoy('RS384'), decoy('ES384')]))
let madeDecoys: Promise<readonly JWK[]> | undefined // an RSA key takes 100 ms or more, so one for the process

const decoy = async (alg: Algorithm): Promise<JWK> => exportJWK((await generateKeyPair(alg)).publicKey)

const decode = (assertion: string): { readonly header: unknown; readonly claims: unknown } | undefined => {
  try {
    return { header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) }
  } catch {
    return undefined
  }
}

const refused = (description: string): Refused => ({ outcome: 'refused', description })

const firstMessage = (error: z.ZodError): string => error.issues[0]?.message ?? 'the client assertion is malformed'
