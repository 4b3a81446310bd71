/** Walks over parsed JSON that do not recurse: what they measure is whether recursion would be safe. */

/** What is wrong with a tree, and the path to the object or list where it was seen. */
export type TreeFault = {
  readonly fault: 'too-deep' | 'too-many-nodes' | 'forbidden-key' | 'forbidden-character'
  readonly steps: readonly (string | number)[]
}

export type TreeBounds = { readonly depth: number; readonly nodes: number }

/**
 * Looks at every name and value once, breadth first.
 *
 * @param bounds levels of objects and lists, the outermost counted as 1; objects, lists and single values together
 * @param looksAtText whether to look for characters that no text may hold; costs a pass over every text
 * @returns the first fault, or the number of names in all objects
 */
export const inspectTree = (
  root: unknown,
  bounds: TreeBounds,
  looksAtText: boolean,
): TreeFault | { readonly names: number } => {
  let [nodes, names] = [1, 0]
  if (looksAtText && textFault([root])) return { fault: 'forbidden-character', steps: [] }
  const visits: Visit[] = isContainer(root) ? [{ container: root, depth: 1 }] : []
  for (const visit of visits) {
    if (visit.depth > bounds.depth) return { fault: 'too-deep', steps: stepsTo(visit) }
    const { container } = visit
    const keys = Array.isArray(container) ? [] : Object.keys(container)
    const children = childrenOf(container)
    names += keys.length
    nodes += children.length
    if (nodes > bounds.nodes) return { fault: 'too-many-nodes', steps: stepsTo(visit) }
    const fault = keyFault(keys) ?? (looksAtText ? (textFault(keys) ?? textFault(children)) : undefined)
    if (fault !== undefined) return { fault, steps: stepsTo(visit) }
    for (const [index, child] of children.entries()) {
      if (isContainer(child)) {
        visits.push({ container: child, depth: visit.depth + 1, parent: visit, step: keys[index] ?? index })
      }
    }
  }
  return { names }
}

type Visit = {
  readonly container: object
  readonly depth: number
  readonly parent?: Visit
  readonly step?: string | number
}

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype'])

const keyFault = (keys: readonly string[]): 'forbidden-key' | undefined =>
  keys.some((key) => FORBIDDEN_KEYS.has(key)) ? 'forbidden-key' : undefined

const textFault = (values: readonly unknown[]): 'forbidden-character' | undefined =>
  values.some((value) => typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    ? 'forbidden-character'
    : undefined

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

const childrenOf = (container: object): readonly unknown[] =>
  Array.isArray(container) ? container : Object.values(container)

const stepsTo = (visit: Visit): readonly (string | number)[] => {
  const steps: (string | number)[] = []
  for (let at: Visit | undefined = visit; at?.step !== undefined; at = at.parent) steps.push(at.step)
  return steps.toReversed()
}
