import { INFORMATION_SYSTEM } from '../domain/codes.ts'
import {
  informationCategories,
  type InformationCategory,
  type InformationCode,
  informationWord,
  isInformationCategory,
  levelDepth,
  levelsOf,
} from '../domain/information.ts'
import type { Code, DataReference, Effect, Interval, PeriodOf } from './consent-record.ts'
import { sameCode } from './match-code.ts'
import type { DataFacts, DecisionRequest } from './request.ts'
import { some, type Truth, truthOf } from './truth.ts'

export const classMatch = (classes: readonly Code[], data: DataFacts | undefined): Truth => {
  if (classes.length === 0) return 'T'
  if (data === undefined) return 'U'
  return truthOf(classes.some(({ code }) => data.classes.includes(code)))
}

/** A code of a provision, read once: parsing them anew took a third of a decision. */
export type CodeTest =
  | { readonly kind: 'information'; readonly category: InformationCategory; readonly depth: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'other'; readonly code: Code }

const unknownWord: CodeTest = { kind: 'unknown' }

/** Every word a consent can say of our own categories. */
const informationTests: ReadonlyMap<string, CodeTest> = new Map(
  Object.keys(informationCategories)
    .filter(isInformationCategory)
    .flatMap((category) => [
      { category, level: undefined },
      ...levelsOf(category).map((level) => ({ category, level })),
    ])
    .map((stated) => [
      informationWord(stated),
      // The bare category stands at depth 0: the shallowest level in a permit, and all levels in a deny.
      { kind: 'information', category: stated.category, depth: levelDepth(stated) },
    ]),
)

export const codeTestsOf = (codes: readonly Code[]): readonly CodeTest[] =>
  codes.map((code) =>
    code.system === INFORMATION_SYSTEM ? (informationTests.get(code.code) ?? unknownWord) : { kind: 'other', code },
  )

/** Rule 14: any coding of the resource's codes, or the information category with its level as one dotted code. */
export const codeMatch = (effect: Effect, tests: readonly CodeTest[], request: DecisionRequest): Truth => {
  if (tests.length === 0) return 'T'
  let found: Truth = 'F'
  for (const test of tests) {
    const truth = oneCodeMatch(effect, test, request)
    if (truth === 'T') return 'T'
    if (truth === 'U') found = 'U'
  }
  return found
}

const oneCodeMatch = (effect: Effect, test: CodeTest, { data, information }: DecisionRequest): Truth => {
  switch (test.kind) {
    case 'information':
      return informationMatch(effect, test, information)
    case 'unknown':
      return 'U'
    case 'other':
      return otherCodeMatch(test.code, data)
  }
}

const otherCodeMatch = (code: Code, data: DataFacts | undefined): Truth => {
  if (data === undefined) return 'U'
  const truth = some(data.codes, (known) => sameCode(known, code))
  // What is said in words only may be this very thing: nobody can say that it is not.
  return truth === 'F' && data.hasUncoded === true ? 'U' : truth
}

/**
 * A permit for a level covers the shallower ones, a deny of a level covers the deeper ones. The bare category means the
 * shallowest level in a permit and all levels in a deny. A level nobody knows has no depth.
 */
const informationMatch = (
  effect: Effect,
  { category, depth }: { readonly category: InformationCategory; readonly depth: number },
  asked: InformationCode | undefined,
): Truth => {
  if (asked === undefined) return 'U'
  if (category !== asked.category) return 'F'
  const askedDepth = levelDepth(asked)
  if (askedDepth < 0) return 'U'
  return truthOf(effect === 'permit' ? askedDepth <= depth : askedDepth >= depth)
}

/** Rule 16: a permit needs containment, a deny any overlap; data without a date is unknown. */
export const dataPeriodMatch = (effect: Effect, period: PeriodOf, data: DataFacts | undefined): Truth => {
  if (period === 'unstated') return 'T'
  if (period === 'invalid' || data?.clinicalDate === undefined) return 'U'
  const date: Interval = data.clinicalDate
  return effect === 'permit'
    ? truthOf(date.from >= period.from && date.until <= period.until)
    : truthOf(date.from < period.until && date.until > period.from)
}

/** Rule 17. `related` (what the instance refers to) cannot be decided from the resource alone. */
export const dataMatch = (wanted: readonly DataReference[], data: DataFacts | undefined): Truth => {
  if (wanted.length === 0) return 'T'
  if (data === undefined) return 'U'
  return some(wanted, ({ meaning, reference }) => {
    if (reference === undefined) return 'U'
    const isInstance = data.names.includes(reference)
    if (meaning === 'instance') return truthOf(isInstance)
    if (meaning === 'dependents') return truthOf(isInstance || data.refersTo.includes(reference))
    // Who wrote it is often not said; then nobody can say that it was somebody else.
    if (meaning === 'authoredby') return data.authors.length === 0 ? 'U' : truthOf(data.authors.includes(reference))
    return 'U'
  })
}
