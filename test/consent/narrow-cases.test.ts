import { describe, expect, it } from 'vitest'
import type { ConsentRecord, Provision } from '../../src/consent/consent-record.ts'
import { narrow, type Withdrawal } from '../../src/consent/narrow.ts'
import { CONSENT_POLICY_URI } from '../../src/domain/codes.ts'
import { about, answer, code, consent, deny, info, ownForm, permit, untyped } from './build.ts'

const medication = { codes: [info('medication')] }
const benefit = { codes: [info('benefit')] }
const both = { codes: [info('medication'), info('benefit')] }
const other = { codes: [code('urn:atc', 'N05')] }
const aside = { classes: [code(undefined, 'Observation')] }
const form = { policyUris: ['urn:elsewhere', CONSENT_POLICY_URI] }

/** What is left of a consent: how it ended, or its provision with a word when more is closed than was asked. */
const left = (before: ConsentRecord, what: Withdrawal = { category: 'medication' }): unknown => {
  const result = narrow(before, what, [CONSENT_POLICY_URI])
  if (result.outcome !== 'narrowed') return result.outcome
  return result.exact ? result.provision : [result.provision, 'more is closed']
}

describe('what is left of a consent', () => {
  const whole: readonly (readonly [string, ConsentRecord, unknown])[] = [
    ['not in force', consent(permit(medication), { status: 'inactive' }), 'unchanged'],
    ['that cannot be read', consent(permit(medication), { unreadable: ['x'] }), 'unchanged'],
    ['that says nothing', consent(undefined), 'unchanged'],
    ['that refuses only', consent(deny(medication)), 'unchanged'],
    ['of one permit', consent(permit(medication)), 'ended'],
    ['of our form', ownForm(permit(medication), permit(benefit)), 'ended'],
    ['of our form among other forms', consent(deny({}, permit(medication)), form), 'ended'],
    ['of permits in a context', consent(untyped(benefit, permit(medication))), 'ended'],
    ['of permits in a permit', consent(permit(both, permit(medication))), 'ended'],
    ['with a refusal', ownForm(permit(medication), deny(benefit)), deny({}, deny(benefit))],
    ['of another form, which refuses from its root on', consent(deny({}, permit(medication))), deny()],
    [
      'of a permit with an exception',
      consent(permit(both, untyped(medication))),
      [{ ...permit(both, deny(medication)), type: 'deny' }, 'more is closed'],
    ],
    [
      'of permits in a permit, of which one has an exception',
      consent(permit(both, permit(medication, deny(aside)))),
      [{ ...permit(both, { ...permit(medication, deny(aside)), type: 'deny' }), type: 'deny' }, 'more is closed'],
    ],
  ]
  it.each(whole)('%s, all of it taken back', (_what, before, expected) => {
    expect(left(before, 'everything')).toEqual(expected)
  })

  const parts: readonly (readonly [string, ConsentRecord, unknown])[] = [
    ['of one permit', consent(permit(medication)), 'ended'],
    ['about other matters', ownForm(permit(benefit)), 'unchanged'],
    ['with an exception in a permit of other matters', consent(permit(benefit, untyped(aside))), 'unchanged'],
    ['for both', ownForm(permit(both)), deny({}, permit(benefit))],
    [
      'with a code nobody knows',
      ownForm(permit({ codes: [info('x'), info('medication')] })),
      deny({}, permit({ codes: [info('x')] })),
    ],
    ['with nothing typed left', ownForm(permit(medication), untyped(benefit)), 'ended'],
    ['with nothing typed left in a context', consent(untyped(benefit, permit(medication))), 'ended'],
    ['of permits that are without effect', ownForm(untyped({}, permit(medication)), permit(benefit)), 'unchanged'],
    [
      'within an exception to a permit',
      consent(permit(benefit, untyped(aside, permit(medication)))),
      permit(benefit, untyped(aside)),
    ],
    [
      'for both, with an exception that states its codes',
      consent(permit(both, deny({ codes: [info('benefit.amount')] }))),
      permit(benefit, deny({ codes: [info('benefit.amount')] })),
    ],
    [
      'for both, with an exception that takes its codes',
      consent(permit(both, deny(aside))),
      [{ ...permit(both, deny(aside)), type: 'deny' }, 'more is closed'],
    ],
    [
      'also by codes of another system',
      ownForm(permit({ codes: [info('benefit'), code('urn:atc', 'N05')] })),
      [deny({}, { ...permit({ codes: [info('benefit'), code('urn:atc', 'N05')] }), type: 'deny' }), 'more is closed'],
    ],
    [
      'by codes of another system, with a permit of other matters within',
      consent(permit(other, permit(benefit), deny(aside))),
      [{ ...permit(other, permit(benefit), deny(aside)), type: 'deny' }, 'more is closed'],
    ],
  ]
  it.each(parts)('%s, medication taken back', (_what, before, expected) => {
    expect(left(before)).toEqual(expected)
  })

  it('for every matter: each other one to its deepest level', () => {
    const kept = left(consent(permit()), { category: 'medication', keep: 'change' }) as Provision
    const words = kept.codes.map((one) => one.code)
    expect(words).toContain('medication.change')
    expect(words).toContain('hospital.unit')
    expect(words).toContain('benefit.amount')
    expect(words).toContain('identity')
    expect(words.filter((word) => word.startsWith('medication'))).toHaveLength(1)
  })

  it('of another form: the refusal at its root holds against other consents, as before', () => {
    const before = consent(deny({}, permit(medication)))
    const another = consent(permit(benefit))
    const result = narrow(before, 'everything', [CONSENT_POLICY_URI])
    const next = { ...before, provision: result.outcome === 'narrowed' ? result.provision : undefined }
    for (const one of [before, next]) expect(answer([one, another], about('benefit.period'))).toBe('denied')
  })
})
