import { ACT_REASON_SYSTEM, INFORMATION_SYSTEM, PARTICIPATION_TYPE_SYSTEM } from '../../../src/domain/codes.ts'
import { casesOf } from '../case.ts'
import { type Fhir, written } from '../written.ts'

const { paper, permit, deny, actor, purpose, concept } = written
const team = actor('IRCP', 'Organization/ips-team')
const housing = 'Organization/housing'
const except = (own: Parameters<typeof deny>[0]) => paper(permit({}, deny(own)))
const hl7 = (code: string) => purpose(code, ACT_REASON_SYSTEM)
const asked = (...codes: readonly string[]) => ({ purpose: codes.map(hl7) })
const purposes = (...codes: readonly string[]) => ({ purpose: codes.map(hl7) })
const drug = concept('http://www.whocc.no/atc', 'N05AH04')
const order = (over: Fhir = {}): Fhir => ({
  resource: {
    resourceType: 'MedicationRequest',
    id: '2',
    subject: { reference: 'Patient/aino' },
    medicationCodeableConcept: drug,
    ...over,
  },
})
const told = (over: Fhir): Fhir => ({
  resource: { resourceType: 'Communication', id: '1', subject: { reference: 'Patient/aino' }, ...over },
})
const data = (meaning: string, reference?: string) => ({
  data: [{ meaning, ...(reference && { reference: { reference } }) }],
})
/** A code that is no information category. */
const codeOf = (code: Fhir) => ({ concepts: { code: [code] } })
const level = (word: string) => ({ category: word })
const twoRoles = {
  coding: [
    { system: 'urn:local', code: '1' },
    { system: PARTICIPATION_TYPE_SYSTEM, code: 'IRCP' },
  ],
}

