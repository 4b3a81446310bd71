import type { Code, ConsentRecord } from './consent-record.ts'
import { sameCode } from './match-code.ts'
import { purposeCovers } from './purpose-table.ts'
import type { DecisionRequest, Policy } from './request.ts'
import { some, type Truth } from './truth.ts'

/** Whether a Consent is about this kind of matter at all (rule 4). */
export type Fit =
  | { readonly counts: 'F'; readonly why: 'scope-does-not-fit' | 'category-does-not-count' }
  | {
      /** U: the scope or category names a code that counts, without its system. */
      readonly counts: 'T' | 'U'
      /** Purposes of which alone it speaks; undefined = all. */
      readonly only: readonly Code[] | undefined
    }

export const fitOf = ({ scopes, categories }: ConsentRecord, policy: Policy): Fit => {
  const rule = (truth: Truth) =>
    policy.consentScopes.find(({ scope }) => some(scopes, (one) => sameCode(scope, one)) === truth)
  const sure = rule('T')
  const fitting = sure ?? rule('U')
  if (fitting === undefined) return { counts: 'F', why: 'scope-does-not-fit' }
  const category =
    policy.mode === 'r4-conformance'
      ? 'T'
      : some(policy.consentCategories, (counting) => some(categories, (one) => sameCode(counting, one)))
  if (category === 'F') return { counts: 'F', why: 'category-does-not-count' }
  return { counts: sure === undefined ? 'U' : category, only: fitting.only }
}

/** The purposes of the scope that alone can permit the one asked; undefined when any scope can, or none is asked. */
export const claimedBy = ({ purposes: [asked] }: DecisionRequest, policy: Policy): readonly Code[] | undefined =>
  asked === undefined
    ? undefined
    : policy.consentScopes.find(({ only }) => only?.some((one) => purposeCovers(one, asked) !== 'F'))?.only

/**
 * What a fitting Consent may say about the purpose asked: everything, only denials, or nothing. Permits for research
 * come from research Consents alone, and those speak of nothing else; a general refusal holds for research too.
 */
export const voiceOf = (
  only: readonly Code[] | undefined,
  claimed: readonly Code[] | undefined,
  { purposes }: DecisionRequest,
): 'full' | 'denials' | 'none' => {
  if (purposes.length === 0 || only === claimed) return 'full'
  return only === undefined ? 'denials' : 'none'
}
