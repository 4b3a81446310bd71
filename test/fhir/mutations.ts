import { isRecord } from '../../src/fhir/r4/json-kind.ts'

/** One change that makes a valid resource invalid, or would if it did not hit something optional. */
export type Mutation = {
  readonly kind: string
  /** JSON path of what was changed, added or taken away. */
  readonly path: readonly (string | number)[]
  readonly resource: unknown
}

/** Every single mutation of every node of a resource, outside narrative and `resourceType`. */
export const mutationsOf = (resource: unknown): readonly Mutation[] =>
  pathsOf(resource).flatMap((path) => {
    const value = valueAt(resource, path)
    const name = path.findLast((step) => typeof step === 'string')
    if (name === 'resourceType') return []
    return changesOf(value, path).map(([kind, changed, at = path]): Mutation => ({
      kind,
      path: at,
      resource: replaced(resource, at, changed),
    }))
  })

const REMOVED = Symbol('removed')

type Change = readonly [kind: string, changed: unknown, at?: readonly (string | number)[]]

const changesOf = (value: unknown, path: readonly (string | number)[]): readonly Change[] => {
  const changes: Change[] = []
  if (isRecord(value)) changes.push(['unknown element', 'x', [...path, 'unheardOf']])
  if (path.length === 0) return changes
  const isItem = typeof path.at(-1) === 'number'
  changes.push(['another kind', otherKind(value)])
  if (value !== null) changes.push(['null', null])
  if (!isItem) changes.push(['removed', REMOVED])
  if (Array.isArray(value)) changes.push(['list unwrapped', value.find((item) => item !== null)], ['empty list', []])
  else if (!isItem) changes.push(['wrapped in a list', [value]])
  else if (value !== null) changes.push(['list in a list', [value]])
  if (isRecord(value)) changes.push(['empty object', {}])
  if (typeof value === 'string') changes.push(['empty text', ''], ['blank text', '  '])
  if (typeof value === 'number') changes.push(['number too large', 1e300], ['number as text', String(value)])
  return changes
}

const otherKind = (value: unknown): unknown => (typeof value === 'string' ? 12_345 : 'of another kind')

const pathsOf = (
  value: unknown,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] => {
  const steps = Array.isArray(value) ? [...value.keys()] : isRecord(value) ? Object.keys(value) : []
  return [path, ...steps.flatMap((step) => pathsOf(valueAt(value, [step]), [...path, step]))]
}

const valueAt = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], value)

const replaced = (resource: unknown, path: readonly (string | number)[], changed: unknown): unknown => {
  const copy: unknown = structuredClone(resource)
  const parent = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>
  const last = path.at(-1) ?? ''
  if (changed === REMOVED) delete parent[last]
  else parent[last] = changed
  return copy
}
