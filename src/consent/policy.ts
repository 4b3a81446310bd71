import { ACT_CODE_SYSTEM, ACT_REASON_SYSTEM, CONSENT_SCOPE_SYSTEM, LOINC_SYSTEM } from '../domain/codes.ts'
import { purposes } from '../domain/purpose.ts'
import type { Policy } from './request.ts'

/** Which Consents count in this product (rule 4): written permissions to disclose, and research on its own paper. */
export const countingConsents: Pick<Policy, 'consentScopes' | 'consentCategories'> = {
  consentScopes: [
    { scope: { system: CONSENT_SCOPE_SYSTEM, code: 'patient-privacy' } },
    {
      scope: { system: CONSENT_SCOPE_SYSTEM, code: 'research' },
      only: [{ system: ACT_REASON_SYSTEM, code: 'HRESCH' }, purposes.research],
    },
  ],
  consentCategories: [
    { system: ACT_CODE_SYSTEM, code: 'IDSCL' },
    { system: LOINC_SYSTEM, code: '64292-6' },
    { system: LOINC_SYSTEM, code: '59284-0' },
  ],
}
