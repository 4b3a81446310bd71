/** What a walk over a resource knows of where it is and of what it has found. */

/** Why something is refused; `explain.ts` puts it into words. */
export type Problem =
  /** Not a value of the type that belongs here: of another kind, out of its range, null, an empty list. */
  | 'value'
  /** An element R4 does not know; `label` is its name. */
  | 'unknown'
  | 'required'
  | 'choice'
  | 'padding'
  | 'empty'
  | 'extension-content'
  | 'resource'
  | 'nested-contained'

type Step = string | number

export type Fault = {
  readonly problem: Problem
  /** JSON path from the resource at which the walk began. */
  readonly path: readonly Step[]
  /** Name of the element in the definitions, such as `value[x]`. */
  readonly label: string | undefined
}

export type Walk = {
  /** Where the walk is; changed on the way down and on the way up. */
  readonly path: Step[]
  readonly faults: Fault[]
  /** Most levels of objects and lists. */
  readonly depth: number
  isTooDeep: boolean
}

/** Most issues told to a sender at once. */
export const MAX_ISSUES = 20

export const startWalk = (depth: number): Walk => ({ path: [], faults: [], depth, isTooDeep: false })

/** True when nothing more needs to be found. */
export const isFull = ({ faults, isTooDeep }: Walk): boolean => isTooDeep || faults.length >= MAX_ISSUES

/** @param more.path from where the walk is */
export const report = (
  walk: Walk,
  problem: Problem,
  more: { readonly label?: string; readonly path?: readonly Step[] } = {},
): undefined => {
  if (!isFull(walk)) walk.faults.push({ problem, path: [...walk.path, ...(more.path ?? [])], label: more.label })
}
