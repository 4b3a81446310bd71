import { emptyProvision } from '../../src/consent/empty-provision.ts'
import type { Actor, Code, ConsentRecord, Effect, Provision } from '../../src/consent/consent-record.ts'
import { decide, type Decision } from '../../src/consent/decide.ts'
import { countingConsents } from '../../src/consent/policy.ts'
import { readPeriod } from '../../src/consent/period.ts'
import type { DataFacts, DecisionRequest, Policy } from '../../src/consent/request.ts'
import {
  ACT_CODE_SYSTEM,
  CONFIDENTIALITY_SYSTEM,
  CONSENT_ACTION_SYSTEM,
  CONSENT_POLICY_URI,
  CONSENT_SCOPE_SYSTEM,
  INFORMATION_SYSTEM,
  LOCAL_PURPOSE_SYSTEM,
} from '../../src/domain/codes.ts'
import { clientIdentity, identifierIdentity, type Identity, referenceIdentity } from '../../src/domain/identity.ts'
import { parseInformationCode } from '../../src/domain/information.ts'

export const zone = 'Europe/Helsinki'
export const at = (instant: string): number => Date.parse(instant)
/** Thursday 12 March 2026, eleven in the morning in Helsinki. */
export const now = at('2026-03-12T09:00:00Z')

export const aino = clientIdentity('aino')
export const named = (value: string): Identity => identifierIdentity({ system: 'urn:parties', value })
export const team = named('ips-team')
export const hospital = named('hospital')
export const housing = named('housing-unit')

export const code = (system: string | undefined, value: string): Code => ({ system, code: value })
export const info = (word: string): Code => code(INFORMATION_SYSTEM, word)
export const action = (word: string): Code => code(CONSENT_ACTION_SYSTEM, word)
export const confidentiality = (word: string): Code => code(CONFIDENTIALITY_SYSTEM, word)
export const sensitivity = (word: string): Code => code(ACT_CODE_SYSTEM, word)
export const support = code(LOCAL_PURPOSE_SYSTEM, 'employment-support')
export const evaluation = code(LOCAL_PURPOSE_SYSTEM, 'service-evaluation')
export const actor = (role: string | undefined, ...names: readonly Identity[]): Actor => ({ role, names })
export const period = (start?: string, end?: string) => readPeriod(start, end, zone)

export const policy: Policy = {
  mode: 'production',
  ownPolicyUris: [CONSENT_POLICY_URI],
  ...countingConsents,
  zone,
  version: 'test',
}
export const conformance: Policy = { ...policy, mode: 'r4-conformance' }

export const facts: DataFacts = {
  names: [referenceIdentity('Communication/1')],
  classes: ['Communication'],
  codes: [],
  labels: [],
  patients: [aino],
  refersTo: [],
  authors: [],
  clinicalDate: undefined,
}
export const withFacts = (some: Partial<DataFacts>): Partial<DecisionRequest> => ({ data: { ...facts, ...some } })

/** The hospital tells the IPS team an effect of medication, for employment support. */
export const request = (some: Partial<DecisionRequest> = {}): DecisionRequest => ({
  client: [aino],
  action: 'disclose',
  purposes: [support],
  recipient: [team],
  recipientKind: 'ips-team',
  custodian: [hospital],
  author: undefined,
  information: { category: 'medication', level: 'effect' },
  data: facts,
  clientState: { deceased: false, minor: false },
  ...some,
})
export const about = (word: string): Partial<DecisionRequest> => ({ information: parseInformationCode(word) })

/** A provision that states nothing of its own. */
export const provision = (
  type: Effect | undefined,
  own: Partial<Provision> = {},
  ...provisions: readonly Provision[]
): Provision => ({ ...emptyProvision, type, ...own, provisions })
/** A permit with all a permit must have: recipient and purpose. Nothing else is restricted. */
export const permit = (own: Partial<Provision> = {}, ...nested: readonly Provision[]): Provision =>
  provision('permit', { actors: [actor('IRCP', team)], purposes: [support], ...own }, ...nested)
export const deny = (own: Partial<Provision> = {}, ...nested: readonly Provision[]): Provision =>
  provision('deny', own, ...nested)
export const untyped = (own: Partial<Provision> = {}, ...nested: readonly Provision[]): Provision =>
  provision(undefined, own, ...nested)

let serial = 0

/** A consent in force, signed by Aino, its form at hand and verified by the hospital. */
export const consent = (root: Provision | undefined, some: Partial<ConsentRecord> = {}): ConsentRecord => {
  serial += 1
  return {
    id: `Consent/${serial}`,
    version: '1',
    status: 'active',
    scopes: [code(CONSENT_SCOPE_SYSTEM, 'patient-privacy')],
    categories: [code(ACT_CODE_SYSTEM, 'IDSCL')],
    patients: [aino],
    performers: [{ kind: 'client', names: [aino], covers: 'all' }],
    hasDateTime: true,
    policyUris: ['https://elsewhere.example/policy'],
    policyRules: [],
    evidence: 'verified',
    verifications: [{ verified: true, by: [hospital], strongSignature: false }],
    unreadable: [],
    provision: root,
    ...some,
  }
}
/** Our own form: root deny as the default, permits below it. */
export const ownForm = (...permits: readonly Provision[]): ConsentRecord =>
  consent(deny({}, ...permits), { policyUris: [CONSENT_POLICY_URI] })

export const ask = (
  consents: readonly ConsentRecord[],
  some: Partial<DecisionRequest> = {},
  options: { readonly asOf?: number; readonly policy?: Policy } = {},
): Decision => decide(request(some), consents, options.asOf ?? now, options.policy ?? policy)

/** `permitted`, or why not. */
export const answer = (...args: Parameters<typeof ask>): string => {
  const { outcome, record } = ask(...args)
  return outcome === 'permit' ? record.reason : (record.hardRule ?? record.reason)
}
/** The answer of one consent with one root provision. */
export const answerTo = (
  root: Provision | undefined,
  some: Partial<DecisionRequest> = {},
  options?: { readonly asOf?: number; readonly policy?: Policy },
): string => answer([consent(root)], some, options)
/** Why the first consent did not permit. */
export const whyNot = (...args: Parameters<typeof ask>): string | undefined => ask(...args).record.notApplicable[0]?.why
