import type { Evidence } from '../../consent/consent-record.ts'
import { SHA256_EXTENSION } from '../../domain/codes.ts'
import { isJson, type Json, objectsOf } from './shape.ts'

/** Where the signed form of a consent is and what it should hash to. */
export type EvidenceClaim =
  | { readonly kind: 'none' }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'attachment'
      readonly sha256: string | undefined
      readonly base64: string | undefined
      readonly expression: string
    }

type Find = (reference: string) => { readonly resource: unknown; readonly path: string } | undefined

/** Follows Consent.source[x] → DocumentReference → Binary with what the caller can find; never outside. */
export const findEvidence = (consent: unknown, path: string, find: Find): EvidenceClaim => {
  if (!isJson(consent)) return { kind: 'none' }
  const { sourceAttachment, sourceReference } = consent
  if (isJson(sourceAttachment)) return claimOf(sourceAttachment, `${path}.sourceAttachment`, find)
  const reference = isJson(sourceReference) ? sourceReference['reference'] : undefined
  if (typeof reference !== 'string') return { kind: 'none' }
  const document = find(reference)
  const resource = document?.resource
  if (document === undefined || !isJson(resource) || resource['resourceType'] !== 'DocumentReference') {
    return { kind: 'missing' }
  }
  const attachment = objectsOf(resource['content'], 'content', [])[0]?.['attachment']
  return isJson(attachment) ? claimOf(attachment, `${document.path}.content[0].attachment`, find) : { kind: 'missing' }
}

/**
 * Whether the signed form is there and is the one that was hashed.
 *
 * @param sha256 of bytes, in hexadecimal.
 */
export const judgeEvidence = (claim: EvidenceClaim, sha256: (bytes: Uint8Array) => string): Evidence => {
  if (claim.kind === 'none') return 'source-missing'
  if (claim.kind === 'missing' || claim.base64 === undefined) return 'document-missing'
  if (claim.sha256 === undefined) return 'hash-missing'
  return sha256(Buffer.from(claim.base64, 'base64')) === claim.sha256 ? 'verified' : 'hash-differs'
}

const claimOf = (attachment: Json, expression: string, find: Find): EvidenceClaim => {
  const hash = objectsOf(attachment['extension'], 'extension', []).find(({ url }) => url === SHA256_EXTENSION)
  const value = hash?.['valueString']
  const sha256 = typeof value === 'string' ? value.toLowerCase() : undefined
  return { kind: 'attachment', sha256, base64: textAt(attachment, 'data') ?? binaryAt(attachment, find), expression }
}

const binaryAt = (attachment: Json, find: Find): string | undefined => {
  const url = textAt(attachment, 'url')
  const binary = url === undefined ? undefined : find(url)?.resource
  return isJson(binary) && binary['resourceType'] === 'Binary' ? textAt(binary, 'data') : undefined
}

const textAt = (json: Json, name: string): string | undefined => {
  const value = json[name]
  return typeof value === 'string' ? value : undefined
}
