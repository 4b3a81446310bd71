/** References inside a resource: listing, checking and rewriting them. Nothing here ever follows one. */
import { isRecord } from './r4/json-kind.ts'

export type FoundReference = { readonly reference: string; readonly expression: string }

/** Every literal reference of a resource, with the FHIRPath of its element; contained resources included. */
export const referencesOf = (resource: unknown, root: string): readonly FoundReference[] => {
  const found: FoundReference[] = []
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk(item, `${path}[${index}]`)
      return
    }
    if (!isRecord(value)) return
    for (const [key, item] of Object.entries(value)) {
      const isLink = key === 'reference' || (key === 'url' && isBinaryLink(item))
      if (isLink && typeof item === 'string') found.push({ reference: item, expression: `${path}.${key}` })
      else walk(item, `${path}.${key}`)
    }
  }
  walk(resource, root)
  return found
}

/**
 * The same without places, for those who look through a resource more than once: remembered as long as the resource is,
 * which nobody may change.
 */
export const literalReferences = (resource: unknown): readonly string[] => {
  if (!isRecord(resource)) return []
  const known = remembered.get(resource)
  if (known !== undefined) return known
  const found: string[] = []
  collect(resource, found)
  remembered.set(resource, found)
  return found
}

const remembered = new WeakMap<object, readonly string[]>()

const collect = (value: object, found: string[]): void => {
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'object' && item !== null) collect(item, found)
    else if (typeof item === 'string' && (key === 'reference' || (key === 'url' && isBinaryLink(item))))
      found.push(item)
  }
}

/** An attachment's url is a reference when it names a Binary here or in the same Bundle; other urls are only words. */
const isBinaryLink = (url: unknown): boolean =>
  typeof url === 'string' && (url.startsWith('Binary/') || url.startsWith('urn:uuid:'))

/** References (and attachment urls) renamed; what the map does not know stays as written. */
export const rewriteReferences = (resource: unknown, names: ReadonlyMap<string, string>): unknown =>
  names.size === 0 ? resource : renameReferences(resource, (reference) => names.get(reference) ?? reference)

/**
 * A copy in which references (and urls, `isReference` false) have other names. What needs no change is the same object.
 */
export const renameReferences = (
  value: unknown,
  rename: (reference: string, isReference: boolean) => string,
): unknown => {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => renameReferences(item, rename))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  if (!isRecord(value)) return value
  let copy: Record<string, unknown> | undefined
  for (const [key, item] of Object.entries(value)) {
    const isName = (key === 'reference' || key === 'url') && typeof item === 'string'
    const next = isName ? rename(item, key === 'reference') : renameReferences(item, rename)
    if (next !== item) copy = { ...(copy ?? value), [key]: next }
  }
  return copy ?? value
}

/** A reference by business identifier: `Patient?identifier=system|value` (R4 http.html#trules). */
export type ConditionalReference = { readonly type: string; readonly system: string; readonly value: string }

/** @returns 'unusable' for a condition that is not one identifier; undefined for what is no conditional reference. */
export const conditionalReference = (reference: string): ConditionalReference | 'unusable' | undefined => {
  const [, type, search] = /^([A-Z][A-Za-z]{1,40})\?(.*)$/s.exec(reference) ?? []
  if (type === undefined || search === undefined) return undefined
  const [[name, text] = ['', ''], ...more] = [...new URLSearchParams(search)]
  const [system = '', ...rest] = text.split('|')
  const value = rest.join('|')
  const isUsable = name === 'identifier' && more.length === 0 && system !== '' && value !== '' && !value.includes(',')
  return isUsable ? { type, system, value } : 'unusable'
}

/** `Patient/42` → type and id, without version; undefined for anything that is not a relative reference. */
export const relativeReference = (reference: string): { readonly type: string; readonly id: string } | undefined => {
  const match = /^([A-Z][A-Za-z]{1,40})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(reference)
  return match === null ? undefined : { type: match[1] ?? '', id: match[2] ?? '' }
}

/** Whether a relative reference names this resource, in any of its versions. */
export const pointsTo = (reference: string | undefined, type: string, id: string): boolean => {
  const named = relativeReference(reference ?? '')
  return named?.type === type && named.id === id
}

/** References the gateway takes: relative, into the same Bundle, or to a contained resource. Never a foreign address. */
export const isAcceptable = (reference: string): boolean =>
  relativeReference(reference) !== undefined ||
  /^urn:uuid:[0-9a-fA-F-]{36}$/.test(reference) ||
  /^#[A-Za-z0-9.-]{1,64}$/.test(reference)
