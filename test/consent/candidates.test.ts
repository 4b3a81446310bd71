import { describe, expect, it } from 'vitest'
import type { ConsentRecord, Performer, PeriodOf } from '../../src/consent/consent-record.ts'
import { ACT_REASON_SYSTEM, CONSENT_SCOPE_SYSTEM, LOCAL_PURPOSE_SYSTEM } from '../../src/domain/codes.ts'
import { clientIdentity, type Identity } from '../../src/domain/identity.ts'
import {
  about,
  actor,
  aino,
  answer,
  answerTo,
  ask,
  code,
  conformance,
  consent,
  deny,
  hospital,
  housing,
  info,
  named,
  ownForm,
  period,
  permit,
  policy,
  support,
  team,
  untyped,
  whyNot,
  withFacts,
} from './build.ts'

const veikko = clientIdentity('veikko')
const given = (some: Partial<ConsentRecord>): string => answer([consent(permit(), some)])
const refused = (some: Partial<ConsentRecord>): string => answer([consent(permit()), consent(deny(), some)])
const why = (some: Partial<ConsentRecord>): string | undefined => whyNot([consent(permit(), some)])

describe('without permission nothing is told (rule 2)', () => {
  it('no consent at all is no permission', () => {
    expect(answer([])).toBe('no-applicable-consent')
    expect(answer([consent(permit())])).toBe('permitted')
  })
  it('the reasons keep their precedence: a denial, then doubt, then nothing', () => {
    const doubt = consent(deny({ actors: [actor('IRCP')] }))
    const maybe = consent(permit({ actors: [actor('IRCP')] }))
    const nothing = consent(permit({ codes: [info('benefit')] }))
    expect(answer([nothing])).toBe('no-applicable-consent')
    expect(answer([nothing, maybe])).toBe('indeterminate')
    expect(answer([nothing, doubt])).toBe('indeterminate')
    expect(answer([nothing, maybe, doubt, consent(deny())])).toBe('denied')
  })
  it('a permission that stands is not undone by another that is unclear', () => {
    const unclear = consent(permit({ actors: [actor('IRCP')] }))
    const record = ask([unclear, consent(permit())]).record
    expect(record.outcome).toBe('permit')
    expect(record.unknowns).toEqual([`${unclear.id}: provision: actor-does-not-match`])
    // Of several doubts the first is named, in the order in which a reader would look.
    const twice = consent(permit({ actors: [actor('IRCP')], unreadable: ['x'] }))
    expect(ask([twice]).record.unknowns).toEqual([`${twice.id}: provision: actor-does-not-match`])
  })
})

describe('whose consent (rule 3)', () => {
  it('another client’s consent permits nothing and refuses nothing', () => {
    expect(given({ patients: [veikko] })).toBe('no-applicable-consent')
    expect(why({ patients: [veikko] })).toBe('other-client')
    expect(refused({ patients: [veikko] })).toBe('permitted')
    expect(given({ patients: [] })).toBe('no-applicable-consent')
    expect(given({ patients: [veikko, aino] })).toBe('permitted')
  })
  it('a resource that names nobody is decided on the client asked about', () => {
    expect(answerTo(permit(), withFacts({ patients: [] }))).toBe('permitted')
    expect(answerTo(permit(), { data: undefined })).toBe('permitted')
  })
  it('all names of the client are the client', () => {
    const both = { client: [aino, named('aino')], ...withFacts({ patients: [named('aino')] }) }
    expect(answer([consent(permit())], both)).toBe('permitted')
  })
  it('every patient the resource names must permit it', () => {
    const both = withFacts({ patients: [aino, veikko] })
    expect(answer([consent(permit())], both)).toBe('no-applicable-consent')
    expect(answer([consent(permit()), consent(permit(), { patients: [veikko] })], both)).toBe('permitted')
    expect(answer([consent(permit()), consent(deny(), { patients: [veikko] })], both)).toBe('denied')
    expect(answer([consent(permit(), { patients: [veikko] })], both)).toBe('no-applicable-consent')
    expect(answer([consent(permit(), { patients: [veikko] })], withFacts({ patients: [veikko] }))).toBe(
      'no-applicable-consent',
    )
  })
})

