import { ConfigError, keyPath } from './config-error.ts'
import { jwksSchema, type PartyConfig } from './config-party-schema.ts'
import { readJwks, readPrivateJwk, readWebhookSecret, type SecretPlace } from './config-secrets.ts'
import type { Endpoint, Party, PartyKeys } from './domain/party.ts'

/** Makes the place of a secret from the key that names it and the file name it holds. */
export type PlaceOf = (path: string, name: string) => SecretPlace

/** A party with its key files and webhook secrets read. `path` is its key path, for messages. */
export const readParty = (party: PartyConfig, path: string, placeOf: PlaceOf): Party => ({
  id: party.id,
  kind: party.kind,
  name: party.name,
  identifiers: party.identifiers,
  clientId: party.clientId,
  keys: readKeys(party, path, placeOf),
  scopes: party.scopes,
  purposes: party.purposes,
  labels: party.labels,
  members: party.members.map(({ identifier, name, from, until }) => ({ identifier, name, from, until })),
  endpoints: party.endpoints.map((endpoint, index) => readEndpoint(endpoint, `${path}.endpoints[${index}]`, placeOf)),
})

const readKeys = (party: PartyConfig, path: string, placeOf: PlaceOf): PartyKeys => {
  if (party.jwks !== undefined) return { kind: 'inline', jwks: party.jwks }
  if (party.jwksUrl !== undefined) return { kind: 'url', url: party.jwksUrl }
  if (party.jwksFile === undefined) return { kind: 'none' }
  const place = placeOf(`${path}.jwksFile`, party.jwksFile)
  const parsed = jwksSchema.safeParse(readJwks(place))
  if (parsed.success) return { kind: 'inline', jwks: parsed.data }
  const problems = parsed.error.issues.map((issue) => `${keyPath(issue.path)} ${issue.message}`)
  throw new ConfigError(place.configFile, [{ path: place.path, text: `\`${place.file}\`: ${problems.join(', ')}` }])
}

const readEndpoint = (endpoint: PartyConfig['endpoints'][number], path: string, placeOf: PlaceOf): Endpoint => {
  if (endpoint.channel === 'inbox' || endpoint.channel === 'notice') return endpoint
  if (endpoint.channel === 'fhir-server') {
    const { keyFile, ...rest } = endpoint
    return { ...rest, privateJwk: readPrivateJwk(placeOf(`${path}.keyFile`, keyFile)) }
  }
  const { secretFile, secretFiles = [], ...rest } = endpoint
  const files =
    secretFile === undefined
      ? secretFiles.map((name, index) => placeOf(`${path}.secretFiles[${index}]`, name))
      : [placeOf(`${path}.secretFile`, secretFile)]
  return { ...rest, secrets: files.map(readWebhookSecret) }
}
