import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { jwtVerify } from 'jose'
import type { FhirServerEndpoint } from '../../src/domain/party.ts'
import { listen, type Loopback } from '../outbound/loopback.ts'

export type FhirReceiver = Loopback & {
  readonly endpoint: FhirServerEndpoint
  /** What was posted to the base, in order. */
  readonly posts: { readonly headers: IncomingMessage['headers']; readonly body: any }[]
  /** Communications it has, by identifier. */
  readonly stored: Map<string, any>
  tokens: number
  /** How it answers a transaction after it has carried it out; 200 unless told otherwise. */
  answer: (response: ServerResponse) => void
  /** How the token endpoint answers a good assertion. */
  tokenAnswer: (response: ServerResponse) => void
}

const done = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/fhir+json' })
  response.end(JSON.stringify({ resourceType: 'Bundle', type: 'transaction-response' }))
}

/** As much of an R4 server as takes our transactions: tokens by private_key_jwt, conditional create by identifier. */
export const fhirReceiver = async (id: string, now: () => number): Promise<FhirReceiver> => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const seen = new Set<string>()
  const server = createServer((request, response) => {
    void textOf(request).then(async (text) => {
      if (request.url === '/token') {
        if (!(await isOurs(new URLSearchParams(text), publicKey, seen))) return response.writeHead(401).end('{}')
        receiver.tokens += 1
        return receiver.tokenAnswer(response)
      }
      if (request.headers.authorization !== `Bearer token-${receiver.tokens}`) return response.writeHead(401).end()
      const body = JSON.parse(text)
      receiver.posts.push({ headers: request.headers, body })
      for (const { resource, request: entry } of body.entry ?? []) {
        const wanted = new URLSearchParams(entry.ifNoneExist).get('identifier') ?? ''
        const [identifier] = resource.identifier
        if (wanted !== `${identifier.system}|${identifier.value}`) return response.writeHead(400).end()
        if (!receiver.stored.has(wanted)) receiver.stored.set(wanted, resource)
      }
      return receiver.answer(response)
    })
  })
  const isOurs = async (form: URLSearchParams, key: KeyObject, jtis: Set<string>): Promise<boolean> => {
    try {
      const { payload } = await jwtVerify(form.get('client_assertion') ?? '', key, {
        algorithms: ['ES384'],
        issuer: 'gateway-client',
        subject: 'gateway-client',
        audience: receiver.endpoint.tokenUrl,
        currentDate: new Date(now()),
        requiredClaims: ['exp', 'jti'],
      })
      const jti = String(payload.jti)
      if (jtis.has(jti) || (payload.exp ?? 0) * 1000 > now() + 300_000) return false
      jtis.add(jti)
      return form.get('grant_type') === 'client_credentials' && form.get('scope') === 'system/Communication.c'
    } catch {
      return false
    }
  }
  const loopback = await listen(server)
  const receiver: FhirReceiver = {
    ...loopback,
    endpoint: {
      id,
      channel: 'fhir-server',
      url: `http://${loopback.host}/fhir`,
      tokenUrl: `http://${loopback.host}/token`,
      clientId: 'gateway-client',
      scope: 'system/Communication.c',
      privateJwk: JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'gateway-1' }),
      language: 'en',
    },
    posts: [],
    stored: new Map(),
    tokens: 0,
    answer: done,
    tokenAnswer: (response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: `token-${receiver.tokens}`, token_type: 'bearer', expires_in: 300 })),
  }
  return receiver
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
