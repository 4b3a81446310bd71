import { createHmac, createSecretKey } from 'node:crypto'
import type { Identifier } from '../domain/identity.ts'

/**
 * Keyed pseudonyms: identifiers and names are compared in the database without standing there.
 * HMAC-SHA256, Base64url, first 22 characters (132 bits).
 */
export type Pseudonyms = {
  /** @param issuer the party whose own numbering this is; undefined for identifiers that are the same everywhere. */
  identifier(identifier: Identifier, issuer: string | undefined): string
  name(name: string): string
}

/** The same, for the time of one submission: it asks for most of its pseudonyms three times. */
export const remembering = (pseudonyms: Pseudonyms): Pseudonyms => {
  const known = new Map<string, string>()
  const once = (word: string, make: () => string): string => {
    const found = known.get(word)
    if (found !== undefined) return found
    const made = make()
    known.set(word, made)
    return made
  }
  return {
    identifier: (identifier, issuer) =>
      once(JSON.stringify([issuer, identifier.system, identifier.value]), () =>
        pseudonyms.identifier(identifier, issuer),
      ),
    name: (name) => once(`name ${name}`, () => pseudonyms.name(name)),
  }
}

export const pseudonyms = (key: Uint8Array): Pseudonyms => {
  // A key object once: making one for each of some 25 pseudonyms of a referral cost a millisecond.
  const secret = createSecretKey(key)
  const mac = (words: readonly string[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(words)).digest('base64url').slice(0, 22)
  return {
    identifier: ({ system, value }, issuer) => mac(['identifier', issuer ?? '', system, value]),
    name: (name) =>
      mac([
        'name',
        name
          .normalize('NFKD')
          .replaceAll(/[^\p{Letter}]/gu, '')
          .toLowerCase(),
      ]),
  }
}
