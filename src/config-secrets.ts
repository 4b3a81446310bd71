import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createSecureContext } from 'node:tls'
import { ConfigError } from './config-error.ts'
import { signingKeyFrom } from './outbound/client-assertion.ts'

/** Where a secret file was named, for messages, and whether a missing one is made (demo and development only). */
export type SecretPlace = {
  readonly configFile: string
  readonly path: string
  readonly file: string
  readonly create: boolean
}

/** A symmetric key: the bytes of the file as they are, at least 32. */
export const readKey = (place: SecretPlace): Uint8Array => {
  const key = new Uint8Array(readOrCreate(place, () => randomBytes(32)))
  if (key.length < 32) throw refused(place, `\`${place.file}\` holds fewer than 32 bytes`)
  return key
}

/**
 * A Standard Webhooks secret: `whsec_` and the Base64 of 24 to 64 bytes, or for Ed25519 `whsk_` and the Base64 of 32 bytes
 * or of those and the public key (Standard Webhooks, "Signature scheme"). A missing one is made as the first kind.
 */
export const readWebhookSecret = (place: SecretPlace): string => {
  const secret = text(readOrCreate(place, () => `whsec_${randomBytes(32).toString('base64')}\n`)).trim()
  const [, kind, encoded = ''] = /^(whsec|whsk)_(.*)$/.exec(secret) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  const isLong = kind === 'whsk' ? [32, 64].includes(bytes.length) : bytes.length >= 24 && bytes.length <= 64
  if (kind === undefined || bytes.toString('base64') !== encoded || !isLong) {
    const forms = 'whsec_ and the Base64 of 24 to 64 bytes, or whsk_ and that of an Ed25519 private key'
    throw refused(place, `\`${place.file}\` does not hold ${forms}`)
  }
  return secret
}

/** A private JWK for ES384, as JSON: never made here, because its public half must be registered elsewhere. */
export const readPrivateJwk = (place: SecretPlace): string => {
  const jwk = text(readOrCreate({ ...place, create: false }, () => ''))
  if (signingKeyFrom(jwk) === undefined) throw refused(place, `\`${place.file}\` does not hold a private JWK for ES384`)
  return jwk
}

/** A password as one line. Never made here: another system has to know it. */
export const readPassword = (place: SecretPlace): string => {
  const password = text(readOrCreate({ ...place, create: false }, () => '')).replace(/\r?\n$/, '')
  if (password === '' || /\p{Cc}/u.test(password)) throw refused(place, `\`${place.file}\` does not hold one line`)
  return password
}

/** Certificates of authorities, PEM. */
export const readCertificates = (place: SecretPlace): string => {
  const pem = text(readOrCreate({ ...place, create: false }, () => ''))
  try {
    createSecureContext({ ca: pem })
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  } catch {
    // Said below, without the library's words.
  }
  throw refused(place, `\`${place.file}\` does not hold certificates in PEM`)
}

/** The URL of the database; only PostgreSQL's own schemes. */
export const readDatabaseUrl = (place: SecretPlace): string => {
  const url = text(readOrCreate({ ...place, create: false }, () => '')).trim()
  if (!isDatabaseUrl(url)) throw refused(place, `\`${place.file}\` does not hold a postgres:// url`)
  return url
}

export const isDatabaseUrl = (url: string): boolean => /^postgres(ql)?:\/\/\S+$/.test(url)

/**
 * A public key set, not yet judged. A missing one is made with its ES384 key: the private JWK is kept next to it as
 * `<name>.private.json`, for the caller that plays this party.
 */
export const readJwks = (place: SecretPlace): unknown => {
  const bytes = readOrCreate(place, () => {
    const { publicJwk, privateJwk } = createKeyPair()
    writePrivately(place.file.replace(/(\.json)?$/, '.private.json'), privateJwk)
    return publicJwk
  })
  try {
    return JSON.parse(text(bytes))
  } catch {
    // Without the cause: its message quotes the file.
    throw refused(place, `\`${place.file}\` is not JSON`)
  }
}

const createKeyPair = (): { readonly publicJwk: string; readonly privateJwk: string } => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const { kty, crv, x, y, d } = privateKey.export({ format: 'jwk' })
  // RFC 7638: SHA-256 of the required members in this order.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  const common = { kty, crv, x, y, kid, alg: 'ES384', use: 'sig' }
  return {
    publicJwk: `${JSON.stringify({ keys: [common] }, null, 2)}\n`,
    privateJwk: `${JSON.stringify({ ...common, d }, null, 2)}\n`,
  }
}

const readOrCreate = (place: SecretPlace, make: () => string | Uint8Array): Uint8Array => {
  const found = read(place)
  if (found !== undefined) return found
  if (!place.create) throw refused(place, `\`${place.file}\` does not exist`)
  try {
    writePrivately(place.file, make())
  } catch (error) {
    // EEXIST: another process made it in the meantime, and that one counts.
    if (!hasCode(error, 'EEXIST')) throw refused(place, `\`${place.file}\` cannot be written (${codeOf(error)})`)
  }
  const made = read(place)
  if (made === undefined) throw refused(place, `\`${place.file}\` does not exist, but its private key does`)
  return made
}

const read = (place: SecretPlace): Uint8Array | undefined => {
  try {
    return readFileSync(place.file)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw refused(place, `\`${place.file}\` cannot be read (${codeOf(error)})`)
  }
}

const writePrivately = (file: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, content, { mode: 0o600, flag: 'wx' })
}

const refused = ({ configFile, path }: SecretPlace, problem: string): ConfigError =>
  new ConfigError(configFile, [{ path, text: problem }])

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'

const hasCode = (error: unknown, code: string): boolean => codeOf(error) === code
