import { describe, expect, it } from 'vitest'
import type { Provision } from '../../src/consent/consent-record.ts'
import { CONSENT_POLICY_URI } from '../../src/domain/codes.ts'
import { referenceIdentity } from '../../src/domain/identity.ts'
import {
  about,
  action,
  actor,
  answer,
  answerTo,
  ask,
  code,
  conformance,
  confidentiality,
  consent,
  deny,
  evaluation,
  facts,
  housing,
  info,
  now,
  ownForm,
  period,
  permit,
  provision,
  support,
  team,
  untyped,
  whyNot,
} from './build.ts'

const forHousing = { recipient: [housing] }
const ours = { policyUris: [CONSENT_POLICY_URI] }
const pathOf = (root: Provision, some = {}): string | undefined => ask([consent(root)], some).record.basis[0]?.path
const opt = (rule: string) => ({ policyRules: [code(undefined, rule)] })
const inConformance = (root: Provision | undefined, some = {}) =>
  answer([consent(root, some)], {}, { policy: conformance })

describe('what a root provision says (rule 6)', () => {
  it('a permit permits what it covers and nothing else', () => {
    expect(answerTo(permit())).toBe('permitted')
    expect(answerTo(permit(), forHousing)).toBe('no-applicable-consent')
  })
  it('a deny without exceptions denies, in our form too', () => {
    expect(answerTo(deny())).toBe('denied')
    expect(answer([consent(deny(), ours)])).toBe('denied')
    expect(answer([consent(deny(), ours), consent(permit())])).toBe('denied')
  })
  it('the deny at the root of our form is a default and overrides nothing elsewhere', () => {
    expect(answer([ownForm(permit({ actors: [actor('IRCP', housing)] }))])).toBe('no-applicable-consent')
    expect(answer([ownForm(permit({ actors: [actor('IRCP', housing)] })), consent(permit())])).toBe('permitted')
    const alsoNamed = { policyUris: ['urn:annex', CONSENT_POLICY_URI] }
    const form = consent(deny({}, permit({ actors: [actor('IRCP', housing)] })), alsoNamed)
    expect(answer([form, consent(permit())])).toBe('permitted')
  })
  it('the same deny in anybody else’s form is explicit', () => {
    const root = deny({}, permit({ actors: [actor('IRCP', housing)] }))
    expect(answerTo(root)).toBe('denied')
    expect(answer([consent(root), consent(permit())])).toBe('denied')
    expect(answerTo(root, forHousing)).toBe('permitted')
  })
  it('a nested deny of our form is explicit all the same', () => {
    const root = ownForm(permit(), deny({ codes: [info('medication')] }))
    expect(answer([root, consent(permit())])).toBe('denied')
    expect(answer([root], about('benefit.period'))).toBe('permitted')
  })
  it('an untyped root with typed children is context: it says nothing itself, its children inherit from it', () => {
    const root = untyped({ actors: [actor('IRCP', team)], purposes: [support] }, provision('permit'))
    expect(answerTo(root)).toBe('permitted')
    expect(answerTo(root, forHousing)).toBe('no-applicable-consent')
    expect(answerTo(untyped({ actors: [actor('IRCP', team)] }, permit({ period: period('2020', '2020') })))).toBe(
      'no-applicable-consent',
    )
  })
  it('an untyped root that states something is a deny over just that', () => {
    const root = untyped({ codes: [info('medication')] })
    expect(answer([consent(root), consent(permit())])).toBe('denied')
    expect(answer([consent(root), consent(permit())], about('benefit.period'))).toBe('permitted')
    expect(answerTo(untyped({ unreadable: ['modifierExtension x'] }))).toBe('indeterminate')
    expect(answerTo(untyped({ dataPeriod: period('2026') }))).toBe('indeterminate')
  })
  it.each<[string, Partial<Provision>]>([
    ['a period', { period: period('2026') }],
    ['an actor', { actors: [actor('IRCP', team)] }],
    ['an action', { actions: [action('disclose')] }],
    ['a purpose', { purposes: [support] }],
    ['a class', { classes: [code(undefined, 'Communication')] }],
    ['a code', { codes: [info('medication')] }],
    ['a label', { securityLabels: [confidentiality('R')] }],
    ['a data period', { dataPeriod: period('2026') }],
    ['data', { data: [{ meaning: 'instance', reference: referenceIdentity('Communication/1') }] }],
  ])('stating %s is stating something', (_what, stated) => {
    const data = { ...facts, labels: [confidentiality('R')], clinicalDate: { from: now, until: now + 1 } }
    expect(answer([consent(untyped(stated)), consent(permit())], { data })).toBe('denied')
  })
  it('a consent without provision, or with an empty one, has no effect and says so', () => {
    expect(answerTo(undefined)).toBe('no-applicable-consent')
    expect(answerTo(untyped())).toBe('no-applicable-consent')
    expect(whyNot([consent(undefined)])).toBe('no-effect')
    expect(whyNot([consent(untyped())])).toBe('no-effect')
    expect(answer([consent(untyped()), consent(permit())])).toBe('permitted')
  })
  it('opt-in and opt-out count in conformance mode only', () => {
    expect(inConformance(undefined, opt('OPTOUT'))).toBe('permitted')
    expect(inConformance(untyped(), opt('OPTOUT'))).toBe('permitted')
    expect(inConformance(untyped({ codes: [info('medication.effect')] }), opt('OPTOUT'))).toBe('permitted')
    expect(inConformance(untyped({ codes: [info('benefit')] }), opt('OPTOUT'))).toBe('no-applicable-consent')
    expect(inConformance(undefined, opt('OPTIN'))).toBe('denied')
    expect(inConformance(undefined, opt('EMRGONLY'))).toBe('no-applicable-consent')
    expect(inConformance(untyped({ codes: [info('medication')] }), opt('OPTIN'))).toBe('denied')
    expect(inConformance(undefined)).toBe('no-applicable-consent')
    expect(answer([consent(undefined, opt('OPTOUT'))])).toBe('no-applicable-consent')
    expect(answer([consent(untyped({ codes: [info('medication')] }), opt('OPTOUT'))])).toBe('denied')
    expect(answer([consent(undefined, opt('OPTIN')), consent(permit())])).toBe('permitted')
  })
})

