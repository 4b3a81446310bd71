import { createHmac } from 'node:crypto'
import { schemaVersion } from '../migrations/migrate.ts'
import { storeError, type StoreError } from '../store-error.ts'
import type { TableDigest } from './table-rows.ts'

/**
 * A backup is lines of JSON: a header, one `["table",{row}]` a row, and at the end the manifest, without which it is cut
 * off. The rows are those of the tables, payloads included: it holds everything the store holds.
 */
export type Header = {
  readonly format: typeof FORMAT
  /** Name of the newest migration: columns are those of that schema and no other. */
  readonly schema: string
  /** Epoch milliseconds. */
  readonly takenAt: number
  /** Tells keys apart without telling the key: under another one no client would be recognised by her identifiers. */
  readonly keyCheck: string
}
export type Manifest = { readonly tables: Readonly<Record<string, TableDigest>>; readonly mac: string }

export const FORMAT = 'ips-gateway backup 1'

export const headerOf = (key: Uint8Array, takenAt: number): Header => ({
  format: FORMAT,
  schema: schemaVersion,
  takenAt,
  keyCheck: macOf(key, 'key check'),
})

export const manifestOf = (key: Uint8Array, header: Header, tables: Manifest['tables']): Manifest => ({
  tables,
  mac: macOf(key, JSON.stringify([header, Object.entries(tables)])),
})

export const rowLine = (table: string, row: string): string => `["${table}",${row}]`

/** @returns undefined for a line that is no row. The row's text stays as it is: it was hashed so. */
export const readRowLine = (line: string): { readonly table: string; readonly row: string } | undefined => {
  const [, table, row] = /^\["([a-z_]+)",(\{.*\})\]$/s.exec(line) ?? []
  return table === undefined || row === undefined ? undefined : { table, row }
}

/** @throws `backup-refused`, saying what to do. */
export const readHeader = (line: string | undefined, key: Uint8Array): Header => {
  const value = parsed(line)
  if (value?.['format'] !== FORMAT) throw refused('this is not a backup of a gateway')
  const { schema, takenAt, keyCheck } = value
  if (schema !== schemaVersion) {
    throw refused(`it was made under schema \`${String(schema)}\`: restore it with that build, then run this one`)
  }
  const known = headerOf(key, Number(takenAt))
  if (keyCheck !== known.keyCheck) {
    throw refused('it was made under another pseudonym key: put the key file of that gateway in place first')
  }
  return known
}

/** @throws `backup-refused` when it was not written with the gateway's key over this header. */
export const readManifest = (line: string | undefined, header: Header, key: Uint8Array): Manifest => {
  const value = parsed(line)
  const tables = value?.['tables']
  if (typeof tables !== 'object' || tables === null) throw refused('it is cut off: its manifest is missing')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- believed only when the code below vouches for it
  const manifest = manifestOf(key, header, tables as Manifest['tables'])
  if (value?.['mac'] !== manifest.mac) throw refused('its manifest was altered')
  return manifest
}

export const refused = (why: string): StoreError => storeError('backup-refused', `nothing was restored: ${why}`)

const parsed = (line = ''): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

const macOf = (key: Uint8Array, text: string): string =>
  createHmac('sha256', key).update(`${FORMAT}\n${text}`).digest('hex')
