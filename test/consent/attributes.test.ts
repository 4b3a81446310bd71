import { describe, expect, it } from 'vitest'
import { ACT_REASON_SYSTEM } from '../../src/domain/codes.ts'
import { type Identity, referenceIdentity } from '../../src/domain/identity.ts'
import {
  about,
  action,
  actor,
  answer,
  answerTo,
  code,
  conformance,
  consent,
  deny,
  evaluation,
  hospital,
  housing,
  info,
  named,
  period,
  permit,
  provision,
  support,
  team,
  whyNot,
  withFacts,
} from './build.ts'

const ref = (reference: string): Identity => referenceIdentity(reference)
/** The answer where everything is permitted but for one exception. */
const except = (own: Parameters<typeof deny>[0], some = {}): string => answerTo(permit({}, deny(own)), some)
const only = (own: Parameters<typeof permit>[0], some = {}): string => answerTo(permit(own), some)
const quetiapine = code('http://www.whocc.no/atc', 'N05AH04')

describe('a permit names its recipient and its purpose (rule 10)', () => {
  it('a permit that names no recipient or no purpose permits nothing', () => {
    expect(answerTo(provision('permit', { purposes: [support] }))).toBe('no-applicable-consent')
    expect(whyNot([consent(provision('permit', { purposes: [support] }))])).toBe('recipient-not-named')
    expect(answerTo(provision('permit', { actors: [actor('IRCP', team)] }))).toBe('no-applicable-consent')
    expect(whyNot([consent(provision('permit', { actors: [actor('IRCP', team)] }))])).toBe('purpose-not-named')
  })
  it('naming the sender alone names no recipient', () => {
    expect(only({ actors: [actor('CST', hospital)] })).toBe('no-applicable-consent')
  })
  it('an inherited recipient and purpose are enough', () => {
    const root = deny({ actors: [actor('IRCP', team)], purposes: [support] }, provision('permit'))
    expect(answerTo(root)).toBe('permitted')
  })
  it('a deny may name neither', () => {
    expect(except({})).toBe('denied')
  })
  it('conformance mode asks for neither', () => {
    expect(answerTo(provision('permit'), {}, { policy: conformance })).toBe('permitted')
  })
})

describe('who (rule 11)', () => {
  it('the recipient named is told, another is not', () => {
    expect(only({ actors: [actor('IRCP', team)] })).toBe('permitted')
    expect(only({ actors: [actor('IRCP', housing)] })).toBe('no-applicable-consent')
    expect(only({ actors: [actor('IRCP', team)] }, { recipient: [housing] })).toBe('no-applicable-consent')
  })
  it('naming a team does not name its employer, nor the other way round', () => {
    const employer = named('employment-authority')
    expect(only({ actors: [actor('IRCP', employer)] }, { recipient: [team] })).toBe('no-applicable-consent')
    expect(only({ actors: [actor('IRCP', employer)] }, { recipient: [team, employer] })).toBe('permitted')
  })
  it.each(['IRCP', 'PRCP', 'GRANTEE', 'DELEGATEE'])('%s is a recipient', (role) => {
    expect(only({ actors: [actor(role, team)] })).toBe('permitted')
    expect(only({ actors: [actor(role, housing)] })).toBe('no-applicable-consent')
    expect(only({ actors: [actor('IRCP', housing), actor(role, team)] })).toBe('permitted')
  })
  it('the custodian is the sender, the author the one who wrote it', () => {
    const from = (role: string, who: Identity) => ({ actors: [actor('IRCP', team), actor(role, who)] })
    expect(only(from('CST', hospital))).toBe('permitted')
    expect(only(from('CST', housing))).toBe('no-applicable-consent')
    expect(only(from('AUT', hospital), { author: [hospital] })).toBe('permitted')
    expect(only(from('AUT', hospital), { author: [housing] })).toBe('no-applicable-consent')
    expect(except({ actors: [actor('CST', hospital)] })).toBe('denied')
    expect(except({ actors: [actor('CST', housing)] })).toBe('permitted')
  })
  it('a sender or an author nobody knows is unknown where it is tested', () => {
    expect(only({ actors: [actor('IRCP', team), actor('AUT', hospital)] })).toBe('indeterminate')
    expect(except({ actors: [actor('AUT', hospital)] })).toBe('indeterminate')
    expect(except({ actors: [actor('CST', hospital)] }, { custodian: undefined })).toBe('indeterminate')
  })
  it('an actor nobody can resolve is unknown, unless another of its group matches', () => {
    expect(only({ actors: [actor('IRCP')] })).toBe('indeterminate')
    expect(only({ actors: [actor('IRCP'), actor('IRCP', team)] })).toBe('permitted')
    expect(only({ actors: [actor('IRCP'), actor('IRCP', housing)] })).toBe('indeterminate')
    expect(only({ actors: [actor('IRCP', housing), actor('IRCP')] })).toBe('indeterminate')
    expect(except({ actors: [actor('IRCP')] })).toBe('indeterminate')
    expect(except({ actors: [actor('IRCP', housing)] })).toBe('permitted')
  })
  it('a recipient without any name is unknown: a deny might mean it', () => {
    expect(answer([consent(deny({ actors: [actor('IRCP', housing)] }))], { recipient: [] })).toBe('indeterminate')
    expect(only({}, { recipient: [] })).toBe('indeterminate')
  })
  it.each([undefined, 'IRCPX', 'constructor', 'WIT'])('role %s is unknown', (role) => {
    expect(only({ actors: [actor('IRCP', team), actor(role, team)] })).toBe('indeterminate')
    expect(except({ actors: [actor(role, team)] })).toBe('indeterminate')
    expect(except({ actors: [actor('IRCP', housing), actor(role, team)] })).toBe('permitted')
  })
})

