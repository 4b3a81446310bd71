import { describe, expect, it } from 'vitest'
import { clientIdentity } from '../../src/domain/identity.ts'
import {
  about,
  action,
  actor,
  answer,
  answerTo,
  at,
  code,
  consent,
  deny,
  housing,
  info,
  named,
  ownForm,
  period,
  permit,
  withFacts,
} from './build.ts'

describe('wrong answers known from other engines, which this one does not give', () => {
  it('a consent that ends today still holds this evening', () => {
    const today = permit({ period: period('2026-03-01', '2026-03-12') })
    expect(answerTo(today, {}, { asOf: at('2026-03-12T00:00:00Z') })).toBe('permitted')
    expect(answerTo(today, {}, { asOf: at('2026-03-12T21:30:00Z') })).toBe('permitted')
    expect(answerTo(today, {}, { asOf: at('2026-03-12T22:00:00Z') })).toBe('no-applicable-consent')
  })
  it('a denial within a denial does not permit', () => {
    expect(answerTo(deny({}, deny({ codes: [info('medication')] })))).toBe('denied')
    expect(answer([ownForm(deny({ codes: [info('medication')] }))])).toBe('denied')
  })
  it('a denial whose recipient nobody can resolve is not lost to an older permission', () => {
    const older = consent(permit())
    const newer = consent(deny({ actors: [actor('IRCP')] }))
    expect(answer([older, newer])).toBe('indeterminate')
    expect(answer([newer, older])).toBe('indeterminate')
  })
  it('a permission for another organisation permits nothing', () => {
    expect(answerTo(permit({ actors: [actor('IRCP', named('other-team'))] }))).toBe('no-applicable-consent')
  })
  it('of two consents signed at the same moment neither wins by its place in the list', () => {
    const [yes, no] = [consent(permit(), { id: 'Consent/1' }), consent(deny(), { id: 'Consent/2' })]
    expect(answer([yes, no])).toBe('denied')
    expect(answer([no, yes])).toBe('denied')
  })
  it('a denied action leaves the other actions permitted', () => {
    const root = permit({}, deny({ actions: [action('access')] }))
    expect(answerTo(root, { action: 'disclose' })).toBe('permitted')
    expect(answerTo(root, { action: 'access' })).toBe('denied')
  })
  it('a denial whose time is over no longer stands in the way', () => {
    expect(answerTo(permit({}, deny({ period: period('2024', '2025') })))).toBe('permitted')
    expect(answerTo(permit({}, deny({ period: period('2024', '2026') })))).toBe('denied')
  })
  it('permit, but not medication, but its effects after all: the depth is followed', () => {
    const root = permit({}, deny({ codes: [info('medication')] }, permit({ codes: [info('medication.effect')] })))
    expect(answerTo(root, about('medication.effect'))).toBe('permitted')
    expect(answerTo(root, about('medication.detail'))).toBe('denied')
    expect(answerTo(root, about('benefit.period'))).toBe('permitted')
  })
  it('one client’s consents are never used for the next client', () => {
    const consents = [consent(permit())]
    const veikko = { client: [clientIdentity('veikko')], ...withFacts({ patients: [clientIdentity('veikko')] }) }
    expect(answer(consents)).toBe('permitted')
    expect(answer(consents, veikko)).toBe('no-applicable-consent')
    expect(answer(consents)).toBe('permitted')
  })
  it('what is in a permitted container is asked for on its own', () => {
    const consents = [consent(permit({ classes: [code(undefined, 'Bundle')] }))]
    expect(answer(consents, withFacts({ classes: ['Bundle'] }))).toBe('permitted')
    expect(answer(consents, withFacts({ classes: ['Observation'] }))).toBe('no-applicable-consent')
  })
  it('medication to the coach and meetings to the housing unit do not veto each other', () => {
    const coach = ownForm(permit({ codes: [info('medication.effect')] }))
    const unit = ownForm(permit({ actors: [actor('IRCP', housing)], codes: [info('care-meeting.time')] }))
    const both = [coach, unit]
    expect(answer(both, about('medication.effect'))).toBe('permitted')
    expect(answer(both, { ...about('care-meeting.time'), recipient: [housing] })).toBe('permitted')
    expect(answer(both, about('care-meeting.time'))).toBe('no-applicable-consent')
    expect(answer(both, { ...about('medication.effect'), recipient: [housing] })).toBe('no-applicable-consent')
  })
})
