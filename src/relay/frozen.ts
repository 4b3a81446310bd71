import { decodePayload } from '../store/codec.ts'
import type { Frozen } from './envelope.ts'

/** The bytes of an update, with the names of the fields that can be read in them. */
export type FrozenUpdate = Frozen & { readonly fields: readonly string[] }

/**
 * Bytes frozen at the first sending, as they are read back.
 *
 * @returns without `fields` a notice, and an update that a build has frozen that did not write them down.
 * @throws when they are not ours: a bug or a damaged row.
 */
export const frozenOf = (bytes: Uint8Array): Frozen & Partial<FrozenUpdate> => {
  const value = decodePayload(bytes)
  if (typeof value !== 'object' || value === null || !('body' in value) || !('contentType' in value)) {
    throw new Error('frozen bytes cannot be read')
  }
  const frozen = { body: String(value.body), contentType: String(value.contentType) }
  return 'fields' in value && Array.isArray(value.fields) ? { ...frozen, fields: value.fields.map(String) } : frozen
}
