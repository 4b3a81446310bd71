import type { Around } from './catalog.ts'

/** Joins what is there and passes over what is not. */
export const join = (separator: string, parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join(separator)

/** "a", "a and b", "a, b and c". */
export const enumerate = (items: readonly string[], and: string): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${and} ${items.at(-1)}`

export const around = ({ before, after }: Around, middle: string | undefined): string =>
  join(' ', [before, middle, after])

export const sentenceCase = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** `label: text`, or nothing when there is no text. */
export const labelled = (label: string, text: string | undefined): string | undefined =>
  text === undefined ? undefined : `${label}: ${text}`

/**
 * What a person wrote, on one line and without characters that reorder or hide what surrounds them, so that it can
 * neither break our sentence nor pose as its next line. Undefined when nothing readable is left.
 */
export const plain = (written: string | undefined): string | undefined => {
  if (written === undefined) return undefined
  const line = written.toWellFormed().replace(hidden, '').replace(gap, ' ').trim()
  let end = line.length
  while (end > 0 && dangling.has(line.charAt(end - 1))) end -= 1
  return end === 0 ? undefined : line.slice(0, end)
}

const hidden = /[\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g
const gap = /[\s\p{Cc}]+/gu
const dangling: ReadonlySet<string> = new Set([' ', ';', ',', ':', '–'])
