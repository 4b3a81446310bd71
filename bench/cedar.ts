import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { storyPermits } from '../demo/story-resources.ts'

const levels: Readonly<Record<string, number>> = {
  change: 0,
  effect: 1,
  detail: 2,
  time: 0,
  summary: 1,
  period: 0,
  amount: 1,
}

/**
 * The same permits as Cedar policies, preparsed: recipient, action, category with its level, sender and purpose. Left out
 * is what Cedar does not know: unknowns, evidence, precedence within a consent, the record of what did not apply.
 *
 * @returns one decision that permits; throws when it does not, or when Cedar reads the policies differently.
 */
export const cedarDecision = (consents: number): (() => void) => {
  const permits = [...storyPermits, 'wellbeing.direction'].map((word) => {
    const [category = '', level = ''] = word.split('.')
    return `permit (principal == Team::"team", action in [Action::"disclose", Action::"access"], resource == Client::"1")
      when { context.category == "${category}" && context.level <= ${levels[level] ?? 0} &&
        context.sender == "hospital" && context.purpose == "employment-support" };`
  })
  const id = `consents-${consents}`
  const parsed = preparsePolicySet(id, {
    staticPolicies: Array.from({ length: consents }, () => permits.join('\n')).join('\n'),
  })
  if (parsed.type !== 'success') throw new Error('cedar does not read the policies')
  const call = {
    principal: { type: 'Team', id: 'team' },
    action: { type: 'Action', id: 'disclose' },
    resource: { type: 'Client', id: '1' },
    context: { category: 'medication', level: 1, sender: 'hospital', purpose: 'employment-support' },
    preparsedPolicySetId: id,
    entities: [],
  }
  return () => {
    const answer = statefulIsAuthorized(call)
    if (answer.type !== 'success' || answer.response.decision !== 'allow') throw new Error('cedar does not allow')
  }
}
