/** From the bytes of a stranger to JSON that is safe to look at: bounded, well-formed, without names that hit a prototype. */
import { firstRepeatedName, scanNames } from './json-names.ts'
import { inspectTree, type TreeFault } from './json-tree.ts'
import { isResourceType } from './r4/elements.ts'
import { isRecord } from './r4/json-kind.ts'
import { isElementName, locateKnown, resourceTypeOf } from './r4/locate.ts'

/** Bounds of one message, all inclusive; {@link JSON_LIMITS} where left out. */
export type JsonLimits = {
  /** Bytes of UTF-8. */
  readonly bytes?: number
  /** Levels of objects and lists, the outermost counted as 1. */
  readonly depth?: number
  /** Objects, lists and single values together. */
  readonly nodes?: number
  /** Entries of the outermost Bundle. */
  readonly entries?: number
}

export type RefusedJson = {
  readonly outcome: 'refused'
  readonly reason: 'too-large' | 'not-utf8' | 'not-json' | 'too-many-entries' | 'duplicate-key' | TreeFault['fault']
  /** FHIRPath of the object or list concerned, when the fault has a place; `$this` stands for a root that is not FHIR. */
  readonly expression?: string
  /** What is wrong and what to do, without any word of the input. */
  readonly diagnostics: string
}

export type UntrustedJson = { readonly outcome: 'parsed'; readonly value: unknown } | RefusedJson

/** The bounds that hold unless a route sets its own. */
export const JSON_LIMITS = { bytes: 1_000_000, depth: 40, nodes: 20_000, entries: 200 } as const

/**
 * Parses the body of a message. Every route that takes JSON from outside reads it through here, before anything else.
 *
 * Refuses what is too large or nested too deeply, bytes that are not UTF-8 (a byte order mark is skipped), unpaired
 * surrogates and NUL (which neither PostgreSQL nor a signature can hold), names that every object inherits such as
 * `__proto__`, and a name given twice in one object (readers differ in which of the two they believe).
 *
 * @example
 * parseUntrustedJson('{"a":1,"a":2}') // { outcome: 'refused', reason: 'duplicate-key', expression: '$this', … }
 */
export const parseUntrustedJson = (body: Uint8Array | string, limits: JsonLimits = {}): UntrustedJson => {
  const max = { ...JSON_LIMITS, ...limits }
  if (byteLength(body, max.bytes) > max.bytes) {
    return refused('too-large', `the body is larger than ${max.bytes} bytes: send less at a time`)
  }
  const text = typeof body === 'string' ? wellFormed(body) : decodeUtf8(body)
  if (text === undefined) return refused('not-utf8', 'the body is not well-formed UTF-8: encode it anew')
  const names = scanNames(text)
  // V8 13.6 (Node 24) remembers names: after `a\` in one body it reads `a"b` or `a\u0062` in the next as `a\`, too. No such
  // name may reach `JSON.parse`, or one sender would change how another is read.
  if (names.endsInBackslash) return refused('forbidden-key', 'a name ends in a backslash: rename it')
  const parsed = parseJson(text)
  if (parsed === undefined) return refused('not-json', 'the body is not JSON: check quotes, commas and brackets')
  const { value } = parsed

  const entries = isRecord(value) && value['resourceType'] === 'Bundle' ? value['entry'] : undefined
  if (Array.isArray(entries) && entries.length > max.entries) {
    const diagnostics = `a bundle may have ${max.entries} entries at most: send several bundles`
    return refused('too-many-entries', diagnostics, 'Bundle.entry')
  }
  // Unless escaped, neither NUL nor an unpaired surrogate gets past the decoder and JSON.parse.
  const tree = inspectTree(value, max, text.includes(String.raw`\u`))
  if ('fault' in tree) return refused(tree.fault, wordsFor(tree.fault, max), expressionOf(value, tree.steps))
  if (names.count <= tree.names) return { outcome: 'parsed', value }
  const diagnostics = 'a name is given twice in the same object: send each name once'
  return refused('duplicate-key', diagnostics, expressionOf(value, firstRepeatedName(text)))
}

const refused = (reason: RefusedJson['reason'], diagnostics: string, expression?: string): RefusedJson => ({
  outcome: 'refused',
  reason,
  ...(expression !== undefined && { expression }),
  diagnostics,
})

const wordsFor = (fault: TreeFault['fault'], max: { readonly depth: number; readonly nodes: number }): string => {
  switch (fault) {
    case 'too-deep':
      return `the body is nested deeper than ${max.depth} levels: send it flatter`
    case 'too-many-nodes':
      return `the body has more than ${max.nodes} values: send less at a time`
    case 'forbidden-key':
      return 'a name such as `constructor` or `__proto__` is not permitted in any object: remove it'
    case 'forbidden-character':
      return 'a text holds NUL or an unpaired surrogate: remove the character'
  }
}

// JSON that is no FHIR keeps the names its sender gave, unless they could be no element's: from there it stays at the parent.
const expressionOf = (root: unknown, steps: readonly (string | number)[]): string => {
  const type = resourceTypeOf(root)
  if (typeof type === 'string' && isResourceType(type)) return locateKnown(steps, root, type).expression
  let expression = '$this'
  for (const step of steps) {
    if (typeof step === 'string' && !isElementName(step)) return expression
    expression += typeof step === 'number' ? `[${step}]` : `.${step}`
  }
  return expression
}

// A string of n UTF-16 units takes from n to 3n bytes: most need no count.
const byteLength = (body: Uint8Array | string, enough: number): number => {
  if (typeof body !== 'string' || body.length > enough || body.length * 3 <= enough) return body.length
  return new TextEncoder().encode(body).length
}

const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const wellFormed = (text: string): string | undefined => (text.isWellFormed() ? text.replace(/^\uFEFF/, '') : undefined)

// The parser's own message quotes the input, which may be about a client: it is not passed on.
const parseJson = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
