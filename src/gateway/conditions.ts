import type { Versions } from '../exchange/submission.ts'

/**
 * Versions that `If-Match` or `If-None-Match` names (RFC 9110 §13.1): `*`, or a list of ETags, weak as R4 writes them or
 * strong as some clients do: a version is the same to the byte or another one.
 *
 * @returns undefined when there is no such header, or none that names a version
 */
export const readCondition = (header: string | undefined): Versions | undefined => {
  if (header === undefined) return undefined
  if (header.trim() === '*') return 'any'
  const versions = header.split(',').map((one) => /^(?:W\/)?"(\d{1,9})"$/.exec(one.trim())?.[1])
  return versions.includes(undefined) ? undefined : versions.map(Number)
}