describe('which consents count (rule 4)', () => {
  it.each(['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error', 'unknown', 'ACTIVE', ''])(
    'status %s counts neither for nor against',
    (status) => {
      expect(given({ status })).toBe('no-applicable-consent')
      expect(why({ status })).toBe(`status-${status}`)
      expect(refused({ status })).toBe('permitted')
    },
  )
  it('a consent for another scope does not count', () => {
    expect(given({ scopes: [code(undefined, 'research')] })).toBe('no-applicable-consent')
    expect(given({ scopes: [] })).toBe('no-applicable-consent')
    expect(why({ scopes: [] })).toBe('scope-does-not-fit')
    const privacy = code(CONSENT_SCOPE_SYSTEM, 'patient-privacy')
    expect(given({ scopes: [code(undefined, 'x'), privacy] })).toBe('permitted')
    expect(given({ scopes: [code('urn:x', 'patient-privacy')] })).toBe('no-applicable-consent')
    expect(refused({ scopes: [code('urn:x', 'patient-privacy')] })).toBe('permitted')
  })
  it('a scope or category without its system may count or not: it permits nothing and may refuse', () => {
    for (const some of [{ scopes: [code(undefined, 'patient-privacy')] }, { categories: [code(undefined, 'IDSCL')] }]) {
      expect(given(some)).toBe('indeterminate')
      expect(refused(some)).toBe('indeterminate')
      expect(answer([consent(permit()), consent(permit(), some)])).toBe('permitted')
    }
    expect(given({ categories: [code('urn:x', 'IDSCL')] })).toBe('no-applicable-consent')
    expect(given({ categories: [code('http://loinc.org', '59284-0')] })).toBe('permitted')
  })
  it('a consent of a category that does not count does not count, but in conformance mode', () => {
    const other = consent(permit(), { categories: [code(undefined, 'HCD')] })
    expect(answer([other])).toBe('no-applicable-consent')
    expect(whyNot([other])).toBe('category-does-not-count')
    expect(answer([other], {}, { policy: conformance })).toBe('permitted')
  })
  it('a consent in force that nobody can read fully makes everything doubtful', () => {
    const unreadable = { unreadable: ['modifierExtension urn:x'] }
    expect(given(unreadable)).toBe('indeterminate')
    const whole = consent(permit())
    const broken = consent(permit({ codes: [info('benefit')] }), unreadable)
    expect(answer([whole, broken])).toBe('indeterminate')
    expect(ask([whole, broken]).record.unknowns).toEqual([`${broken.id}: modifierExtension urn:x`])
    expect(answer([whole, consent(deny(), unreadable)])).toBe('denied')
  })
  it('also when its scope or category does not seem to fit', () => {
    const whole = consent(permit())
    expect(answer([whole, consent(deny(), { unreadable: ['x'], scopes: [] })])).toBe('indeterminate')
    expect(answer([whole, consent(deny(), { unreadable: ['x'], categories: [] })])).toBe('indeterminate')
    expect(answer([whole, consent(deny(), { unreadable: ['x'], status: 'inactive' })])).toBe('permitted')
    expect(answer([whole, consent(deny(), { unreadable: ['x'], patients: [veikko] })])).toBe('permitted')
  })
})

