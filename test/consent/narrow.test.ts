import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConsentRecord, Provision } from '../../src/consent/consent-record.ts'
import { decide } from '../../src/consent/decide.ts'
import { narrow, type Narrowing, type Withdrawal } from '../../src/consent/narrow.ts'
import type { DecisionRequest } from '../../src/consent/request.ts'
import { CONSENT_POLICY_URI } from '../../src/domain/codes.ts'
import {
  informationCategories,
  type InformationCode,
  isInformationCategory,
  levelDepth,
  levelsOf,
} from '../../src/domain/information.ts'
import { consents, records, requests } from './arbitrary.ts'
import { about, answer, code, consent, deny, info, now, ownForm, permit, policy, untyped } from './build.ts'
import { runs, tries } from './runs.ts'

// A failure prints its seed and path; add them here to run it again.
fc.configureGlobal(tries(3_000))

const own = [CONSENT_POLICY_URI]

const after = (before: ConsentRecord, result: Narrowing): ConsentRecord => {
  if (result.outcome === 'unchanged') return before
  return result.outcome === 'ended'
    ? { ...before, status: 'inactive' }
    : { ...before, version: '2', provision: result.provision }
}
const narrowed = (before: ConsentRecord, what: Withdrawal): ConsentRecord => after(before, narrow(before, what, own))

const withdrawals = fc.constantFrom<Exclude<Withdrawal, 'everything'>>(
  { category: 'medication' },
  { category: 'medication', keep: 'change' },
  { category: 'medication', keep: 'effect' },
  { category: 'benefit' },
  { category: 'benefit', keep: 'period' },
  { category: 'identity' },
)
const anyWithdrawal = fc.oneof({ weight: 5, arbitrary: withdrawals }, fc.constant('everything' as const))
const everyCode: readonly InformationCode[] = Object.keys(informationCategories)
  .filter(isInformationCategory)
  .flatMap((category) => levelsOf(category).map((level) => ({ category, level })))
const those = everyCode.filter(({ category }) => category === 'medication' || category === 'benefit')
const asked = fc
  .tuple(requests, fc.oneof(fc.constantFrom(...those), fc.constantFrom(...those), fc.constantFrom(...everyCode)))
  .map(([request, information]): DecisionRequest => ({ ...request, information }))

const takenBack = (what: Exclude<Withdrawal, 'everything'>, information: InformationCode | undefined): boolean =>
  information?.category === what.category &&
  (what.keep === undefined || levelDepth(information) > levelDepth({ category: what.category, level: what.keep }))

/** What a decision says, without the places of provisions, which move up when one goes. */
const said = (request: DecisionRequest, all: readonly ConsentRecord[]): string => {
  const { outcome, record } = decide(request, all, now, policy)
  return `${outcome} ${record.hardRule ?? record.reason}`
}

describe('a part of a consent that is taken back', () => {
  it('is never permitted by it again, and nothing else is decided otherwise, also beside other consents', () => {
    const seen = { exact: 0, closed: 0, opens: 0 }
    fc.assert(
      fc.property(asked, records, consents, withdrawals, (request, before, others, what) => {
        const result = narrow(before, what, own)
        const next = after(before, result)
        if (takenBack(what, request.information)) {
          if (decide(request, [before], now, policy).outcome === 'permit') seen.closed += 1
          expect(decide(request, [next], now, policy).outcome).toBe('deny')
          return
        }
        if (result.outcome === 'narrowed' && !result.exact) return
        if (result.outcome !== 'unchanged') seen.exact += 1
        if (decide(request, [next], now, policy).outcome === 'permit') seen.opens += 1
        expect(said(request, [next, ...others])).toBe(said(request, [before, ...others]))
      }),
    )
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(runs(3_000) / 200)
  })

  it('opens nothing, however the consent is written and whatever other consents say', () => {
    fc.assert(
      fc.property(asked, records, consents, anyWithdrawal, (request, before, others, what) => {
        const next = narrowed(before, what)
        if (decide(request, [next, ...others], now, policy).outcome === 'permit') {
          expect(decide(request, [before, ...others], now, policy).outcome).toBe('permit')
        }
      }),
    )
  })

  it('whole leaves no permit', () => {
    fc.assert(
      fc.property(asked, records, (request, before) => {
        const next = narrowed(before, 'everything')
        expect(decide(request, [next], now, policy).outcome).toBe('deny')
      }),
    )
  })

  it('leaves what is not asked for as it is written', () => {
    const before = ownForm(
      permit({ codes: [info('medication.effect'), info('benefit.amount')] }),
      permit({ codes: [info('care-meeting.time')] }),
    )
    const result = narrow(before, { category: 'medication', keep: 'change' }, own)
    expect(result).toMatchObject({ outcome: 'narrowed', exact: true })
    const next = after(before, result)
    expect(next.provision?.provisions.map(({ codes }) => codes.map((one) => one.code))).toEqual([
      ['benefit.amount', 'medication.change'],
      ['care-meeting.time'],
    ])
    expect(narrow(next, { category: 'medication', keep: 'change' }, own).outcome).toBe('unchanged')
  })

  it('ends a form of ours of which nothing is left, for its default would deny everything everywhere', () => {
    const before = ownForm(permit({ codes: [info('medication')] }))
    expect(narrow(before, { category: 'medication' }, own).outcome).toBe('ended')
    const other = consent(permit({ codes: [info('benefit')] }))
    expect(answer([narrowed(before, { category: 'medication' }), other], about('benefit.period'))).toBe('permitted')
  })

  it('keeps refusals: a consent with one stays in force without its permits', () => {
    const refusal = deny({ codes: [info('medication.detail')] })
    const before = ownForm(permit({ codes: [info('medication.effect')] }), refusal)
    const other = consent(permit({ codes: [info('medication.detail')] }))
    for (const what of ['everything', { category: 'medication' }] as const) {
      const next = narrowed(before, what)
      expect(next.status).toBe('active')
      expect(answer([next, other], about('medication.detail'))).toBe('denied')
      expect(answer([next, other], about('medication.change'))).toBe('permitted')
    }
  })

  const unclear: readonly (readonly [string, Provision])[] = [
    ['codes of another system', permit({ codes: [code('urn:atc', 'N05')] })],
    ['an exception that takes its codes', permit({ codes: [info('medication')] }, untyped({ classes: [info('x')] }))],
  ]
  it.each(unclear)('closes a permit with %s altogether', (_how, root) => {
    const result = narrow(consent(root), { category: 'medication' }, own)
    expect(result).toMatchObject({ outcome: 'narrowed', exact: false })
  })
})