describe('what a nested provision says (rules 7 and 18)', () => {
  it('an exception to a permit refuses, an exception to a deny permits', () => {
    expect(answerTo(permit({}, deny({ codes: [info('medication')] })))).toBe('denied')
    expect(answerTo(permit({}, deny({ codes: [info('benefit')] })))).toBe('permitted')
    expect(answerTo(deny({}, permit({ codes: [info('medication.effect')] })))).toBe('permitted')
    expect(answerTo(deny({}, permit({ codes: [info('benefit')] })))).toBe('denied')
  })
  it('untyped under a permit is a deny', () => {
    expect(answerTo(permit({}, untyped({ codes: [info('medication')] })))).toBe('denied')
    expect(answerTo(permit({}, untyped({ codes: [info('benefit')] })))).toBe('permitted')
    expect(answerTo(permit({}, untyped()))).toBe('denied')
  })
  it('untyped under a deny or under context has no effect, nor have its children', () => {
    expect(answerTo(deny({}, untyped({}, permit())))).toBe('denied')
    expect(answer([ownForm(permit(), untyped({ codes: [info('medication')] }))])).toBe('permitted')
    expect(answer([ownForm(untyped({}, permit()), permit({ codes: [info('benefit')] }))])).toBe('no-applicable-consent')
    expect(whyNot([consent(untyped({}, untyped({}, permit()), permit({ codes: [info('benefit')] })))])).toBe(
      'nested-type-missing',
    )
  })
  it('a child of the same type as its parent is used as written', () => {
    expect(answerTo(permit({}, permit({ codes: [info('benefit')] })))).toBe('permitted')
    expect(answerTo(deny({}, deny({ codes: [info('benefit')] })))).toBe('denied')
    expect(pathOf(permit({}, permit()))).toBe('provision.provision[0]')
    expect(pathOf(permit({}, permit({ codes: [info('benefit')] })))).toBe('provision')
  })
  it('among siblings a sure deny comes before a doubtful one, and that before a permit, in any order', () => {
    const doubtful = deny({ actors: [actor('IRCP')] })
    const sure = deny({ codes: [info('medication')] })
    for (const children of [
      [sure, doubtful, permit()],
      [permit(), doubtful, sure],
      [doubtful, permit(), sure],
    ]) {
      expect(answerTo(untyped({}, ...children))).toBe('denied')
    }
    expect(answerTo(untyped({}, doubtful, permit()))).toBe('indeterminate')
    expect(answerTo(untyped({}, permit(), doubtful))).toBe('indeterminate')
    expect(answerTo(untyped({}, permit(), permit({ codes: [info('benefit')] })))).toBe('permitted')
  })
  it('to depth four, the deepest provision that matches decides', () => {
    const medication = { codes: [info('medication')] }
    const effect = { codes: [info('medication.effect')] }
    const chain = (deepest: Provision) => permit({}, deny(medication, permit(effect, deepest)))
    expect(answerTo(permit({}, deny(medication)))).toBe('denied')
    expect(answerTo(permit({}, deny(medication, permit(effect))))).toBe('permitted')
    expect(answerTo(chain(deny({ actions: [action('disclose')] })))).toBe('denied')
    expect(answerTo(chain(deny({ actions: [action('access')] })))).toBe('permitted')
    expect(answerTo(chain(deny({}, permit({ period: period('2026') }))))).toBe('permitted')
    expect(answerTo(chain(deny({}, permit({ period: period('2025', '2025') }))))).toBe('denied')
    expect(pathOf(chain(deny({ actions: [action('disclose')] })))).toBe(
      'provision.provision[0].provision[0].provision[0]',
    )
  })
  it('a branch that does not match leaves the decision to its ancestor', () => {
    const expired = { period: period('2020', '2020') }
    expect(answerTo(permit({}, deny({}, permit(expired)), deny(expired)))).toBe('denied')
    expect(answerTo(permit({}, deny(expired, deny(expired))))).toBe('permitted')
  })
  it('a permit that is unknown leaves a deny around it standing', () => {
    expect(answerTo(deny({}, permit({ actors: [actor('IRCP')] })))).toBe('denied')
    expect(answer([ownForm(permit({ actors: [actor('IRCP')] }))])).toBe('indeterminate')
  })
})

