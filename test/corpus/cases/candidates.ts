import {
  ACT_CODE_SYSTEM,
  ACT_REASON_SYSTEM,
  CONSENT_SCOPE_SYSTEM,
  GUARDIANSHIP_EXTENSION,
  INFORMATION_SYSTEM,
  VERIFIED_BY_EXTENSION,
  VERIFIED_HOW_EXTENSION,
} from '../../../src/domain/codes.ts'
import { casesOf } from '../case.ts'
import { type Fhir, written } from '../written.ts'

const { paper, permit, deny, concept, actor } = written
const statuses = ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error']
const veikko = { patient: { reference: 'Patient/veikko' }, performer: [{ reference: 'Patient/veikko' }] }
const about = (...names: readonly string[]): Fhir => ({
  resource: {
    resourceType: 'Communication',
    subject: { reference: names[0] },
    about: names.slice(1).map((reference) => ({ reference })),
  },
})
const verified = (extension: readonly Fhir[], ok = true): Fhir => ({ verification: [{ verified: ok, extension }] })
const by = (reference: string): Fhir => ({ url: VERIFIED_BY_EXTENSION, valueReference: { reference } })
const strong: Fhir = { url: VERIFIED_HOW_EXTENSION, valueCode: 'strong-e-signature' }
const guardian = (...extension: readonly Fhir[]): Fhir => ({
  performer: [{ reference: 'RelatedPerson/1', extension: [{ url: GUARDIANSHIP_EXTENSION, extension }] }],
})
const covers = (code: string): Fhir => ({ url: 'covers', valueCoding: { system: INFORMATION_SYSTEM, code } })
const conformance = { mode: 'r4-conformance' }
const research = { scope: concept(CONSENT_SCOPE_SYSTEM, 'research') }
const study = { purpose: [written.purpose('CLINTRCH', ACT_REASON_SYSTEM)] }
const forStudies = permit({ purpose: [written.purpose(), written.purpose('HRESCH', ACT_REASON_SYSTEM)] })