describe('written and verified evidence (rule 5)', () => {
  it.each<[string, Partial<ConsentRecord>, string]>([
    ['nobody signed', { performers: [] }, 'performer-missing'],
    ['no date', { hasDateTime: false }, 'date-missing'],
    ['no form named', { policyUris: [] }, 'policy-missing'],
    ['no signed form', { evidence: 'source-missing' }, 'evidence-source-missing'],
    ['the form is not here', { evidence: 'document-missing' }, 'evidence-document-missing'],
    ['the form has no hash', { evidence: 'hash-missing' }, 'evidence-hash-missing'],
    ['the form was altered', { evidence: 'hash-differs' }, 'evidence-hash-differs'],
    ['nobody verified it', { verifications: [] }, 'not-verified'],
    [
      'verified by nobody named',
      { verifications: [{ verified: true, by: [], strongSignature: false }] },
      'not-verified',
    ],
    [
      'the verification says it failed',
      { verifications: [{ verified: false, by: [hospital], strongSignature: true }] },
      'not-verified',
    ],
    [
      'verified by the recipient alone',
      { verifications: [{ verified: true, by: [team], strongSignature: false }] },
      'not-verified',
    ],
    [
      'verified by the recipient under one of several names',
      { verifications: [{ verified: true, by: [named('alias'), team], strongSignature: false }] },
      'not-verified',
    ],
    [
      'signed by somebody else',
      { performers: [{ kind: 'other', names: [named('sister')], covers: 'all' }] },
      'performer-not-entitled',
    ],
  ])('a consent permits nothing when %s, and its denials hold', (_gap, some, reason) => {
    expect(given(some)).toBe('no-applicable-consent')
    expect(why(some)).toBe(reason)
    expect(refused(some)).toBe('denied')
    expect(answer([consent(permit(), some)], {}, { policy: conformance })).toBe('permitted')
    expect(answer([consent(permit(), some), consent(permit())])).toBe('permitted')
  })
  it('the client’s own signature counts beside that of a witness', () => {
    const witness = { kind: 'other', names: [named('sister')], covers: undefined } as const
    const client = { kind: 'client', names: [named('aino')], covers: undefined } as const
    for (const performers of [
      [client, witness],
      [witness, client],
    ])
      expect(given({ performers })).toBe('permitted')
  })
  it('a missing piece of evidence is no doubt: nothing might have been permitted', () => {
    expect(answer([consent(permit({ actors: [actor('IRCP')] }), { performers: [] })])).toBe('no-applicable-consent')
  })
  it('a strong electronic signature verifies itself', () => {
    expect(given({ verifications: [{ verified: true, by: [], strongSignature: true }] })).toBe('permitted')
    expect(given({ verifications: [{ verified: true, by: [team], strongSignature: true }] })).toBe('permitted')
  })
  it('one independent verification among several is enough', () => {
    const by = (who: typeof team) => ({ verified: true, by: [who], strongSignature: false })
    expect(given({ verifications: [by(team), by(hospital)] })).toBe('permitted')
  })
  it('a guardian may permit what the recorded order covers, and nothing else', () => {
    const guardian = (covers: Performer['covers']) => ({
      performers: [{ kind: 'guardian', names: [named('guardian')], covers }] as const,
    })
    expect(given(guardian(['medication']))).toBe('permitted')
    expect(given(guardian('all'))).toBe('permitted')
    expect(given(guardian(['benefit']))).toBe('no-applicable-consent')
    expect(given(guardian([]))).toBe('no-applicable-consent')
    expect(given(guardian(undefined))).toBe('no-applicable-consent')
    expect(answer([consent(permit(), guardian(['']))], { information: undefined })).toBe('no-applicable-consent')
  })
  it('a guardian’s order must be in force at the moment of the decision', () => {
    const guardian = (orderPeriod: PeriodOf) => ({
      performers: [{ kind: 'guardian', names: [named('guardian')], covers: 'all', orderPeriod }] as const,
    })
    expect(given(guardian(period('2025', '2026')))).toBe('permitted')
    expect(given(guardian(period('2025', '2025')))).toBe('no-applicable-consent')
    expect(given(guardian('invalid'))).toBe('no-applicable-consent')
  })
  it('who may vouch for its own sendings only vouches for nothing others send', () => {
    const paper = (...verifiers: readonly { readonly who: Identity; readonly onlyAsSender?: boolean }[]) => ({
      verifications: verifiers.map(({ who, ...one }) => ({
        verified: true,
        by: [who],
        strongSignature: false,
        ...one,
      })),
    })
    const fromTeam = (some: Partial<ConsentRecord>) => {
      const both = permit({ actors: [actor('IRCP', team), actor('IRCP', hospital)] })
      return answer([consent(both, some)], { recipient: [hospital], custodian: [team] })
    }
    // A paper for both directions: the hospital's word opens what the hospital sends, not what it receives.
    expect(given(paper({ who: hospital }))).toBe('permitted')
    expect(fromTeam(paper({ who: hospital }))).toBe('no-applicable-consent')
    expect(fromTeam(paper({ who: hospital }, { who: team, onlyAsSender: true }))).toBe('permitted')
    expect(given(paper({ who: team, onlyAsSender: true }))).toBe('no-applicable-consent')
    expect(given(paper({ who: housing, onlyAsSender: true }))).toBe('no-applicable-consent')
    expect(given(paper({ who: housing }))).toBe('permitted')
    const severalNames = { verified: true, by: [named('ward'), hospital], strongSignature: false, onlyAsSender: true }
    expect(given({ verifications: [severalNames] })).toBe('permitted')
    const unsaid = [consent(permit(), paper({ who: hospital, onlyAsSender: true }))]
    expect(answer(unsaid)).toBe('permitted')
    expect(answer(unsaid, { custodian: undefined })).toBe('no-applicable-consent')
  })
  it('the client’s own denial wins over a guardian’s permission', () => {
    const guardian = { performers: [{ kind: 'guardian', names: [], covers: 'all' }] as const }
    expect(answer([consent(permit(), guardian), consent(deny())])).toBe('denied')
  })
})

