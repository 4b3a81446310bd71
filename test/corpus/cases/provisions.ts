import { casesOf } from '../case.ts'
import { type Fhir, written } from '../written.ts'

const { paper, own, permit, deny, untyped, actor, purpose, concept } = written
const conformance = { mode: 'r4-conformance' }
const opt = (code: string): Fhir => ({ policyRule: concept('http://terminology.hl7.org/CodeSystem/v3-ActCode', code) })
const medication = { code: ['medication'] }
const effect = { code: ['medication.effect'] }
const benefit = { code: ['benefit.period'] }
const housing = [actor('IRCP', 'Organization/housing')]
const doubtful = deny({ actor: [actor('WIT', 'Organization/x')] })

export const provisions = [
  ...casesOf('6', [
    ['a root deny with permits in our own form is a default', 'permitted', own(deny({}, permit(effect)))],
    ['and refuses what no permit covers without vetoing it', 'no-applicable-consent', own(deny({}, permit(benefit)))],
    ['so that another consent may permit it', 'permitted', [own(deny({}, permit(benefit))), paper(permit())]],
    ['in another’s form it is explicit', 'denied', [paper(deny({}, permit(benefit))), paper(permit())]],
    ['a root deny without children is explicit in ours too', 'denied', [own(deny()), paper(permit())]],
    ['an untyped root with typed children is context only', 'permitted', paper(untyped({}, permit()))],
    ['and no deny by itself', 'no-applicable-consent', paper(untyped({}, permit(benefit)))],
    ['an untyped root with attributes denies that scope', 'denied', [paper(untyped(medication)), paper(permit())]],
    ['and no other scope', 'permitted', [paper(untyped(benefit)), paper(permit())]],
    ['an untyped empty root has no effect', 'no-applicable-consent', paper(untyped())],
    ['no provision has no effect', 'no-applicable-consent', paper(undefined)],
    ['and takes nothing from others', 'permitted', [paper(undefined), paper(permit())]],
    ['opting out permits in conformance mode', 'permitted', paper(undefined, opt('OPTOUT')), {}, conformance],
    [
      'a scope under opting out permits that scope',
      'permitted',
      paper(untyped(effect), opt('OPTOUT')),
      {},
      conformance,
    ],
    ['opting in denies in conformance mode', 'denied', paper(undefined, opt('OPTIN')), {}, conformance],
    ['neither counts in production', 'no-applicable-consent', paper(undefined, opt('OPTOUT'))],
  ]),
  ...casesOf('7', [
    ['untyped under a permit is its exception', 'denied', paper(permit({}, untyped(medication)))],
    ['untyped under a permit about other matters', 'permitted', paper(permit({}, untyped(benefit)))],
    ['untyped under a deny has no effect, nor have its children', 'denied', paper(deny({}, untyped({}, permit())))],
    [
      'untyped under context has no effect',
      'no-applicable-consent',
      paper(untyped({}, untyped({}, permit()), permit(benefit))),
    ],
    ['a deny under a deny is a deny', 'denied', paper(deny({}, deny(medication)))],
    ['a permit under a permit is a permit', 'permitted', paper(permit({}, permit(effect)))],
  ]),
  ...casesOf('8', [
    [
      'an exception takes the recipient of its permit',
      'permitted',
      [paper(permit({ actor: housing }, deny())), paper(permit())],
    ],
    ['and the category', 'permitted', [paper(permit(benefit, deny())), paper(permit())]],
    ['what it states replaces that', 'denied', [paper(permit(benefit, deny(medication))), paper(permit())]],
    ['a nested permit may name another recipient', 'permitted', paper(deny({ actor: housing }, permit()))],
    ['all attributes must match', 'no-applicable-consent', paper(permit({ ...effect, action: ['access'] }))],
    [
      'what surely differs comes before what is unknown',
      'permitted',
      paper(permit({}, deny({ ...benefit, actor: [actor('WIT', 'x')] }))),
    ],
  ]),
  ...casesOf('10', [
    ['a permit that names recipient and purpose', 'permitted', paper(permit())],
    [
      'inherited from the root',
      'permitted',
      paper(deny({ actor: [actor('IRCP', 'Organization/ips-team')], purpose: [purpose()] }, { type: 'permit' })),
    ],
    ['a permit without recipient', 'no-applicable-consent', paper({ type: 'permit', purpose: [purpose()] })],
    [
      'a permit that names only the sender',
      'no-applicable-consent',
      paper(permit({ actor: [actor('CST', 'Organization/hospital')] })),
    ],
    ['a permit without purpose', 'no-applicable-consent', paper(permit({ purpose: undefined }))],
    ['a deny without either', 'denied', [paper(permit()), paper(deny())]],
    ['a permit without either in conformance mode', 'permitted', paper({ type: 'permit' }), {}, conformance],
  ]),
  ...casesOf('18', [
    ['the deepest match decides: depth 2', 'denied', paper(permit({}, deny(medication)))],
    ['depth 3', 'permitted', paper(permit({}, deny(medication, permit(effect))))],
    ['depth 4', 'denied', paper(permit({}, deny(medication, permit(effect, deny({ action: ['disclose'] })))))],
    [
      'depth 4 that does not match',
      'permitted',
      paper(permit({}, deny(medication, permit(effect, deny({ action: ['access'] }))))),
    ],
    ['a branch that does not match leaves it to its ancestor', 'permitted', paper(permit({}, deny(benefit, permit())))],
    ['among siblings a deny overrides', 'denied', paper(untyped({}, permit(), deny(medication)))],
    ['in any order', 'denied', paper(untyped({}, deny(medication), permit()))],
    ['a doubtful deny overrides a permit', 'indeterminate', paper(untyped({}, permit(), doubtful))],
    ['a sure deny overrides a doubtful one', 'denied', paper(untyped({}, doubtful, deny(), permit()))],
  ]),
  ...casesOf('19', [
    [
      'permits of several consents add up',
      'permitted',
      [own(deny({}, permit(benefit))), own(deny({}, permit(effect)))],
    ],
    [
      'a deny overrides, whichever is newer',
      'denied',
      [paper(permit(), { dateTime: '2026-03-01' }), paper(deny(), { dateTime: '2020-01-01' })],
    ],
    [
      'in any order',
      'denied',
      [paper(deny(), { dateTime: '2020-01-01' }), paper(permit(), { dateTime: '2026-03-01' })],
    ],
    [
      'thirty consents, one permits',
      'permitted',
      [...Array.from({ length: 29 }, () => own(deny({}, permit(benefit)))), paper(permit())],
    ],
    [
      'thirty consents permit, one refuses',
      'denied',
      [...Array.from({ length: 29 }, () => paper(permit())), paper(deny(medication))],
    ],
  ]),
  ...casesOf('20', [
    ['a permit that is unknown is none', 'indeterminate', paper(permit({ code: ['medication.brand'] }))],
    ['another that is sure stands', 'permitted', [paper(permit({ code: ['medication.brand'] })), paper(permit())]],
    ['a deny that is unknown holds', 'indeterminate', [paper(deny({ code: ['medication.brand'] })), paper(permit())]],
    ['a type nobody knows may be a deny', 'indeterminate', [paper({ type: 'forbid' }), paper(permit())]],
    ['exceptions nobody can read may be denies', 'indeterminate', paper({ ...permit(), provision: 'x' })],
  ]),
]
