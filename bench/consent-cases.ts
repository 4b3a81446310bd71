import { policyOf } from '../src/compose.ts'
import type { ConsentRecord } from '../src/consent/consent-record.ts'
import type { DecisionRequest, Policy } from '../src/consent/request.ts'
import { purposes } from '../src/domain/purpose.ts'
import { clientIdentity, identifierIdentity } from '../src/domain/identity.ts'
import { readConsent } from '../src/fhir/read/consent.ts'
import { consent as consentOf, storyPermits } from '../demo/story-resources.ts'
import { partyIdentifier, storyOf } from './stories.ts'

/** With the digest of its inputs in every record, as the running gateway decides. */
export const policy: Policy = policyOf({ zone: 'Europe/Helsinki', policyVersion: '1' })

export const clientId = '00000000-0000-4000-8000-000000000001'
const client = clientIdentity(clientId)

/** Active consents of one client, six permits each. All are of the asked team: none is set aside early. */
export const consentsOf = (count: number): readonly ConsentRecord[] => {
  const resource = consentOf(storyOf(1), 'Patient/1', 'DocumentReference/1', [...storyPermits, 'wellbeing.direction'])
  return Array.from({ length: count }, (_, index) => ({
    ...readConsent(resource, {
      // In the order in which the store gives them.
      id: `Consent/${String(index).padStart(4, '0')}`,
      version: '1',
      zone: policy.zone,
      evidence: 'verified',
      patients: [client],
      nameOf: ({ identifier }) =>
        identifier?.system === undefined || identifier.value === undefined
          ? []
          : [identifierIdentity({ system: identifier.system, value: identifier.value })],
    }),
    digest: 'a'.repeat(64),
  }))
}

export const request: DecisionRequest = {
  client: [client],
  action: 'disclose',
  purposes: [purposes['employment-support']],
  recipient: [identifierIdentity(partyIdentifier('team'))],
  recipientKind: 'ips-team',
  custodian: [identifierIdentity(partyIdentifier('hospital'))],
  author: undefined,
  information: { category: 'medication', level: 'effect' },
  data: {
    names: [],
    classes: ['Communication'],
    codes: [],
    labels: [],
    patients: [client],
    refersTo: [],
    authors: [],
    clinicalDate: undefined,
  },
  clientState: { deceased: false, minor: false },
}
