import { PARTICIPATION_TYPE_SYSTEM, ROLE_CODE_SYSTEM } from '../../domain/codes.ts'
import { isJson } from './shape.ts'

/**
 * The role of an actor: the one code among all its codings that is a role this gateway knows (rule 11), each with its
 * own system. Undefined, hence unknown, when no coding is, or when two of them say different things.
 */
export const readRole = (concept: unknown): string | undefined => {
  const codings: readonly unknown[] = isJson(concept) && Array.isArray(concept['coding']) ? concept['coding'] : []
  const known = new Set(
    codings.flatMap((coding) => {
      if (!isJson(coding) || typeof coding['code'] !== 'string') return []
      return systems.get(coding['code']) === coding['system'] ? [coding['code']] : []
    }),
  )
  const [role, ...others] = known
  return others.length === 0 ? role : undefined
}

const systems: ReadonlyMap<string, string> = new Map([
  ['IRCP', PARTICIPATION_TYPE_SYSTEM],
  ['PRCP', PARTICIPATION_TYPE_SYSTEM],
  ['CST', PARTICIPATION_TYPE_SYSTEM],
  ['AUT', PARTICIPATION_TYPE_SYSTEM],
  ['GRANTEE', ROLE_CODE_SYSTEM],
  ['DELEGATEE', ROLE_CODE_SYSTEM],
])