describe('what is done (rule 12)', () => {
  it('no action named means every action', () => {
    expect(only({})).toBe('permitted')
    expect(only({}, { action: 'access' })).toBe('permitted')
  })
  it('an action named must be the one asked', () => {
    expect(only({ actions: [action('access'), action('disclose')] })).toBe('permitted')
    expect(only({ actions: [action('access')] })).toBe('no-applicable-consent')
    expect(except({ actions: [action('disclose')] })).toBe('denied')
    expect(except({ actions: [action('access')] })).toBe('permitted')
  })
  it('an action of an unknown system is unknown', () => {
    expect(only({ actions: [code('urn:x', 'disclose')] })).toBe('indeterminate')
    expect(except({ actions: [code(undefined, 'disclose')] })).toBe('indeterminate')
  })
})

describe('what for (rule 13)', () => {
  it('the purpose must be the one named, system and code', () => {
    expect(only({ purposes: [evaluation, support] })).toBe('permitted')
    expect(only({ purposes: [evaluation] })).toBe('no-applicable-consent')
    expect(only({ purposes: [code('urn:x', support.code)] })).toBe('no-applicable-consent')
    expect(except({ purposes: [support] })).toBe('denied')
    expect(except({ purposes: [evaluation] })).toBe('permitted')
  })
  it('several purposes must each be permitted', () => {
    const both = { purposes: [support, evaluation] }
    expect(answerTo(permit({ purposes: [support] }), both)).toBe('no-applicable-consent')
    expect(answerTo(permit({ purposes: [support, evaluation] }), both)).toBe('permitted')
    expect(answer([consent(permit()), consent(permit({ purposes: [evaluation] }))], both)).toBe('permitted')
    expect(answerTo(permit({ purposes: [support, evaluation] }, deny({ purposes: [evaluation] })), both)).toBe('denied')
  })
  it('a purpose covers what the table says, and nothing covers what it is part of', () => {
    const hl7 = (word: string) => code(ACT_REASON_SYSTEM, word)
    const asked = (word: string) => ({ purposes: [hl7(word)] })
    expect(only({ purposes: [hl7('TREAT')] }, asked('COC'))).toBe('permitted')
    expect(only({ purposes: [hl7('COC')] }, asked('TREAT'))).toBe('no-applicable-consent')
    expect(only({ purposes: [hl7('TREAT')] }, asked('CLINTRL'))).toBe('no-applicable-consent')
    expect(only({ purposes: [hl7('TREAT')] }, { purposes: [code('urn:x', 'COC')] })).toBe('no-applicable-consent')
    expect(only({ purposes: [hl7('TREAT')] }, { purposes: [code(undefined, 'COC')] })).toBe('indeterminate')
    expect(only({ purposes: [code(undefined, 'TREAT')] }, asked('COC'))).toBe('indeterminate')
    expect(only({ purposes: [code(undefined, 'TREAT')] }, asked('HPAYMT'))).toBe('no-applicable-consent')
    const all = (word: string) => deny({ purposes: [hl7(word)] })
    expect(answerTo(permit({ purposes: [hl7('COC')] }, all('TREAT')), asked('COC'))).toBe('denied')
    expect(answerTo(permit({ purposes: [hl7('TREAT')] }, all('COC')), asked('TREAT'))).toBe('permitted')
  })
  it('no purpose is unknown wherever a purpose is named', () => {
    expect(only({}, { purposes: [] })).toBe('indeterminate')
    expect(answerTo(deny({ purposes: [evaluation] }), { purposes: [] })).toBe('indeterminate')
  })
  it('the same code without a system may be the same purpose: a deny holds', () => {
    expect(except({ purposes: [code(undefined, support.code)] })).toBe('indeterminate')
    expect(only({ purposes: [code(undefined, support.code)] })).toBe('indeterminate')
    expect(except({ purposes: [code(undefined, 'other')] })).toBe('permitted')
  })
})

