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

/** A copy with references (and attachment urls) renamed; what the map does not know stays as written. */
export const rewriteReferences = (resource: unknown, names: ReadonlyMap<string, string>): unknown => {
  if (Array.isArray(resource)) return resource.map((item) => rewriteReferences(item, names))
  if (!isRecord(resource)) return resource
  return Object.fromEntries(
    Object.entries(resource).map(([key, value]) => {
      const isLink = (key === 'reference' || key === 'url') && typeof value === 'string'
      return [key, isLink ? (names.get(value) ?? value) : rewriteReferences(value, names)]
    }),
  )
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