describe('several consents (rule 19)', () => {
  it('permissions of several consents add up', () => {
    const medication = ownForm(permit({ codes: [info('medication.effect')] }))
    const benefit = ownForm(permit({ codes: [info('benefit.period')] }))
    expect(answer([medication, benefit], about('medication.effect'))).toBe('permitted')
    expect(answer([medication, benefit], about('benefit.period'))).toBe('permitted')
    expect(answer([medication, benefit], about('care-meeting.time'))).toBe('no-applicable-consent')
    expect(answer([medication], about('benefit.period'))).toBe('no-applicable-consent')
  })
  it('an explicit denial overrides in any order, and the contradiction shows', () => {
    const [yes, no] = [consent(permit()), consent(deny())]
    expect(answer([yes, no])).toBe('denied')
    expect(answer([no, yes])).toBe('denied')
    const { record } = ask([yes, no])
    expect(record.basis).toEqual([{ consent: no.id, version: '1', path: 'provision', effect: 'deny' }])
    expect(record.notApplicable).toEqual([{ consent: yes.id, why: 'conflicting-consents' }])
    expect(ask([no]).record.notApplicable).toEqual([])
    expect(ask([yes]).record.notApplicable).toEqual([])
  })
  it('two consents that do not meet do not contradict each other', () => {
    const [yes, other] = [consent(permit()), consent(untyped({ codes: [info('benefit')] }))]
    expect(ask([yes, other]).record.notApplicable).toEqual([{ consent: other.id, why: 'code-does-not-match' }])
  })
})

describe('research asks for its own consent (rule 4)', () => {
  const research = code(LOCAL_PURPOSE_SYSTEM, 'research')
  const study = { purposes: [code(ACT_REASON_SYSTEM, 'CLINTRCH')] }
  const forAll = { purposes: [support, code(ACT_REASON_SYSTEM, 'HRESCH'), research] }
  const scope = { scopes: [code(CONSENT_SCOPE_SYSTEM, 'research')] }
  it('a general permission permits no research, a research permission nothing else', () => {
    for (const asked of [study, { purposes: [research] }]) {
      expect(answer([consent(permit(forAll))], asked)).toBe('no-applicable-consent')
      expect(whyNot([consent(permit(forAll))], asked)).toBe('scope-does-not-fit')
      expect(answer([consent(permit(forAll), scope)], asked)).toBe('permitted')
    }
    expect(answer([consent(permit(forAll), scope)])).toBe('no-applicable-consent')
  })
  it('a refusal of research refuses research only, a general refusal everything', () => {
    const permits = [consent(permit(forAll)), consent(permit(forAll), scope)]
    expect(answer([...permits, consent(deny(), scope)])).toBe('permitted')
    expect(answer([...permits, consent(deny(), scope)], study)).toBe('denied')
    expect(answer([...permits, consent(deny())], study)).toBe('denied')
  })
})

