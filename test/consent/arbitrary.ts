import * as fc from 'fast-check'
import type { Code, ConsentRecord, Effect, PeriodOf, Provision } from '../../src/consent/consent-record.ts'
import type { DecisionRequest, Policy } from '../../src/consent/request.ts'
import { ACT_REASON_SYSTEM, CONSENT_POLICY_URI, CONSENT_SCOPE_SYSTEM } from '../../src/domain/codes.ts'
import { clientIdentity, referenceIdentity } from '../../src/domain/identity.ts'
import {
  action,
  actor,
  aino,
  code,
  confidentiality,
  conformance,
  consent,
  evaluation,
  facts,
  hospital,
  housing,
  info,
  period,
  permit,
  policy,
  request,
  sensitivity,
  support,
  team,
} from './build.ts'

const veikko = clientIdentity('veikko')
const strangers = ['x', 'y'].map(clientIdentity)
const few = <T>(...items: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    fc.subarray([...items], { minLength: 1, maxLength: Math.min(2, items.length) }),
  )
const privacy = [code(CONSENT_SCOPE_SYSTEM, 'patient-privacy')]
const coordination = code(ACT_REASON_SYSTEM, 'COC')
const periods = fc.constantFrom<PeriodOf>('unstated', 'unstated', period('2026'), period('2024', '2025'), 'invalid')
const actors = few(actor('IRCP', team), actor('IRCP', housing), actor('IRCP'), actor('CST', hospital), actor('X', team))
export const knownLabels: readonly Code[] = ['PSY', 'ETH', 'HIV'].map(sensitivity)
const labels = [
  confidentiality('N'),
  confidentiality('R'),
  ...knownLabels,
  code('urn:x', 'x'),
  sensitivity('NORDSCLCD'),
]

const own = fc.record({
  period: periods,
  actors,
  actions: few(action('disclose'), action('access'), code('urn:x', 'x')),
  purposes: few(support, evaluation, code(ACT_REASON_SYSTEM, 'TREAT'), code(ACT_REASON_SYSTEM, 'HRESCH')),
  classes: few(code(undefined, 'Communication'), code(undefined, 'Observation')),
  codes: few(info('medication'), info('medication.effect'), info('benefit'), info('x'), code('urn:x', 'x')),
  securityLabels: few(...labels),
  dataPeriod: periods,
  data: few(
    { meaning: 'instance', reference: referenceIdentity('Communication/1') },
    { meaning: 'related', reference: undefined },
  ),
  unreadable: fc.constantFrom<readonly string[]>([], [], [], [], [], [], ['x']),
})
/** Most provisions restrict little, so that much is permitted and a law has something to break. */
export const sparse = own.chain((full) =>
  fc.subarray(Object.keys(full), { maxLength: 2 }).map((names): Provision => {
    const kept = Object.fromEntries(Object.entries(full).filter(([name]) => names.includes(name)))
    return { ...permit(), ...kept }
  }),
)
const types = fc.constantFrom<Effect | undefined>('permit', 'permit', 'deny', undefined)
const tree = (depth: number): fc.Arbitrary<Provision> =>
  fc
    .tuple(types, sparse, depth === 0 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 2 }))
    .map(([type, scope, nested]) => ({ ...scope, type, provisions: nested }))
const provisions = fc.oneof(tree(0), tree(1), tree(2), tree(3))

export const records: fc.Arbitrary<ConsentRecord> = fc
  .record({
    provision: fc.oneof({ weight: 9, arbitrary: provisions }, { weight: 1, arbitrary: fc.constant(undefined) }),
    scopes: fc.oneof(
      { weight: 8, arbitrary: fc.constant(privacy) },
      fc.constantFrom([code(CONSENT_SCOPE_SYSTEM, 'research')], [code(undefined, 'patient-privacy')]),
    ),
    status: fc.constantFrom('active', 'active', 'active', 'inactive'),
    patients: fc.constantFrom([aino], [aino], [aino], [aino, veikko], [veikko]),
    policyUris: fc.constantFrom([CONSENT_POLICY_URI], ['urn:other']),
    policyRules: fc.constantFrom<readonly Code[]>([], [code(undefined, 'OPTOUT')], [code(undefined, 'OPTIN')]),
    evidence: fc.constantFrom('verified' as const, 'verified' as const, 'hash-differs' as const),
    unreadable: fc.oneof({ weight: 19, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.constant(['x']) }),
    version: fc.constantFrom('1', '2'),
  })
  .map((some) => consent(undefined, some))
export const consents = fc.oneof(fc.array(records, { maxLength: 2 }), fc.array(records, { maxLength: 5 }))

export const requests: fc.Arbitrary<DecisionRequest> = fc
  .record({
    action: fc.constantFrom('disclose' as const, 'access' as const),
    purposes: fc.oneof(
      { weight: 8, arbitrary: fc.constant([support]) },
      fc.constantFrom<readonly Code[]>([], [support, evaluation], [coordination], [code(ACT_REASON_SYSTEM, 'BIORCH')]),
    ),
    recipient: fc.constantFrom([team], [team], [team], [team], [housing], []),
    custodian: fc.constantFrom([hospital], [hospital], [hospital], undefined),
    information: fc.constantFrom<DecisionRequest['information']>(
      { category: 'medication', level: 'change' },
      { category: 'medication', level: 'effect' },
      { category: 'benefit', level: 'period' },
      undefined,
    ),
    labels: few(...labels),
    codes: few(code('urn:x', 'x')),
    hasUncoded: fc.constantFrom(false, false, false, true),
    patients: fc.constantFrom([aino], [aino], [aino], [], [aino, veikko], [aino, ...strangers, veikko, ...strangers]),
    clinicalDate: fc.constantFrom(period('2026-03-12', '2026-03-12'), undefined),
  })
  .map(({ labels: have, codes, hasUncoded, patients, clinicalDate, ...some }) => {
    const dated = typeof clinicalDate === 'object' ? clinicalDate : undefined
    return request({ ...some, data: { ...facts, labels: have, codes, hasUncoded, patients, clinicalDate: dated } })
  })
export const modes = fc.constantFrom<Policy>(policy, policy, conformance)
