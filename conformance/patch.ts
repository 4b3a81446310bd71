import { z } from 'zod'

/** One operation of JSON Patch (RFC 6902), as far as examples need it. */
export const Operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal(['add', 'replace']), path: z.string(), value: z.json() }),
  z.strictObject({ op: z.literal('remove'), path: z.string() }),
  z.strictObject({ op: z.literal('copy'), path: z.string(), from: z.string() }),
])
export type Operation = z.infer<typeof Operation>

/**
 * A patched copy of a JSON value.
 *
 * @throws when a path leads nowhere, so that no example silently stays what it was
 */
export const patched = (value: unknown, operations: readonly Operation[]): unknown => {
  const copy: unknown = structuredClone(value)
  for (const operation of operations) apply(copy, operation)
  return copy
}

const apply = (root: unknown, operation: Operation): void => {
  const steps = stepsOf(operation.path)
  const last = steps.pop() ?? ''
  const parent = at(root, steps)
  if (Array.isArray(parent)) changeList(parent, last, operation, root)
  else if (isObject(parent)) {
    if (operation.op !== 'add' && operation.op !== 'copy' && !Object.hasOwn(parent, last)) throw nowhere(operation.path)
    if (operation.op === 'remove') delete parent[last]
    else parent[last] = contentOf(operation, root)
  } else throw nowhere(operation.path)
}

const changeList = (list: unknown[], step: string, operation: Operation, root: unknown): void => {
  const index = step === '-' ? list.length : Number(step)
  const isNew = operation.op === 'add' || operation.op === 'copy'
  if (!Number.isInteger(index) || index > list.length || (!isNew && index === list.length))
    throw nowhere(operation.path)
  if (operation.op === 'remove') list.splice(index, 1)
  else list.splice(index, isNew ? 0 : 1, contentOf(operation, root))
}

const contentOf = (operation: Exclude<Operation, { op: 'remove' }>, root: unknown): unknown =>
  structuredClone(operation.op === 'copy' ? at(root, stepsOf(operation.from)) : operation.value)

const at = (root: unknown, steps: readonly string[]): unknown =>
  steps.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)]
    return isObject(value) ? value[step] : undefined
  }, root)

const stepsOf = (path: string): string[] => path.split('/').slice(1)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const nowhere = (path: string): Error => new Error(`the path \`${path}\` leads nowhere`)
