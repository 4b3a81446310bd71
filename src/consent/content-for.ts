import type { Party } from '../domain/party.ts'
import type { RefusalReason } from '../domain/refusal.ts'
import type { Content, Update } from '../domain/update.ts'
import { decideDisclosure, refused, type Standing } from './decide-disclosure.ts'
import type { DecisionRecord, Permit } from './decide.ts'
import { levelDepth, type InformationCode } from '../domain/information.ts'
import { atLevel } from './redact.ts'
import type { DataFacts, Policy } from './request.ts'

export type Tellable =
  | { readonly outcome: 'permit'; readonly content: Content; readonly permit: Permit; readonly record: DecisionRecord }
  | { readonly outcome: 'deny'; readonly reason: RefusalReason; readonly record: DecisionRecord }

/**
 * Decides again and, on a permit, writes the content at the level permitted now.
 *
 * @param told the level at which it was told before: a reading never shows more than the first one did.
 */
export const contentFor = (
  item: {
    readonly action: 'disclose' | 'access'
    readonly sender: Party
    readonly recipient: Party
    readonly update: Update
    readonly facts: DataFacts
    readonly told: InformationCode | undefined
  },
  standing: Standing,
  asOf: number,
  policy: Policy,
): Tellable => {
  const { action, sender, recipient, update, facts, told } = item
  const question = { category: update.category, action, sender, recipient, data: facts }
  const decision = decideDisclosure(question, standing, asOf, policy)
  if (decision.outcome === 'deny') return decision
  const permitted = decision.permit.information
  const level =
    told !== undefined && permitted !== undefined && levelDepth(told) < levelDepth(permitted) ? told : permitted
  const content = level === undefined ? undefined : atLevel(update, level, standing.client.nonDisclosure)
  if (content !== undefined) return { ...decision, content }
  return refused(decision.record, 'category-not-told')
}
