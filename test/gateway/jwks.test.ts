import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Party, PartyKeys } from '../../src/domain/party.ts'
import { createKeysOf, publicKeyFrom } from '../../src/gateway/jwks.ts'
import type { OutboundRequest, OutboundResult } from '../../src/outbound/outbound.ts'

const URL_OF_KEYS = 'https://ehr.example.fi/jwks.json'
const HOUR = 3_600_000

let oldKey: JWK
let newKey: JWK

beforeAll(async () => {
  oldKey = { ...(await exportJWK((await generateKeyPair('ES384')).publicKey)), kid: 'old' }
  newKey = { ...(await exportJWK((await generateKeyPair('ES384')).publicKey)), kid: 'new' }
})

const party = (keys: PartyKeys): Party => ({
  id: 'hospital',
  kind: 'care-organisation',
  name: 'Hospital',
  identifiers: [{ system: 'urn:oid:1.2.3', value: '1' }],
  clientId: 'hospital-ehr',
  keys,
  scopes: [],
  purposes: ['treatment'],
  labels: undefined,
  members: [],
  endpoints: [],
})
const remote = party({ kind: 'url', url: URL_OF_KEYS })

const answer = (body: unknown, cacheControl?: string, status = 200): OutboundResult => ({
  outcome: 'answered',
  status,
  headers: cacheControl === undefined ? {} : { 'cache-control': cacheControl },
  body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
  truncated: false,
})

/** A party's key server whose answer and clock the test turns. */
const server = (first: OutboundResult) => {
  const state = { now: Date.parse('2024-03-11T09:00:00Z'), answer: first, requests: [] as OutboundRequest[] }
  const keysOf = createKeysOf({
    now: () => state.now,
    outbound: {
      send: async (request) => {
        state.requests.push(request)
        await Promise.resolve()
        return state.answer
      },
    },
  })
  const kids = async (kid: string) => (await keysOf(remote, kid)).map((key) => key.kid)
  return { state, kids, keysOf }
}

