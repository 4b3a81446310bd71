import type { Attachment, Binary, Consent, DocumentReference } from '@medplum/fhirtypes'
import { SHA256_EXTENSION } from '../../domain/codes.ts'

/** Where the signed form of a consent is and what it should hash to; hashing itself is the caller's. */
export type EvidenceClaim =
  | { readonly kind: 'none' }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'attachment'
      readonly sha256: string | undefined
      readonly base64: string | undefined
      readonly expression: string
    }

/** Follows Consent.source[x] → DocumentReference → Binary with what the caller can find; never outside. */
export const findEvidence = (
  consent: Consent,
  path: string,
  find: (reference: string) => { readonly resource: unknown; readonly path: string } | undefined,
): EvidenceClaim => {
  if (consent.sourceAttachment !== undefined) {
    return claimOf(consent.sourceAttachment, `${path}.sourceAttachment`, find)
  }
  if (consent.sourceReference?.reference === undefined) return { kind: 'none' }
  const document = find(consent.sourceReference.reference)
  if (document === undefined || !isDocument(document.resource)) return { kind: 'missing' }
  const attachment = document.resource.content[0]?.attachment
  if (attachment === undefined) return { kind: 'missing' }
  return claimOf(attachment, `${document.path}.content[0].attachment`, find)
}

const claimOf = (
  attachment: Attachment,
  expression: string,
  find: (reference: string) => { readonly resource: unknown } | undefined,
): EvidenceClaim => {
  const sha256 = attachment.extension?.find(({ url }) => url === SHA256_EXTENSION)?.valueString?.toLowerCase()
  if (attachment.data !== undefined) return { kind: 'attachment', sha256, base64: attachment.data, expression }
  const binary = attachment.url === undefined ? undefined : find(attachment.url)?.resource
  return { kind: 'attachment', sha256, base64: isBinary(binary) ? binary.data : undefined, expression }
}

const isDocument = (resource: unknown): resource is DocumentReference => typeOf(resource) === 'DocumentReference'

const isBinary = (resource: unknown): resource is Binary => typeOf(resource) === 'Binary'

const typeOf = (resource: unknown): unknown =>
  typeof resource === 'object' && resource !== null && 'resourceType' in resource ? resource.resourceType : undefined
