import type { JWK } from 'jose'
import { z } from 'zod'
import type { Party } from '../domain/party.ts'
import type { Outbound } from '../outbound/outbound.ts'

/** The public keys of a party now. `kid` is the key the caller is about to need; an unknown one may cause a fetch. */
export type KeysOf = (party: Party, kid: string) => Promise<readonly JWK[]>

/**
 * Key sets of parties: inline from configuration, or fetched from their registered URL and kept as long as its
 * Cache-Control says, 10 s to 1 h (5 min when it says nothing).
 *
 * An unknown `kid` fetches anew at most once a minute, so that a stranger cannot make the gateway call a party at will.
 * A fetch that fails keeps what was there, at most 24 h after it was fetched. Concurrent callers share one fetch.
 */
export const createKeysOf = (deps: { readonly outbound: Pick<Outbound, 'send'>; now(): number }): KeysOf => {
  const sets = new Map<string, KeySet>()

  const refresh = async (url: string, set: KeySet): Promise<void> => {
    const result = await deps.outbound.send({
      url,
      method: 'GET',
      headers: { accept: 'application/jwk-set+json, application/json' },
      allowedHosts: [new URL(url).host],
    })
    const keys =
      result.outcome === 'answered' && result.status === 200 && !result.truncated ? parseKeySet(result.body) : undefined
    const now = deps.now()
    if (keys === undefined || result.outcome !== 'answered') {
      set.freshUntil = Math.max(set.freshUntil, now + SHORTEST_MS)
      set.searchableFrom = Math.max(set.searchableFrom, now + SHORTEST_MS)
      return
    }
    set.keys = keys
    set.keptUntil = now + KEPT_MS
    set.freshUntil = now + lifetimeOf(result.headers['cache-control'])
  }

  const fetched = async (url: string, kid: string): Promise<readonly JWK[]> => {
    const set = sets.get(url) ?? { keys: [], freshUntil: 0, keptUntil: 0, searchableFrom: 0, underWay: undefined }
    sets.set(url, set)
    if (set.underWay === undefined) {
      const now = deps.now()
      const isStale = now >= set.freshUntil
      const isSearch = !isStale && now >= set.searchableFrom && !set.keys.some((key) => key.kid === kid)
      if (isSearch) set.searchableFrom = now + SEARCH_COOLDOWN_MS
      if (isStale || isSearch) {
        set.underWay = refresh(url, set).finally(() => {
          set.underWay = undefined
        })
      }
    }
    await set.underWay
    return deps.now() < set.keptUntil ? set.keys : []
  }

  return async ({ keys }, kid) => {
    if (keys.kind === 'url') return fetched(keys.url, kid)
    return keys.kind === 'inline' ? keys.jwks.keys.flatMap((key) => publicKeyFrom(key) ?? []) : []
  }
}

/**
 * The usable part of a JWK: an RSA key of 2048 bits or more or a P-384 key, for signatures, with a `kid`; undefined for
 * every other. Private members are left behind.
 */
export const publicKeyFrom = (value: unknown): JWK | undefined => {
  const parsed = publicKey.safeParse(value)
  if (!parsed.success) return undefined
  const { alg: _alg, use: _use, ...key } = parsed.data
  return key
}

type KeySet = {
  keys: readonly JWK[]
  /** Epoch milliseconds, as all times here. Until then nothing is fetched for a known `kid`. */
  freshUntil: number
  keptUntil: number
  /** From then on an unknown `kid` may fetch again. */
  searchableFrom: number
  underWay: Promise<void> | undefined
}

const SHORTEST_MS = 10_000
const LONGEST_MS = 3_600_000
const UNSAID_MS = 300_000
const SEARCH_COOLDOWN_MS = 60_000
const KEPT_MS = 24 * 3_600_000
const MOST_KEYS = 100

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/)
const common = { kid: z.string().min(1).max(200), use: z.literal('sig').optional() }
const publicKey = z.discriminatedUnion('kty', [
  // 342 digits of Base64 are 2048 bits; jose throws on fewer.
  z.object({
    kty: z.literal('RSA'),
    n: base64url.min(342).max(1400),
    e: base64url.max(12),
    alg: z.literal('RS384').optional(),
    ...common,
  }),
  z.object({
    kty: z.literal('EC'),
    crv: z.literal('P-384'),
    x: base64url.length(64),
    y: base64url.length(64),
    alg: z.literal('ES384').optional(),
    ...common,
  }),
])

const parseKeySet = (body: Uint8Array): readonly JWK[] | undefined => {
  try {
    const parsed = z.object({ keys: z.array(z.unknown()).max(MOST_KEYS) }).safeParse(JSON.parse(utf8.decode(body)))
    // A set that holds keys for other uses too is fine, an empty one says that the party has withdrawn its keys.
    return parsed.success ? parsed.data.keys.flatMap((key) => publicKeyFrom(key) ?? []) : undefined
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

const lifetimeOf = (cacheControl: string | undefined): number => {
  if (cacheControl === undefined) return UNSAID_MS
  if (/\bno-(store|cache)\b/i.test(cacheControl)) return SHORTEST_MS
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl) ?? []
  return seconds === undefined ? UNSAID_MS : Math.min(Math.max(Number(seconds) * 1000, SHORTEST_MS), LONGEST_MS)
}
