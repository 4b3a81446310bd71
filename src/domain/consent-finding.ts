/** What is wrong or doubtful about a consent when it is written down (rule 25), as codes; words are in `language`. */
export const consentFindings = {
  unreadable: 'error',
  'root-not-deny': 'error',
  'root-deny-alone': 'warning',
  'nested-type-missing': 'error',
  'deny-under-deny': 'error',
  'nested-too-deep': 'error',
  'role-unknown': 'error',
  'actor-unresolved': 'warning',
  'recipient-missing': 'error',
  'purpose-missing': 'error',
  'purpose-never-allowed': 'error',
  'research-needs-own-consent': 'error',
  'period-invalid': 'error',
  'code-unknown': 'error',
  'label-undecidable': 'error',
  'no-effect': 'warning',
  'overlapping-consents': 'warning',
  'replaced-unknown': 'error',
  'replaced-by-other-signer': 'error',
} as const satisfies Record<string, 'error' | 'warning'>

export type ConsentFindingCode = keyof typeof consentFindings