describe('the record (rules 1 and 24)', () => {
  it('carries a digest of everything it rests on, the same in any order of the consents', () => {
    const sha256 = (text: string): string => `(${text})`
    const inputs = (consents: readonly ConsentRecord[], some = {}, asOf = 1): string | undefined =>
      ask(consents, some, { asOf, policy: { ...policy, sha256 } }).record.inputs
    const [one, other] = [consent(permit(), { digest: 'd1' }), consent(deny())]
    const before = inputs([one, other])
    expect(before).toContain('d1')
    expect(inputs([other, one])).toBe(before)
    const changed = [
      inputs([one]),
      inputs([{ ...one, digest: 'd2' }, other]),
      inputs([{ ...one, version: '2' }, other]),
      inputs([one, other], { action: 'access' }),
      inputs([one, other], { epoch: 2 }),
      inputs([one, other], withFacts({ labels: [code('urn:x', 'x')] })),
      inputs([one, other], {}, 2),
      inputs([one, other], { client: [veikko] }),
      inputs([one, other], { purposes: [] }),
      inputs([one, other], { recipient: [housing] }),
      ...(['housing-service', 'ips-team', undefined] as const).map((recipientKind) =>
        inputs([one, other], { recipientKind, purposes: [code('urn:x', 'x')] }),
      ),
      ...[[], [housing], undefined].map((custodian) => inputs([one, other], { custodian })),
      ...[[], [housing]].map((author) => inputs([one, other], { author })),
      ...['benefit', 'benefit.period', 'benefit.amount'].map((word) => inputs([one, other], about(word))),
      inputs([one, other], { information: undefined }),
    ]
    expect(new Set([before, ...changed]).size).toBe(1 + changed.length)
    expect(changed).not.toContain(undefined)
    const state = (deceased: boolean, minor: boolean) => inputs([], { clientState: { deceased, minor } })
    expect(new Set([state(false, false), state(true, false), state(false, true)]).size).toBe(3)
    expect(ask([one], { epoch: 7 }).record.epoch).toBe(7)
  })

  it('names what it rests on, to the provision', () => {
    const yes = consent(deny({}, permit({ codes: [info('benefit')] }), permit()), { id: 'Consent/x', version: '3' })
    expect(ask([yes]).record).toEqual({
      outcome: 'permit',
      reason: 'permitted',
      hardRule: undefined,
      basis: [{ consent: 'Consent/x', version: '3', path: 'provision.provision[1]', effect: 'permit' }],
      notApplicable: [],
      unknowns: [],
      asOf: Date.parse('2026-03-12T09:00:00Z'),
      zone: 'Europe/Helsinki',
      policyVersion: 'test',
      engine: 'ips-consent 1, purposes 1',
      epoch: undefined,
      inputs: undefined,
    })
  })
  it('lists in the same order and without repeats, whatever the order of the consents', () => {
    const list = ['c', 'a', 'b'].map((id) => consent(permit(), { id: `Consent/${id}` }))
    const others = ['e', 'd'].map((id) => consent(permit(), { id: `Consent/${id}`, status: 'draft' }))
    const one = ask([...list, ...others]).record
    expect(ask([...others, ...list.toReversed()]).record).toEqual(one)
    expect(one.basis.map(({ consent }) => consent)).toEqual(['Consent/a', 'Consent/b', 'Consent/c'])
    expect(one.notApplicable.map(({ consent }) => consent)).toEqual(['Consent/d', 'Consent/e'])
    const twice = ask(list, withFacts({ patients: [aino, veikko] })).record.notApplicable
    expect(twice.map(({ consent, why }) => `${consent} ${why}`)).toEqual([
      'Consent/a other-client',
      'Consent/b other-client',
      'Consent/c other-client',
    ])
  })
})
