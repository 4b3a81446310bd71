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