describe('keys of a party', () => {
  it('without keys are none', async () => {
    const { keysOf, state } = server(answer({ keys: [oldKey] }))
    expect(await keysOf(party({ kind: 'none' }), 'old')).toEqual([])
    expect(state.requests).toHaveLength(0)
  })

  it('given inline are used without calling anybody, old and new alike', async () => {
    const { keysOf, state } = server(answer({ keys: [] }))
    const keys = await keysOf(party({ kind: 'inline', jwks: { keys: [oldKey, newKey] as never } }), 'new')
    expect(keys.map((key) => key.kid)).toEqual(['old', 'new'])
    expect(state.requests).toHaveLength(0)
  })

  it('at a url are fetched from that host only', async () => {
    const { kids, state } = server(answer({ keys: [oldKey, newKey] }))
    expect(await kids('old')).toEqual(['old', 'new'])
    expect(state.requests).toMatchObject([{ url: URL_OF_KEYS, method: 'GET', allowedHosts: ['ehr.example.fi'] }])
  })

  it.each([
    ['as long as max-age says', 'public, max-age=600', 600_000],
    ['at least 10 s', 'max-age=0', 10_000],
    ['10 s when they must not be stored', 'no-store', 10_000],
    ['at most an hour', 'max-age=999999', HOUR],
    ['5 minutes when nothing is said', undefined, 300_000],
    ['5 minutes when only s-maxage is said', 's-maxage=9999', 300_000],
  ])('are kept %s', async (_how, cacheControl, lifetime) => {
    const { kids, state } = server(answer({ keys: [oldKey] }, cacheControl))
    await kids('old')
    state.now += lifetime - 1
    await kids('old')
    expect(state.requests).toHaveLength(1)
    state.now += 1
    await kids('old')
    expect(state.requests).toHaveLength(2)
  })

  it('are fetched anew for an unknown kid, at most once a minute', async () => {
    const { kids, state } = server(answer({ keys: [oldKey] }, 'max-age=3600'))
    await kids('old')
    state.answer = answer({ keys: [oldKey, newKey] }, 'max-age=3600')
    expect(await kids('new')).toEqual(['old', 'new'])
    for (let stranger = 0; stranger < 20; stranger += 1) await kids(`stranger-${stranger}`)
    expect(state.requests).toHaveLength(2)
    state.now += 59_999
    await kids('stranger')
    expect(state.requests).toHaveLength(2)
    state.now += 1
    await kids('stranger')
    expect(state.requests).toHaveLength(3)
  })

  it('are fetched once for callers that come at the same time', async () => {
    const { kids, state } = server(answer({ keys: [oldKey] }))
    const all = await Promise.all([kids('old'), kids('new'), kids('old'), kids('other')])
    expect(all).toEqual([['old'], ['old'], ['old'], ['old']])
    expect(state.requests).toHaveLength(1)
  })

  it('that the party has withdrawn are gone after the next fetch', async () => {
    const { kids, state } = server(answer({ keys: [oldKey] }, 'max-age=60'))
    await kids('old')
    state.answer = answer({ keys: [] })
    state.now += 60_000
    expect(await kids('old')).toEqual([])
  })

  it.each<[string, OutboundResult]>([
    ['no connection', { outcome: 'not-sent', reason: 'connect' }],
    ['no answer', { outcome: 'no-answer', reason: 'timeout' }],
    ['an error', answer({ keys: [] }, undefined, 503)],
    ['a redirect', answer('', undefined, 302)],
    ['not JSON', answer('<html>')],
    ['another JSON', answer({ issuer: 'x' })],
    ['half an answer', { ...answer({ keys: [] }), truncated: true } as OutboundResult],
  ])('stay for a day when fetching gives %s', async (_what, failure) => {
    const { kids, state } = server(answer({ keys: [oldKey] }, 'max-age=3600'))
    await kids('old')
    state.answer = failure
    state.now += 24 * HOUR - 1
    expect(await kids('old')).toEqual(['old'])
    state.now += 1
    expect(await kids('old')).toEqual([])
  })

  it('are not asked for again within 10 s of a failure', async () => {
    const { kids, state } = server({ outcome: 'not-sent', reason: 'dns' })
    expect(await kids('old')).toEqual([])
    state.now += 9_999
    await kids('old')
    expect(state.requests).toHaveLength(1)
    state.answer = answer({ keys: [oldKey] })
    state.now += 1
    expect(await kids('old')).toEqual(['old'])
  })
})

describe('a public key', () => {
  it('is used without its private part', async () => {
    const { privateKey } = await generateKeyPair('ES384', { extractable: true })
    const key = publicKeyFrom({ ...(await exportJWK(privateKey)), kid: 'k' })
    expect(Object.keys(key ?? {}).toSorted()).toEqual(['crv', 'kid', 'kty', 'x', 'y'])
  })

  it('for another curve, use or algorithm is left out, as is one without kid and a short RSA key', async () => {
    const p256 = await exportJWK((await generateKeyPair('ES256')).publicKey)
    const rsa = await exportJWK((await generateKeyPair('RS384')).publicKey)
    expect(publicKeyFrom({ ...rsa, kid: 'k' })).toBeDefined()
    expect(publicKeyFrom({ ...rsa, kid: 'k', n: rsa.n?.slice(0, 171) })).toBeUndefined()
    expect(publicKeyFrom({ ...rsa, kid: 'k', alg: 'RS256' })).toBeUndefined()
    expect(publicKeyFrom({ ...p256, kid: 'k' })).toBeUndefined()
    expect(publicKeyFrom({ ...newKey, use: 'enc' })).toBeUndefined()
    expect(publicKeyFrom({ ...newKey, kid: undefined })).toBeUndefined()
    expect(publicKeyFrom({ kty: 'oct', k: 'c2VjcmV0', kid: 'k' })).toBeUndefined()
  })
})