export const candidates = [
  ...casesOf('2', [
    ['no consent at all', 'no-applicable-consent', []],
    ['a permit that matches', 'permitted', paper(permit())],
    ['a deny before a doubt', 'denied', [paper(deny()), paper(deny({ actor: [actor('WIT', 'Organization/x')] }))]],
    [
      'a doubt before nothing',
      'indeterminate',
      [paper(permit({ code: ['benefit'] })), paper(permit({ code: ['medication.brand'] }))],
    ],
  ]),
  ...casesOf('3', [
    ['the resource names the client', 'permitted', paper(permit()), about('Patient/aino')],
    ['it names nobody', 'permitted', paper(permit()), { resource: { resourceType: 'Communication' } }],
    [
      'it names another client too, who has not permitted',
      'no-applicable-consent',
      paper(permit()),
      about('Patient/aino', 'Patient/veikko'),
    ],
    [
      'and who has permitted',
      'permitted',
      [paper(permit()), paper(permit(), veikko)],
      about('Patient/aino', 'Patient/veikko'),
    ],
    [
      'and who has refused',
      'denied',
      [paper(permit()), paper(deny(), veikko)],
      about('Patient/aino', 'Patient/veikko'),
    ],
    [
      'its subject cannot be read',
      'no-applicable-consent',
      paper(permit()),
      { resource: { resourceType: 'Communication', subject: { display: 'A.' } } },
    ],
    ['the consent is another client’s', 'no-applicable-consent', paper(permit(), veikko)],
    ['the consent names nobody', 'indeterminate', paper(permit(), { patient: undefined })],
  ]),
  ...casesOf('4', [
    ...statuses.map(
      (status) => [`a permit that is ${status}`, 'no-applicable-consent', paper(permit(), { status })] as const,
    ),
    ...statuses.map(
      (status) => [`a deny that is ${status}`, 'permitted', [paper(permit()), paper(deny(), { status })]] as const,
    ),
    ['a permit in force', 'permitted', paper(permit())],
    [
      'a status nobody knows',
      'indeterminate',
      [paper(permit()), paper(deny({ code: ['benefit'] }), { status: 'Active' })],
    ],
    ['another scope', 'no-applicable-consent', paper(permit(), { scope: concept(CONSENT_SCOPE_SYSTEM, 'treatment') })],
    [
      'the scope’s code of another system',
      'no-applicable-consent',
      paper(permit(), { scope: concept('urn:x', 'patient-privacy') }),
    ],
    ['the scope in words only', 'indeterminate', paper(permit(), { scope: { text: 'privacy' } })],
    ['another category', 'no-applicable-consent', paper(permit(), { category: [concept(ACT_CODE_SYSTEM, 'NOPP')] })],
    [
      'another category in conformance mode',
      'permitted',
      paper(permit(), { category: [concept(ACT_CODE_SYSTEM, 'NOPP')] }),
      {},
      conformance,
    ],
    [
      'a modifier extension nobody knows',
      'indeterminate',
      [paper(permit()), paper(permit(), { modifierExtension: [{ url: 'urn:x' }] })],
    ],
    ['rules of its own', 'indeterminate', paper(permit(), { implicitRules: 'urn:x' })],
    ['an element R4 does not know', 'indeterminate', paper(permit(), { provisions: [] })],
    ['research on general paper', 'no-applicable-consent', paper(forStudies), study],
    ['research on its own paper', 'permitted', paper(forStudies, research), study],
    ['anything else on research paper', 'no-applicable-consent', paper(forStudies, research)],
    ['a general refusal holds for research', 'denied', [paper(forStudies, research), paper(deny())], study],
    ['a refusal of research leaves the rest', 'permitted', [paper(permit()), paper(deny(), research)]],
  ]),
  ...casesOf('5', [
    ['written, signed and verified by the care side', 'permitted', paper(permit())],
    ...(['performer', 'dateTime', 'policy', 'sourceReference', 'verification'] as const).map(
      (missing) => [`without ${missing}`, 'no-applicable-consent', paper(permit(), { [missing]: undefined })] as const,
    ),
    ...(['performer', 'dateTime', 'policy', 'sourceReference', 'verification'] as const).map(
      (missing) =>
        [
          `a deny without ${missing} holds`,
          'denied',
          [paper(permit()), paper(deny(), { [missing]: undefined })],
        ] as const,
    ),
    [
      'without evidence in conformance mode',
      'permitted',
      paper(permit(), { sourceReference: undefined }),
      {},
      conformance,
    ],
    [
      'a form nobody has',
      'no-applicable-consent',
      paper(permit(), { sourceReference: { reference: 'DocumentReference/gone' } }),
    ],
    ['a date that is none', 'no-applicable-consent', paper(permit(), { dateTime: '2025-02-30' })],
    [
      'verified by the recipient alone',
      'no-applicable-consent',
      paper(permit(), verified([by('Organization/ips-team')])),
    ],
    ['verified by nobody named', 'no-applicable-consent', paper(permit(), verified([]))],
    [
      'a verification that failed',
      'no-applicable-consent',
      paper(permit(), verified([by('Organization/hospital')], false)),
    ],
    ['a strong electronic signature', 'permitted', paper(permit(), verified([strong]))],
    [
      'from coach to care, verified by the care side, which would receive it',
      'no-applicable-consent',
      paper(permit({ actor: [actor('IRCP', 'Organization/hospital')] })),
      { recipient: ['Organization/hospital'], custodian: ['Organization/ips-team'] },
    ],
    [
      'from coach to care, the coach’s side has verified too',
      'permitted',
      paper(permit({ actor: [actor('IRCP', 'Organization/hospital')] }), {
        verification: [by('Organization/hospital'), by('Organization/ips-team')].map((one) => ({
          verified: true,
          extension: [one],
        })),
      }),
      { recipient: ['Organization/hospital'], custodian: ['Organization/ips-team'] },
    ],
    [
      'signed by somebody else',
      'no-applicable-consent',
      paper(permit(), { performer: [{ reference: 'RelatedPerson/1' }] }),
    ],
    ['a guardian whose order covers it', 'permitted', paper(permit(), guardian(covers('medication')))],
    [
      'a guardian whose order covers other matters',
      'no-applicable-consent',
      paper(permit(), guardian(covers('benefit'))),
    ],
    [
      'a guardian whose order is over',
      'no-applicable-consent',
      paper(permit(), guardian(covers('medication'), { url: 'period', valuePeriod: { end: '2025' } })),
    ],
    [
      'the client’s own deny against a guardian’s permit',
      'denied',
      [paper(permit(), guardian({ url: 'covers-all', valueBoolean: true })), paper(deny())],
    ],
  ]),
]
