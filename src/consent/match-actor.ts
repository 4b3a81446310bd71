import type { Identity } from '../domain/identity.ts'
import type { Actor } from './consent-record.ts'
import type { DecisionRequest } from './request.ts'
import type { Truth } from './truth.ts'

const roleGroups = ['recipient', 'custodian', 'author', 'unknown'] as const
type RoleGroup = (typeof roleGroups)[number]

const groupOf = ({ role }: Actor): RoleGroup => {
  switch (role) {
    case 'IRCP':
    case 'PRCP':
    case 'GRANTEE':
    case 'DELEGATEE':
      return 'recipient'
    case 'CST':
      return 'custodian'
    case 'AUT':
      return 'author'
    default:
      return 'unknown'
  }
}

export const isRecipient = (actor: Actor): boolean => groupOf(actor) === 'recipient'

export const isUnknownRole = (actor: Actor): boolean => groupOf(actor) === 'unknown'

/** Rule 11: OR within a role group, AND across groups; a role nobody knows and a name nobody can resolve are unknown. */
export const actorMatch = (actors: readonly Actor[], request: DecisionRequest): Truth => {
  let truth: Truth = 'T'
  for (const group of roleGroups) {
    const matched = groupMatch(actors, group, group === 'unknown' ? undefined : request[group])
    if (matched === 'F') return 'F'
    if (matched === 'U') truth = 'U'
  }
  return truth
}

/** A group that a provision does not name restricts nothing. */
const groupMatch = (actors: readonly Actor[], group: RoleGroup, acting: readonly Identity[] | undefined): Truth => {
  let truth: Truth | undefined
  for (const actor of actors) {
    if (groupOf(actor) !== group) continue
    const matched = nameMatch(actor.names, acting)
    if (matched === 'T') return 'T'
    if (truth !== 'U') truth = matched
  }
  return truth ?? 'T'
}

const nameMatch = (named: readonly Identity[], acting: readonly Identity[] | undefined): Truth => {
  if (acting === undefined || acting.length === 0) return 'U'
  if (named.some((name) => acting.includes(name))) return 'T'
  return named.length === 0 ? 'U' : 'F'
}