describe('what about (rule 14)', () => {
  it('a permit for a level covers the shallower ones', () => {
    const levels = ['change', 'effect', 'detail'].map((level) => about(`medication.${level}`))
    const covered = (word: string) => levels.map((level) => only({ codes: [info(word)] }, level) === 'permitted')
    expect(covered('medication.detail')).toEqual([true, true, true])
    expect(covered('medication.effect')).toEqual([true, true, false])
    expect(covered('medication.change')).toEqual([true, false, false])
    expect(covered('medication')).toEqual([true, false, false])
  })
  it('a deny of a level covers the deeper ones, and of the bare category all', () => {
    const levels = ['change', 'effect', 'detail'].map((level) => about(`medication.${level}`))
    const denied = (word: string) => levels.map((level) => except({ codes: [info(word)] }, level) === 'denied')
    expect(denied('medication.detail')).toEqual([false, false, true])
    expect(denied('medication.effect')).toEqual([false, true, true])
    expect(denied('medication.change')).toEqual([true, true, true])
    expect(denied('medication')).toEqual([true, true, true])
  })
  it('another category is another matter', () => {
    expect(only({ codes: [info('benefit.amount')] })).toBe('no-applicable-consent')
    expect(except({ codes: [info('benefit')] })).toBe('permitted')
    expect(only({ codes: [info('identity')] }, about('identity'))).toBe('permitted')
  })
  it('a word nobody knows is unknown', () => {
    expect(only({ codes: [info('medication.brand')] })).toBe('indeterminate')
    expect(except({ codes: [info('medication.brand')] })).toBe('indeterminate')
    expect(except({ codes: [info('constructor')] })).toBe('indeterminate')
    expect(except({ codes: [info('medication')] }, { information: undefined })).toBe('indeterminate')
  })
  it('a level that no longer exists is covered by no permit', () => {
    const renamed = { information: { category: 'medication', level: 'renamed' } } as const
    expect(only({ codes: [info('medication.change')] }, renamed)).toBe('indeterminate')
    expect(except({ codes: [info('medication.detail')] }, renamed)).toBe('indeterminate')
  })
  it('any coding of the resource counts, system and code', () => {
    const drug = withFacts({ codes: [code('urn:local', '1'), quetiapine] })
    expect(only({ codes: [quetiapine] }, drug)).toBe('permitted')
    expect(only({ codes: [quetiapine] })).toBe('no-applicable-consent')
    expect(except({ codes: [quetiapine] }, drug)).toBe('denied')
    expect(except({ codes: [code('urn:x', quetiapine.code)] }, drug)).toBe('permitted')
    expect(except({ codes: [code(undefined, quetiapine.code)] }, drug)).toBe('indeterminate')
    expect(except({ codes: [quetiapine] }, withFacts({ codes: [code(undefined, quetiapine.code)] }))).toBe(
      'indeterminate',
    )
    expect(except({ codes: [quetiapine] }, { data: undefined })).toBe('indeterminate')
  })
  it('what the resource says in words only may be what a provision means', () => {
    const words = withFacts({ hasUncoded: true })
    expect(except({ codes: [quetiapine] }, words)).toBe('indeterminate')
    expect(only({ codes: [quetiapine] }, words)).toBe('indeterminate')
    expect(except({ codes: [quetiapine] }, withFacts({ hasUncoded: true, codes: [quetiapine] }))).toBe('denied')
    expect(except({ codes: [info('benefit')] }, words)).toBe('permitted')
  })
  it('class is the type of resource or a profile', () => {
    const order = withFacts({ classes: ['MedicationRequest', 'https://profile'] })
    const type = (word: string) => ({ classes: [code('http://hl7.org/fhir/resource-types', word)] })
    expect(only(type('MedicationRequest'), order)).toBe('permitted')
    expect(only(type('https://profile'), order)).toBe('permitted')
    const either = [...type('Observation').classes, ...type('MedicationRequest').classes]
    expect(only({ classes: either }, order)).toBe('permitted')
    expect(only(type('MedicationRequest'))).toBe('no-applicable-consent')
    expect(except(type('MedicationRequest'), order)).toBe('denied')
    expect(except(type('MedicationRequest'))).toBe('permitted')
    expect(except(type('MedicationRequest'), { data: undefined })).toBe('indeterminate')
  })
})