export const attributes = [
  ...casesOf('11', [
    ['the recipient named', 'permitted', paper(permit())],
    ['another recipient', 'no-applicable-consent', paper(permit({ actor: [actor('IRCP', housing)] }))],
    ...['PRCP', 'GRANTEE', 'DELEGATEE'].map(
      (role) =>
        [
          `${role} is a recipient`,
          'permitted',
          paper(permit({ actor: [actor(role, 'Organization/ips-team')] })),
        ] as const,
    ),
    ['one of two recipients', 'permitted', paper(permit({ actor: [actor('IRCP', housing), team] }))],
    ['recipient and sender', 'permitted', paper(permit({ actor: [team, actor('CST', 'Organization/hospital')] }))],
    ['another sender', 'no-applicable-consent', paper(permit({ actor: [team, actor('CST', housing)] }))],
    [
      'an author, of whom the request says nothing',
      'indeterminate',
      paper(permit({ actor: [team, actor('AUT', 'Practitioner/1')] })),
    ],
    ['a role nobody knows', 'indeterminate', paper(permit({ actor: [team, actor('WIT', 'Practitioner/1')] }))],
    [
      'a role of another system',
      'indeterminate',
      except({ actor: [{ role: concept('urn:x', 'IRCP'), reference: { reference: 'Organization/ips-team' } }] }),
    ],
    [
      'a role with a local coding beside the standard one',
      'permitted',
      paper(permit({ actor: [{ role: twoRoles, reference: { reference: 'Organization/ips-team' } }] })),
    ],
    ['an actor without reference', 'indeterminate', except({ actor: [{ role: written.role('IRCP') }] })],
  ]),
  ...casesOf('12', [
    ['no action named', 'permitted', paper(permit())],
    ['the action asked', 'permitted', paper(permit({ action: ['access', 'disclose'] }))],
    ['another action', 'no-applicable-consent', paper(permit({ action: ['access'] }))],
    ['another action denied', 'permitted', except({ action: ['access'] })],
    ['the action denied', 'denied', except({ action: ['disclose'] })],
    ['an action of another system', 'indeterminate', except({ concepts: { action: [concept('urn:x', 'disclose')] } })],
  ]),
  ...casesOf('13', [
    ['the purpose named', 'permitted', paper(permit())],
    ['another purpose', 'no-applicable-consent', paper(permit(purposes('TREAT')))],
    [
      'the same code of another system',
      'no-applicable-consent',
      paper(permit({ purpose: [purpose('employment-support', 'urn:x')] })),
    ],
    ['treatment covers coordination of care', 'permitted', paper(permit(purposes('TREAT'))), asked('COC')],
    ['coordination does not cover treatment', 'no-applicable-consent', paper(permit(purposes('COC'))), asked('TREAT')],
    [
      'a deny of treatment covers coordination',
      'denied',
      paper(permit(purposes('COC'), deny(purposes('TREAT')))),
      asked('COC'),
    ],
    [
      'of two purposes each must be permitted',
      'no-applicable-consent',
      paper(permit(purposes('TREAT'))),
      asked('TREAT', 'HPAYMT'),
    ],
    [
      'of two purposes each is permitted',
      'permitted',
      paper(permit(purposes('TREAT', 'HPAYMT'))),
      asked('TREAT', 'HPAYMT'),
    ],
    ['no purpose asked', 'indeterminate', paper(permit()), { purpose: [] }],
    ['breaking the glass', 'rule purpose-never-allowed', paper(permit(purposes('TREAT', 'BTG'))), asked('BTG')],
    ['emergency treatment', 'rule purpose-never-allowed', paper(permit(purposes('ETREAT'))), asked('ETREAT')],
    [
      'unemployment security',
      'rule purpose-never-allowed',
      paper(permit({ purpose: [purpose('unemployment-security-control')] })),
      { purpose: [purpose('unemployment-security-control')] },
    ],
  ]),
  ...casesOf('14', [
    ['a level covers the shallower', 'permitted', paper(permit({ code: ['medication.detail'] }))],
    ['and itself', 'permitted', paper(permit({ code: ['medication.effect'] }))],
    ['not the deeper', 'no-applicable-consent', paper(permit({ code: ['medication.change'] }))],
    [
      'the bare category permits the shallowest',
      'permitted',
      paper(permit({ code: ['medication'] })),
      level('medication.change'),
    ],
    ['and no deeper', 'no-applicable-consent', paper(permit({ code: ['medication'] }))],
    ['a deny covers the deeper', 'denied', except({ code: ['medication.change'] })],
    ['not the shallower', 'permitted', except({ code: ['medication.detail'] })],
    ['the bare category denies all', 'denied', except({ code: ['medication'] }), level('medication.change')],
    ['another category', 'permitted', except({ code: ['benefit'] })],
    ['a level nobody knows', 'indeterminate', except({ code: ['medication.brand'] })],
    ['a code of the resource', 'denied', except(codeOf(drug)), order()],
    ['another code', 'permitted', except(codeOf(concept('http://www.whocc.no/atc', 'N06AB04'))), order()],
    ['the same code of another system', 'permitted', except(codeOf(concept('urn:x', 'N05AH04'))), order()],
    [
      'a resource with words only',
      'indeterminate',
      except(codeOf(drug)),
      order({ medicationCodeableConcept: { text: 'a tablet' } }),
    ],
    ['a provision with words only', 'indeterminate', except(codeOf({ text: 'tablets' })), order()],
    [
      'a class',
      'denied',
      except({ class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'MedicationRequest' }] }),
      order(),
    ],
    [
      'another class',
      'permitted',
      except({ class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'MedicationRequest' }] }),
    ],
    [
      'a code of our own system that is no word of it',
      'indeterminate',
      except(codeOf(concept(INFORMATION_SYSTEM, 'x'))),
    ],
  ]),
  ...casesOf('16', [
    [
      'data inside the period',
      'permitted',
      paper(permit({ dataPeriod: { start: '2026-03' } })),
      told({ sent: '2026-03-12' }),
    ],
    [
      'data partly before it',
      'no-applicable-consent',
      paper(permit({ dataPeriod: { start: '2026-03-12T12:00:00+02:00' } })),
      told({ sent: '2026-03-12' }),
    ],
    [
      'a deny of any overlap',
      'denied',
      except({ dataPeriod: { start: '2026-03-12T12:00:00+02:00' } }),
      told({ sent: '2026-03-12' }),
    ],
    ['a deny of other times', 'permitted', except({ dataPeriod: { end: '2025' } }), told({ sent: '2026-03-12' })],
    ['data without date', 'indeterminate', paper(permit({ dataPeriod: { start: '2026' } }))],
    [
      'the local day decides',
      'permitted',
      paper(permit({ dataPeriod: { start: '2026-03-12' } })),
      told({ sent: '2026-03-11T22:30:00Z' }),
    ],
  ]),
  ...casesOf('17', [
    ['this very resource', 'denied', except(data('instance', 'Communication/1'))],
    ['another one', 'permitted', except(data('instance', 'Communication/2'))],
    [
      'what refers to it',
      'denied',
      except(data('dependents', 'MedicationRequest/2')),
      told({ about: [{ reference: 'MedicationRequest/2' }] }),
    ],
    ['what does not', 'permitted', except(data('dependents', 'MedicationRequest/2'))],
    [
      'what somebody wrote',
      'denied',
      except(data('authoredby', 'Practitioner/1')),
      told({ sender: { reference: 'Practitioner/1' } }),
    ],
    [
      'what somebody else wrote',
      'permitted',
      except(data('authoredby', 'Practitioner/1')),
      told({ sender: { reference: 'Practitioner/2' } }),
    ],
    ['nobody says who wrote it', 'indeterminate', except(data('authoredby', 'Practitioner/1'))],
    ['related', 'indeterminate', except(data('related', 'Communication/1'))],
    ['a reference nobody can read', 'indeterminate', except(data('instance'))],
  ]),
]
