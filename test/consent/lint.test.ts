import { describe, expect, it } from 'vitest'
import type { ConsentRecord, Provision } from '../../src/consent/consent-record.ts'
import { lintConsent } from '../../src/consent/lint.ts'
import { ACT_REASON_SYSTEM, CONSENT_SCOPE_SYSTEM } from '../../src/domain/codes.ts'
import { consentFindings } from '../../src/domain/consent-finding.ts'
import { languages } from '../../src/domain/party.ts'
import { findingText } from '../../src/language/words.ts'
import {
  actor,
  code,
  confidentiality,
  consent,
  deny,
  housing,
  info,
  named,
  ownForm,
  permit,
  sensitivity,
  team,
  untyped,
} from './build.ts'

const found = (one: ConsentRecord, ...others: readonly ConsentRecord[]): readonly string[] =>
  lintConsent(one, others).map((finding) => `${finding.code} ${finding.other ?? finding.path}`.trim())
const inForm = (...permits: readonly Provision[]): readonly string[] => found(ownForm(...permits))
const guardian = { performers: [{ kind: 'guardian', names: [named('g')], covers: 'all' }] } as const
const child = 'provision.provision[0]'

describe('a consent looked over before it is written down (rule 25)', () => {
  it('nothing is wrong with our own form', () => {
    const full = permit({
      codes: [info('medication.effect')],
      actors: [actor('IRCP', team), actor('CST', named('h'))],
      securityLabels: [confidentiality('R'), sensitivity('PSY')],
    })
    expect(inForm(full, permit({ codes: [info('benefit.period')] }))).toEqual([])
  })
  it.each<[string, Provision, string]>([
    ['a deny under a deny', deny(), `deny-under-deny ${child}`],
    ['an exception to a permit', permit({}, deny()), `nested-too-deep ${child}.provision[0]`],
    ['a role nobody knows', permit({ actors: [actor('IRCP', team), actor('WIT', team)] }), `role-unknown ${child}`],
    ['an actor nobody can resolve', permit({ actors: [actor('IRCP')] }), `actor-unresolved ${child}`],
    ['a permit without recipient', permit({ actors: [actor('CST', team)] }), `recipient-missing ${child}`],
    ['a permit without purpose', permit({ purposes: [] }), `purpose-missing ${child}`],
    ['breaking the glass', permit({ purposes: [code(ACT_REASON_SYSTEM, 'BTG')] }), `purpose-never-allowed ${child}`],
    ['research', permit({ purposes: [code(ACT_REASON_SYSTEM, 'BIORCH')] }), `research-needs-own-consent ${child}`],
    ['a period that cannot be', permit({ period: 'invalid' }), `period-invalid ${child}`],
    ['a period of data that cannot be', permit({ dataPeriod: 'invalid' }), `period-invalid ${child}`],
    ['a category nobody knows', permit({ codes: [info('medication.brand')] }), `code-unknown ${child}`],
    ['a label nobody can decide', permit({ securityLabels: [sensitivity('NOREUSE')] }), `label-undecidable ${child}`],
    ['something unreadable', permit({ unreadable: ['x'] }), `unreadable ${child}`],
  ])('%s is found, and nothing else', (_what, provision, expected) => {
    expect(inForm(provision)).toEqual([expected])
  })
  it('a deny with nothing beside it that says permit or deny: no default, a refusal of all it covers', () => {
    const alone = 'root-deny-alone provision'
    expect(found(consent(deny()))).toEqual([alone])
    expect(found(consent(deny({ codes: [info('medication')] })))).toEqual([alone])
    expect(inForm(untyped())).toEqual([alone, `nested-type-missing ${child}`])
    expect(inForm(permit(), untyped())).toEqual(['nested-type-missing provision.provision[1]'])
  })
  it('recipient and purpose may stand in the root', () => {
    const root = deny(
      { actors: [actor('IRCP', team)], purposes: permit().purposes },
      { ...permit(), actors: [], purposes: [] },
    )
    expect(found(consent(root))).toEqual([])
  })
  it('research stands on its own paper, and nothing else does', () => {
    const scopes = [code(CONSENT_SCOPE_SYSTEM, 'research')]
    const study = permit({ purposes: [code(ACT_REASON_SYSTEM, 'HRESCH')] })
    expect(found({ ...ownForm(study), scopes })).toEqual([])
    expect(found({ ...ownForm(permit()), scopes })).toEqual([`research-needs-own-consent ${child}`])
  })
  it('a root that is no deny, one that says nothing, and none at all', () => {
    expect(found(consent(permit()))).toEqual(['root-not-deny provision'])
    expect(found(consent(untyped()))).toEqual(['root-not-deny provision', 'no-effect provision'])
    expect(found(consent(undefined))).toEqual(['no-effect'])
    expect(found(consent(deny(), { unreadable: ['x'] }))).toEqual(['unreadable', 'root-deny-alone provision'])
  })
  it('another consent in force that permits the same to the same recipient', () => {
    const medication = ownForm(permit({ codes: [info('medication.change')] }))
    const again = ownForm(permit({ codes: [info('medication.detail')] }))
    const everything = ownForm(permit())
    expect(found(medication, again)).toEqual([`overlapping-consents ${again.id}`])
    expect(found(medication, everything)).toEqual([`overlapping-consents ${everything.id}`])
    expect(found(everything, medication)).toEqual([`overlapping-consents ${medication.id}`])
    for (const other of [
      ownForm(permit({ codes: [info('benefit')] })),
      ownForm(permit({ codes: [info('medication.change')], actors: [actor('IRCP', housing)] })),
      { ...again, status: 'inactive' },
      { ...again, id: medication.id },
      consent(deny({ codes: [info('medication')], actors: [actor('IRCP', team)] })),
    ]) {
      expect(found(medication, other)).toEqual([])
    }
    expect(found({ ...medication, status: 'draft' }, again)).toEqual([])
    expect(found({ ...medication, replaces: [again.id] }, again)).toEqual([])
  })
  it('a consent to be replaced must be there, and its signer’s', () => {
    const old = ownForm(permit())
    const next = { ...ownForm(permit()), replaces: [old.id] }
    expect(found(next)).toEqual([`replaced-unknown ${old.id}`])
    expect(found({ ...next, id: old.id }, old)).toEqual([`replaced-unknown ${old.id}`])
    expect(found(next, old)).toEqual([])
    expect(found({ ...next, ...guardian }, old)).toEqual([`replaced-by-other-signer ${old.id}`])
    expect(found({ ...next, ...guardian }, { ...old, ...guardian })).toEqual([])
    expect(found(next, { ...old, ...guardian })).toEqual([])
  })
  it('every finding has its weight and its words in three languages', () => {
    const [first] = lintConsent(consent(undefined), [])
    expect(first).toEqual({ code: 'no-effect', severity: 'warning', path: '' })
    for (const finding of Object.keys(consentFindings) as (keyof typeof consentFindings)[]) {
      expect(new Set(languages.map((language) => findingText(finding, language))).size).toBe(3)
    }
  })
})
