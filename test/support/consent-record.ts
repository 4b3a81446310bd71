import type { ConsentRecord, Provision } from '../../src/consent/consent-record.ts'
import { emptyProvision } from '../../src/consent/empty-provision.ts'
import { countingConsents } from '../../src/consent/policy.ts'
import type { Policy } from '../../src/consent/request.ts'
import { ACT_CODE_SYSTEM, CONSENT_SCOPE_SYSTEM, INFORMATION_SYSTEM } from '../../src/domain/codes.ts'
import { clientIdentity, identifierIdentity, type Identity } from '../../src/domain/identity.ts'

export const policy: Policy = {
  mode: 'production',
  ownPolicyUris: ['urn:test:policy'],
  ...countingConsents,
  zone: 'Europe/Helsinki',
  version: '1',
}

/** A valid written consent that permits one recipient medication at level `change` for the purpose `p|support`. */
export const consentRecord = (clientId: string, recipient: Identity): ConsentRecord => {
  const nothing: Provision = { ...emptyProvision, type: 'deny' }
  const permit: Provision = {
    ...nothing,
    type: 'permit',
    actors: [{ role: 'IRCP', names: [recipient] }],
    purposes: [{ system: 'p', code: 'support' }],
    codes: [{ system: INFORMATION_SYSTEM, code: 'medication.change' }],
  }
  return {
    id: 'Consent/1',
    version: '1',
    status: 'active',
    scopes: [{ system: CONSENT_SCOPE_SYSTEM, code: 'patient-privacy' }],
    categories: [{ system: ACT_CODE_SYSTEM, code: 'IDSCL' }],
    patients: [clientIdentity(clientId)],
    performers: [{ kind: 'client', names: [], covers: 'all' }],
    hasDateTime: true,
    policyUris: ['urn:test:policy'],
    policyRules: [],
    evidence: 'verified',
    verifications: [
      { verified: true, by: [identifierIdentity({ system: 's', value: 'hospital' })], strongSignature: false },
    ],
    unreadable: [],
    provision: { ...nothing, provisions: [permit] },
  }
}
