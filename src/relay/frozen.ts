import type { Frozen } from './envelope.ts'

/** Bytes frozen at the first sending, as they are read back. @throws when they are not ours: a bug or a damaged row. */
export const frozenOf = (value: unknown): Frozen => {
  if (typeof value === 'object' && value !== null && 'body' in value && 'contentType' in value) {
    return { body: String(value.body), contentType: String(value.contentType) }
  }
  throw new Error('frozen bytes cannot be read')
}
