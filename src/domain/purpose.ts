import { ACT_REASON_SYSTEM, LOCAL_PURPOSE_SYSTEM } from './codes.ts'

/**
 * Purposes a party may act for. `unemployment-security-control` exists only so that it can be refused; break-glass
 * purposes (BTG, ETREAT) are refused as well, because this gateway is no emergency channel.
 */
export const purposes = {
  'employment-support': { system: LOCAL_PURPOSE_SYSTEM, code: 'employment-support', allowed: true },
  'care-coordination': { system: ACT_REASON_SYSTEM, code: 'COC', allowed: true },
  treatment: { system: ACT_REASON_SYSTEM, code: 'TREAT', allowed: true },
  'service-evaluation': { system: LOCAL_PURPOSE_SYSTEM, code: 'service-evaluation', allowed: true },
  research: { system: LOCAL_PURPOSE_SYSTEM, code: 'research', allowed: true },
  'unemployment-security-control': {
    system: LOCAL_PURPOSE_SYSTEM,
    code: 'unemployment-security-control',
    allowed: false,
  },
  'break-glass': { system: ACT_REASON_SYSTEM, code: 'BTG', allowed: false },
  'emergency-treatment': { system: ACT_REASON_SYSTEM, code: 'ETREAT', allowed: false },
} as const satisfies Record<string, { readonly system: string; readonly code: string; readonly allowed: boolean }>

export type Purpose = keyof typeof purposes
