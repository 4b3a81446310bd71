import type { FhirServerEndpoint } from '../domain/party.ts'
import { signingKeyFrom, tokenRequestForm } from '../outbound/client-assertion.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Channel } from './channel.ts'
import { httpDelivery } from './http-delivery.ts'

type Deps = {
  readonly outbound: Pick<Outbound, 'send'>
  /** For token and delivery together, so that a lease outlives both. */
  readonly timeoutMs: number
  newId(): string
}

/**
 * A transaction Bundle to any FHIR R4 server (https://hl7.org/fhir/R4/http.html#transaction), with a token by SMART Backend
 * Services. Repeating it does no harm: the Bundle creates nothing that its identifier finds there (`If-None-Exist`).
 */
export const fhirServerChannel = ({ outbound, timeoutMs, newId }: Deps): Channel => {
  const tokens = tokenCache({ outbound, timeoutMs: timeoutMs / 2, newId })
  return {
    deliver: async (endpoint, envelope, at, isInTime) => {
      if (endpoint.channel !== 'fhir-server') return { outcome: 'not-sent', why: 'not-a-fhir-server' }
      const token = await tokens.of(endpoint, at)
      if (token.outcome === 'none') return { outcome: 'not-sent', why: token.why }
      const result = await outbound.send({
        url: endpoint.url,
        method: 'POST',
        headers: {
          'content-type': envelope.contentType,
          accept: 'application/fhir+json',
          // The answer is not read: what was stored is the receiver's own.
          prefer: 'return=minimal',
          'user-agent': 'ips-gateway',
          authorization: `Bearer ${token.value}`,
        },
        body: envelope.body,
        timeoutMs: timeoutMs / 2,
        isInTime,
        allowedHosts: [new URL(endpoint.url).host],
      })
      // The next attempt asks for a new one; a channel does not try twice.
      if (result.outcome === 'answered' && result.status === 401) tokens.forget(endpoint)
      return httpDelivery(result, at)
    },
  }
}

type Token = { readonly outcome: 'token'; readonly value: string } | { readonly outcome: 'none'; readonly why: string }

/** A token that is about to expire would expire on the way. */
const MARGIN_MS = 30_000

const tokenCache = (deps: Deps) => {
  const known = new Map<string, { readonly token: Promise<Token>; until: number }>()
  return {
    /** Those who come while one is being asked for wait for the same one. */
    of: (endpoint: FhirServerEndpoint, at: number): Promise<Token> => {
      const cached = known.get(endpoint.id)
      if (cached !== undefined && at < cached.until) return cached.token
      const asking = askForToken(deps, endpoint, at)
      const entry = { token: asking.then(({ token }) => token), until: Number.POSITIVE_INFINITY }
      known.set(endpoint.id, entry)
      // A failure is not remembered: the next attempt asks again.
      const keep = (until: number): void => void (entry.until = until)
      asking.then(
        ({ until }) => keep(until),
        () => keep(0),
      )
      return entry.token
    },
    forget: ({ id }: FhirServerEndpoint): void => void known.delete(id),
  }
}

const askForToken = async (
  { outbound, timeoutMs, newId }: Deps,
  { tokenUrl, clientId, scope, privateJwk }: FhirServerEndpoint,
  at: number,
): Promise<{ readonly token: Token; readonly until: number }> => {
  const none = (why: string) => ({ token: { outcome: 'none', why }, until: 0 }) as const
  const signingKey = signingKeyFrom(privateJwk)
  if (signingKey === undefined) return none('no-signing-key')
  const form = await tokenRequestForm({ clientId, tokenUrl, scope, signingKey, now: at, jti: newId() })
  const result = await outbound.send({
    url: tokenUrl,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    timeoutMs,
    allowedHosts: [new URL(tokenUrl).host],
  })
  if (result.outcome !== 'answered') return none(`token-${result.reason}`)
  if (result.status !== 200) return none(`token-http-${result.status}`)
  const answer = readToken(result.body)
  if (answer === undefined) return none('token-unreadable')
  return { token: { outcome: 'token', value: answer.value }, until: at + answer.seconds * 1000 - MARGIN_MS }
}

/** RFC 6749 §5.1; without `expires_in` the token is used once. */
const readToken = (body: Uint8Array): { readonly value: string; readonly seconds: number } | undefined => {
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    if (typeof answer !== 'object' || answer === null || !('access_token' in answer)) return undefined
    const value = answer.access_token
    // Only what may stand in a header (RFC 6750 §2.1).
    if (typeof value !== 'string' || !/^[A-Za-z0-9._~+/-]+=*$/.test(value)) return undefined
    const seconds = 'expires_in' in answer && typeof answer.expires_in === 'number' ? answer.expires_in : 0
    return { value, seconds }
  } catch {
    return undefined
  }
}
