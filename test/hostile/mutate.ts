import * as fc from 'fast-check'
import { isRecord } from '../../src/fhir/r4/json-kind.ts'
import { HOSTILE_NAMES, hostileValues } from './hostile-values.ts'

export type Step = string | number

/** A message changed in one place. */
export type Mutation = {
  readonly kind: string
  /** JSON path of what was changed, added or taken away. */
  readonly path: readonly Step[]
  /** JSON text of the whole message. */
  readonly text: string
}

/** One change anywhere in a JSON value; a change that leaves the value as it was never comes out. */
export const mutationsOf = (root: unknown): fc.Arbitrary<Mutation> => {
  const before = JSON.stringify(root)
  return fc
    .constantFrom(...pathsOf(root))
    .chain((path) =>
      fc.oneof(...changesAt(valueAt(root, path), path)).map(({ kind, at, value }): Mutation => {
        const text = JSON.stringify(replaced(root, at, value))
        return { kind, path: at, text }
      }),
    )
    .filter(({ text }) => text !== before)
}

const REMOVED = Symbol('removed')

type Change = { readonly kind: string; readonly at: readonly Step[]; readonly value: unknown }

const changesAt = (value: unknown, path: readonly Step[]): readonly fc.Arbitrary<Change>[] => {
  const change = (kind: string, changed: unknown, at = path) => fc.constant({ kind, at, value: changed })
  const changes: fc.Arbitrary<Change>[] = [
    hostileValues.map((hostile) => ({ kind: 'hostile value', at: path, value: hostile })),
  ]
  const last = path.at(-1)
  if (isRecord(value)) changes.push(...inObject(value, path))
  if (last === undefined) return changes
  changes.push(change('wrapped in a list', [value]), change('deep below lists', nested(value, 45)))
  if (typeof last === 'string') changes.push(change('removed', REMOVED))
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    changes.push(
      change('list unwrapped', list[0]),
      change('empty list', []),
      change('twice as long', [...list, ...list]),
      change('reversed', list.toReversed()),
      change(
        'very long',
        Array.from({ length: 2_000 }, () => list[0]),
      ),
      change('with null', [...list, null]),
    )
  }
  if (typeof value === 'string') changes.push(...ofText(value).map((changed) => change('changed text', changed)))
  if (typeof value === 'number') {
    changes.push(...[-value, value * 1e9, value + 0.1, String(value)].map((one) => change('changed number', one)))
  }
  if (typeof value === 'boolean') changes.push(change('other truth', !value), change('truth as text', String(value)))
  return changes
}

const inObject = (value: Record<string, unknown>, path: readonly Step[]): readonly fc.Arbitrary<Change>[] => {
  const names = Object.keys(value)
  const added = (name: string, content: unknown): Change => ({ kind: 'added', at: [...path, name], value: content })
  return [
    fc.tuple(fc.constantFrom(...HOSTILE_NAMES), hostileValues).map(([name, content]) => added(name, content)),
    fc.tuple(fc.constantFrom(...names, 'x'), hostileValues).map(([name, content]) => added(`_${name}`, content)),
    fc.constantFrom(...names, 'x').map((name) => added(name.toUpperCase(), value[name])),
    fc.constant({ kind: 'emptied', at: path, value: {} }),
  ]
}

const ofText = (value: string): readonly string[] => [
  ` ${value}`,
  `${value} `,
  `${value}\u0000`,
  `${value}\uD800`,
  `${value}\u202E`,
  `${value}\u00E4`.normalize('NFD'),
  value.toUpperCase(),
  value.slice(1),
  value.repeat(50),
  `${value}/../${value}`,
]

const nested = (value: unknown, depth: number): unknown => {
  let wrapped = value
  for (let level = 0; level < depth; level += 1) wrapped = [wrapped]
  return wrapped
}

const pathsOf = (value: unknown, path: readonly Step[] = []): readonly (readonly Step[])[] => {
  if (path.length > 40) return []
  const steps = Array.isArray(value) ? [...value.keys()] : isRecord(value) ? Object.keys(value) : []
  return [path, ...steps.flatMap((step) => pathsOf(valueAt(value, [step]), [...path, step]))]
}

const valueAt = (value: unknown, path: readonly Step[]): unknown =>
  path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? (at as Record<Step, unknown>)[step] : undefined),
    value,
  )

const replaced = (root: unknown, path: readonly Step[], changed: unknown): unknown => {
  const [step, ...rest] = path
  if (step === undefined) return changed === REMOVED ? null : changed
  const copy: Record<Step, unknown> = Array.isArray(root) ? ([...root] as never) : { ...(root as object) }
  const value = rest.length === 0 ? changed : replaced(copy[step], rest, changed)
  if (value === REMOVED) delete copy[step]
  // Not by assignment: `__proto__` must become a name like any other.
  else Object.defineProperty(copy, step, { value, enumerable: true, configurable: true, writable: true })
  return copy
}
