import type { Frozen } from './envelope.ts'

/** The bytes of an update, with the names of the fields that can be read in them. */
export type FrozenUpdate = Frozen & { readonly fields: readonly string[] }

/** Bytes frozen at the first sending, as they are read back. @throws when they are not ours: a bug or a damaged row. */
export const frozenOf = (value: unknown): Frozen => {
  if (typeof value === 'object' && value !== null && 'body' in value && 'contentType' in value) {
    return { body: String(value.body), contentType: String(value.contentType) }
  }
  throw new Error('frozen bytes cannot be read')
}

/** @throws as `frozenOf`. @returns without `fields` what a build has frozen that did not write them down. */
export const frozenUpdateOf = (value: unknown): Frozen & Partial<FrozenUpdate> => {
  const frozen = frozenOf(value)
  if (typeof value !== 'object' || value === null || !('fields' in value) || !Array.isArray(value.fields)) return frozen
  return { ...frozen, fields: value.fields.map(String) }
}
