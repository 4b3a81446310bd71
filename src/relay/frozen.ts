import { decodePayload } from '../store/codec.ts'
import type { Frozen } from './envelope.ts'

/** Bytes frozen at the first sending, as they are read back. @throws when they are not ours: a bug or a damaged row. */
export const frozenOf = (bytes: Uint8Array): Frozen => {
  const value = decodePayload(bytes)
  if (typeof value === 'object' && value !== null && 'body' in value && 'contentType' in value) {
    return { body: String(value.body), contentType: String(value.contentType) }
  }
  throw new Error('frozen bytes cannot be read')
}
