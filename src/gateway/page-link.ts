import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** What a link to the next page stands for; nothing of it is to be read from the link. */
export type Page = {
  readonly type: string
  /** Parameters of the search as they were asked. */
  readonly parameters: readonly (readonly [string, string])[]
  readonly after: string
}

export type PageLinks = {
  /** @param clientId who may follow the link, and nobody else. */
  seal(page: Page, clientId: string): string
  /** @returns undefined when this gateway made no such link for this caller. */
  open(sealed: string, clientId: string): Page | undefined
}

/**
 * Links to next pages, sealed (AES-256-GCM). The position may be the id of something the caller must not know of, and the
 * parameters of a search by POST may hold a personal identity code, which has no business in a URL.
 *
 * @param secret shared by replicas, so that any of them can serve the next page
 */
export const pageLinks = (secret: Uint8Array): PageLinks => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'ips-gateway next page', 32))
  return {
    seal: ({ type, parameters, after }, clientId) => {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(clientId))
      const text = cipher.update(JSON.stringify([type, parameters, after]))
      return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open: (sealed, clientId) => {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < NONCE + TAG) return undefined
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG })
      decipher.setAAD(Buffer.from(clientId)).setAuthTag(bytes.subarray(-TAG))
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]).toString()
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- authenticated: only `seal` can have written it
        const [type, parameters, after] = JSON.parse(text) as [string, Page['parameters'], string]
        return { type, parameters, after }
      } catch {
        return undefined
      }
    },
  }
}

const NONCE = 12
const TAG = 16
