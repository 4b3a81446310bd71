/** The words of `src/language`, as designations. */
import { catalogs } from '../../src/language/catalogs.ts'
import type { Catalog } from '../../src/language/catalog.ts'
import { updateFields } from '../../src/domain/update.ts'
import type { Words } from './terminology.ts'

export const catalogWords = (pick: (catalog: Catalog) => string): Words => ({
  en: pick(catalogs.en),
  fi: pick(catalogs.fi),
  sv: pick(catalogs.sv),
})

/** The codes of every coded field of an update, with their words. */
export const fieldWords = (): readonly { readonly field: string; readonly code: string; readonly words: Words }[] =>
  Object.entries(updateFields).flatMap(([field, kind]) =>
    'codes' in kind
      ? kind.codes.map((code) => ({ field, code, words: catalogWords((catalog) => wordOf(catalog, field, code)) }))
      : [],
  )

// A code's word may stand in a frame of its sentence (`{ before, after }`, `{ text }`): the frame's own words are the word.
const wordOf = (catalog: Catalog, field: string, code: string): string => {
  const table: unknown = Object.entries(catalog.code).find(([name]) => name === field)?.[1]
  const word: unknown = isTable(table) ? table[code] : undefined
  if (typeof word === 'string') return word
  return isTable(word)
    ? Object.entries(word)
        .flatMap(([key, text]) => (key === 'of' ? [] : [String(text)]))
        .join(' … ')
    : code
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
