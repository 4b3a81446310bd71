import { CONSENT_ACTION_SYSTEM } from '../domain/codes.ts'
import type { Code, Effect } from './consent-record.ts'
import { labelsMatch } from './labels.ts'
import { actorMatch } from './match-actor.ts'
import { sameCode } from './match-code.ts'
import { classMatch, codeMatch, type CodeTest, dataMatch, dataPeriodMatch } from './match-data.ts'
import { periodMatch } from './period.ts'
import { purposeCovers } from './purpose-table.ts'
import type { DecisionRequest } from './request.ts'
import type { Scope } from './scope.ts'
import { some, type Truth } from './truth.ts'

/** A scope, and its codes read. */
export type Tests = { readonly scope: Scope; readonly codeTests: readonly CodeTest[] }

type Test = (scope: Scope, request: DecisionRequest, effect: Effect, asOf: number) => Truth

/** Every attribute of a provision, in the order in which a reader of the record would look. AND between attributes. */
const tests = {
  period: (scope, _request, _effect, asOf) => periodMatch(scope.period, asOf),
  actor: (scope, request) => actorMatch(scope.actors, request),
  action: (scope, request) => actionMatch(scope.actions, request.action),
  purpose: (scope, request) => purposeMatch(scope.purposes, request.purposes),
  class: (scope, request) => classMatch(scope.classes, request.data),
  label: (scope, request, effect) =>
    request.data === undefined
      ? unlessEmpty(scope.securityLabels)
      : labelsMatch(effect, scope.securityLabels, request.data.labels),
  dataPeriod: (scope, request, effect) => dataPeriodMatch(effect, scope.dataPeriod, request.data),
  data: (scope, request) => dataMatch(scope.data, request.data),
  unreadable: (scope) => unlessEmpty(scope.unreadable),
} as const satisfies Readonly<Record<string, Test>>

export type Attribute = 'code' | keyof typeof tests

export type Match = { readonly truth: Truth; readonly blame: Attribute | undefined }

/** Each attribute with its test and the two answers that blame it, made once: most matches of a decision end in one. */
const attributes: readonly { readonly test: Test; readonly differs: Match; readonly doubtful: Match }[] =
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the entries of the constant table above
  (Object.entries(tests) as readonly (readonly [keyof typeof tests, Test])[]).map(([blame, test]) => ({
    test,
    differs: { truth: 'F', blame },
    doubtful: { truth: 'U', blame },
  }))

const matches: Match = { truth: 'T', blame: undefined }
const codeDiffers: Match = { truth: 'F', blame: 'code' }
const codeDoubtful: Match = { truth: 'U', blame: 'code' }

/**
 * Whether a provision covers a request (rules 8–17), and the first attribute to blame when it does not surely do so.
 * What surely differs comes before what is unknown, so the first F ends the search.
 */
export const matchScope = (
  effect: Effect,
  { scope, codeTests }: Tests,
  request: DecisionRequest,
  asOf: number,
): Match => {
  // First and by itself: nearly every provision that does not match is about another category.
  const about = codeMatch(effect, codeTests, request)
  if (about === 'F') return codeDiffers
  let answer = about === 'U' ? codeDoubtful : matches
  for (const { test, differs, doubtful } of attributes) {
    const truth = test(scope, request, effect, asOf)
    if (truth === 'F') return differs
    if (truth === 'U' && answer === matches) answer = doubtful
  }
  return answer
}

const unlessEmpty = (attribute: readonly unknown[]): Truth => (attribute.length === 0 ? 'T' : 'U')

/** Rule 12: missing = all; present must contain the request's. */
const actionMatch = (actions: readonly Code[], action: string): Truth => {
  if (actions.length === 0) return 'T'
  const asked: Code = { system: CONSENT_ACTION_SYSTEM, code: action }
  return some(actions, (one) => (one.system === CONSENT_ACTION_SYSTEM ? sameCode(one, asked) : 'U'))
}

/** Rule 13: system and code, and the table of what a purpose covers; no purpose in the request is unknown. Called with one purpose at a time. */
const purposeMatch = (wanted: readonly Code[], given: readonly Code[]): Truth => {
  if (wanted.length === 0) return 'T'
  const [purpose, ...rest] = given
  if (purpose === undefined || rest.length > 0) return 'U'
  return some(wanted, (code) => purposeCovers(code, purpose))
}