describe('what a provision takes from its ancestors (rule 8)', () => {
  it('what it does not state it takes from the nearest ancestor that does', () => {
    const root = deny({ actors: [actor('IRCP', housing)] }, permit({}, deny({ actors: [], codes: [info('benefit')] })))
    expect(answerTo(root, about('benefit.period'))).toBe('denied')
    expect(answerTo(root, { ...about('benefit.period'), ...forHousing })).toBe('denied')
    expect(answerTo(permit({ codes: [info('medication.effect')] }, provision('permit', { purposes: [support] })))).toBe(
      'permitted',
    )
  })
  it.each([
    ['actor', { actors: [actor('IRCP', housing)] }],
    ['action', { actions: [action('access')] }],
    ['purpose', { purposes: [evaluation] }],
    ['code', { codes: [info('benefit')] }],
    ['class', { classes: [code(undefined, 'Observation')] }],
    ['period', { period: period('2020', '2020') }],
    ['data period', { dataPeriod: period('2020', '2020') }],
    ['label', { securityLabels: [confidentiality('V')] }],
    ['data', { data: [{ meaning: 'instance', reference: referenceIdentity('Communication/2') }] }],
  ])('an inherited %s restricts an exception that states none', (_attribute, stated) => {
    // The root speaks of something else, so its exception does too, and the permission of another consent stands.
    const data = { ...facts, clinicalDate: { from: 0, until: 1 }, labels: [confidentiality('R')] }
    const elsewhere = consent(provision('permit', stated, provision('deny')))
    expect(answer([elsewhere, consent(permit())], { data })).toBe('permitted')
    const here = consent(provision('permit', {}, provision('deny')))
    expect(answer([here, consent(permit())], { data })).toBe('denied')
  })
  it('what it states replaces the ancestor’s', () => {
    expect(answerTo(deny({ actors: [actor('IRCP', housing)] }, permit()))).toBe('permitted')
    expect(answerTo(deny({ purposes: [evaluation] }, permit({ purposes: [support] })))).toBe('permitted')
    expect(answerTo(deny({ dataPeriod: period('2020') }, permit({ dataPeriod: 'unstated' })))).toBe('indeterminate')
  })
  it('what nobody understands in an ancestor stays unknown in its children', () => {
    const root = deny({ unreadable: ['modifierExtension x'] }, permit())
    expect(answer([consent(root, ours)])).toBe('indeterminate')
    expect(answer([consent(untyped({ unreadable: ['x'] }, deny()), ours), consent(permit())])).toBe('indeterminate')
  })
})
