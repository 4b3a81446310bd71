import { informationCategories } from '../domain/information.ts'
import { teamKinds } from '../domain/party.ts'
import { purposes } from '../domain/purpose.ts'
import type { Code } from './consent-record.ts'
import { sameCode } from './match-code.ts'
import type { DecisionRequest } from './request.ts'

export type HardRule =
  | 'nothing-to-employers'
  | 'teams-only'
  | 'purpose-never-allowed'
  | 'client-deceased'
  | 'client-minor'

/** What the gateway forbids besides, from standing and content; it reaches the record in the same place. */
export type GatewayRule = 'direction-not-allowed' | 'recipient-not-in-care-team' | 'no-recipient' | 'category-not-told'

/** What no consent and no configuration can lift in this product. Returns the rule that forbids, or undefined. */
export const hardRule = (request: DecisionRequest): HardRule | undefined => {
  if (request.recipientKind === 'employer') return 'nothing-to-employers'
  if (request.purposes.some(isForbiddenPurpose)) return 'purpose-never-allowed'
  if (isTeamsOnly(request) && request.recipientKind !== undefined && !teamKinds.includes(request.recipientKind))
    return 'teams-only'
  if (request.clientState.deceased) return 'client-deceased'
  if (request.clientState.minor) return 'client-minor'
  return undefined
}

const forbidden: readonly Code[] = Object.values(purposes).filter(({ allowed }) => !allowed)

export const isForbiddenPurpose = (asked: Code): boolean =>
  forbidden.some((purpose) => sameCode(purpose, asked) !== 'F')

const isTeamsOnly = ({ information }: DecisionRequest): boolean =>
  information !== undefined && informationCategories[information.category].teamsOnly
