import { casesOf } from '../case.ts'
import { type Fhir, written } from '../written.ts'

const { paper, own, permit, deny, actor } = written
const at = (asOf: string): Fhir => ({ asOf })
const housing = actor('IRCP', 'Organization/housing')
const known = [{ resourceType: 'Organization', id: 'ips-team' }]
const older = paper(permit(), { dateTime: '2025-01-01' })
const lost = paper(deny({ actor: [actor('IRCP', 'Organization/lost')] }), { dateTime: '2026-01-01' })
const observation = { resourceType: 'Observation', subject: { reference: 'Patient/aino' } }
const onlyBundles = paper(permit({ class: [{ code: 'Bundle' }] }))
const coach = own(deny({}, permit({ code: ['medication.effect'] })))
const unit = own(deny({}, permit({ code: ['care-meeting.time'], actor: [housing] })))

/** Answers that other engines are known to get wrong. */
export const wrongAnswers = [
  ...casesOf('wrong-answers', [
    [
      'a date-only end that expires at 00:00 UTC',
      'permitted',
      paper(permit({ period: { end: '2026-03-12' } })),
      {},
      at('2026-03-12T20:00:00Z'),
    ],
    ['a deny root with a nested deny answering permit', 'denied', paper(deny({}, deny({ code: ['medication'] })))],
    [
      'a root permit that names another organisation answering permit',
      'no-applicable-consent',
      paper(permit({ actor: [actor('IRCP', 'Organization/else')] })),
    ],
    [
      'two consents of the same moment deciding by their order: permit first',
      'denied',
      [paper(permit()), paper(deny())],
    ],
    ['two consents of the same moment deciding by their order: deny first', 'denied', [paper(deny()), paper(permit())]],
    ['a child deny for another action blocking this one', 'permitted', paper(permit({}, deny({ action: ['access'] })))],
    ['and not blocking its own', 'denied', paper(permit({}, deny({ action: ['access'] }))), { action: 'access' }],
    [
      'a child deny whose period ended long ago still blocking',
      'permitted',
      paper(permit({}, deny({ period: { end: '2020' } }))),
    ],
    [
      'permit > deny > permit with depth ignored',
      'permitted',
      paper(permit({}, deny({ code: ['medication'] }, permit({ code: ['medication.effect'] })))),
    ],
    [
      'a container permitted and its children not asked',
      'no-applicable-consent',
      onlyBundles,
      { resource: { resourceType: 'Bundle', entry: [{ resource: observation }] } },
    ],
    ['an empty container', 'permitted', onlyBundles, { resource: { resourceType: 'Bundle', entry: [] } }],
    ['medication to the coach', 'permitted', [coach, unit]],
    [
      'meetings to the housing unit',
      'permitted',
      [coach, unit],
      { category: 'care-meeting.time', recipient: ['Organization/housing'] },
    ],
    ['meetings to the coach', 'no-applicable-consent', [coach, unit], { category: 'care-meeting.time' }],
    ['medication to the housing unit', 'no-applicable-consent', [coach, unit], { recipient: ['Organization/housing'] }],
    [
      'a consent set of one client used for another',
      'no-applicable-consent',
      paper(permit()),
      { client: 'Patient/veikko', resource: { resourceType: 'Communication' } },
    ],
  ]),
  {
    rule: 'wrong-answers',
    title: 'a newer deny whose actor cannot be resolved losing to an older permit',
    expect: 'indeterminate',
    consents: [older, lost],
    directory: known,
  } as const,
  {
    rule: 'wrong-answers',
    title: 'in any order',
    expect: 'indeterminate',
    consents: [lost, older],
    directory: known,
  } as const,
]
