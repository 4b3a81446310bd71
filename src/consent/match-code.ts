import type { Code } from './consent-record.ts'
import { type Truth, truthOf } from './truth.ts'

/** System and code exactly. The same code without a system on one side may or may not mean the same: unknown. */
export const sameCode = (one: Code, other: Code): Truth => {
  if (one.code !== other.code) return 'F'
  if (one.system === other.system) return 'T'
  return one.system === undefined || other.system === undefined ? 'U' : truthOf(false)
}
