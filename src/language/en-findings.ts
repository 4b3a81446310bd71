import type { Catalog } from './catalog.ts'

export const enFindings = {
  unreadable: 'something in this consent cannot be read: it permits nothing until that is put right',
  'root-not-deny': 'the outermost provision must be a deny, from which the permits depart',
  'root-deny-alone':
    'the outermost deny stands alone: it refuses all it covers, also what other consents permit; to take back this consent only, make it inactive',
  'nested-type-missing': 'a nested provision does not say whether it permits or denies',
  'deny-under-deny':
    'a deny within a deny: it refuses this also where another consent permits it; was it meant to permit?',
  'nested-too-deep': 'too many provisions within each other: write each permit right below the outermost deny',
  'role-unknown': 'nobody knows this role of an actor: use recipient (IRCP) or sender (CST)',
  'actor-unresolved': 'the actor cannot be found: the provision concerns nobody until it can',
  'recipient-missing': 'the permit names no recipient and therefore permits nothing',
  'purpose-missing': 'the permit names no purpose and therefore permits nothing',
  'purpose-never-allowed': 'for this purpose nothing is ever told through this service',
  'research-needs-own-consent': 'research needs a consent of its own, and nothing else can stand in it',
  'period-invalid': 'the period cannot be read, or ends before it starts',
  'code-unknown': 'nobody knows this information category or its level',
  'label-undecidable': 'the security label does not say what it restricts',
  'no-effect': 'the consent neither permits nor denies anything',
  'overlapping-consents':
    'another consent in force permits the same to the same recipient: when one is withdrawn, the other stays',
  'replaced-unknown': 'the consent to be replaced is none of this client’s',
  'replaced-by-other-signer': 'only the client can replace a consent she signed herself',
} as const satisfies Catalog['finding']