describe('data of which time (rule 16)', () => {
  const of = (start: string, end: string) =>
    withFacts({ clinicalDate: period(start, end) as { from: number; until: number } })
  it('a permit needs the data inside the period, a deny any overlap', () => {
    const spring = { dataPeriod: period('2026-03-01', '2026-05-31') }
    expect(only(spring, of('2026-03-01', '2026-05-31'))).toBe('permitted')
    expect(only(spring, of('2026-02-28', '2026-03-02'))).toBe('no-applicable-consent')
    expect(only(spring, of('2026-05-31', '2026-06-01'))).toBe('no-applicable-consent')
    expect(except(spring, of('2026-02-28', '2026-03-01'))).toBe('denied')
    expect(except(spring, of('2026-05-31', '2026-06-02'))).toBe('denied')
    expect(except(spring, of('2026-02-01', '2026-02-28'))).toBe('permitted')
    expect(except(spring, of('2026-06-01', '2026-06-02'))).toBe('permitted')
  })
  it('data without a date and a period that cannot be read are unknown', () => {
    expect(only({ dataPeriod: period('2026') })).toBe('indeterminate')
    expect(except({ dataPeriod: period('2026') })).toBe('indeterminate')
    expect(except({ dataPeriod: 'invalid' }, of('2026', '2026'))).toBe('indeterminate')
    expect(except({ dataPeriod: period('2026') }, { data: undefined })).toBe('indeterminate')
  })
})

describe('which data (rule 17)', () => {
  const it1 = ref('Communication/1')
  const pointing = (meaning: string, reference: Identity | undefined) => ({ data: [{ meaning, reference }] })
  it('this very resource', () => {
    expect(only(pointing('instance', it1))).toBe('permitted')
    expect(only(pointing('instance', ref('Communication/2')))).toBe('no-applicable-consent')
    expect(except(pointing('instance', it1))).toBe('denied')
  })
  it('what refers to it', () => {
    const about2 = withFacts({ refersTo: [ref('MedicationRequest/2')] })
    expect(only(pointing('dependents', ref('MedicationRequest/2')), about2)).toBe('permitted')
    expect(only(pointing('dependents', it1))).toBe('permitted')
    expect(except(pointing('dependents', ref('MedicationRequest/2')), about2)).toBe('denied')
    expect(except(pointing('dependents', ref('MedicationRequest/3')), about2)).toBe('permitted')
    expect(only(pointing('instance', ref('MedicationRequest/2')), about2)).toBe('no-applicable-consent')
  })
  it('what somebody wrote; unknown when nobody says who wrote it', () => {
    const writer = ref('PractitionerRole/1')
    const written = withFacts({ authors: [writer] })
    expect(only(pointing('authoredby', writer), written)).toBe('permitted')
    expect(except(pointing('authoredby', writer), written)).toBe('denied')
    expect(except(pointing('authoredby', ref('PractitionerRole/2')), written)).toBe('permitted')
    expect(except(pointing('authoredby', writer))).toBe('indeterminate')
  })
  it('related, an unknown meaning, a reference nobody can read, and no data at all are unknown', () => {
    expect(except(pointing('related', it1))).toBe('indeterminate')
    expect(except(pointing('', it1))).toBe('indeterminate')
    const written = withFacts({ authors: [ref('PractitionerRole/1')] })
    expect(except(pointing('', ref('PractitionerRole/1')), written)).toBe('indeterminate')
    expect(except(pointing('instance', undefined))).toBe('indeterminate')
    expect(except(pointing('instance', it1), { data: undefined })).toBe('indeterminate')
  })
})

describe('attributes together (rule 8)', () => {
  it('all attributes must match; one that does not is enough to leave the provision out', () => {
    const here = { codes: [info('medication.effect')], actions: [action('disclose')], period: period('2026') }
    expect(only(here)).toBe('permitted')
    expect(only({ ...here, purposes: [code(ACT_REASON_SYSTEM, 'TREAT')] })).toBe('no-applicable-consent')
    expect(except({ ...here, actors: [actor('IRCP', housing)] })).toBe('permitted')
  })
  it('what surely differs comes before what is unknown', () => {
    expect(except({ actors: [actor('IRCP')], codes: [info('benefit')] })).toBe('permitted')
    expect(only({ period: 'invalid', codes: [info('benefit')] })).toBe('no-applicable-consent')
  })
  it('an element nobody understands is unknown', () => {
    expect(only({ unreadable: ['x'] })).toBe('indeterminate')
    expect(except({ unreadable: ['x'] })).toBe('indeterminate')
    expect(except({ unreadable: ['x'], codes: [info('benefit')] })).toBe('permitted')
  })
})
