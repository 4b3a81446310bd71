import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Code, ConsentRecord, Effect, PeriodOf, Provision } from '../../src/consent/consent-record.ts'
import { type DecisionRecord, decide } from '../../src/consent/decide.ts'
import type { DecisionRequest, Policy } from '../../src/consent/request.ts'
import { CONSENT_POLICY_URI } from '../../src/domain/codes.ts'
import { clientIdentity, referenceIdentity } from '../../src/domain/identity.ts'
import {
  action,
  actor,
  aino,
  code,
  confidentiality,
  conformance,
  consent,
  deny,
  evaluation,
  facts,
  hospital,
  housing,
  info,
  now,
  period,
  permit,
  policy,
  request,
  sensitivity,
  support,
  team,
} from './build.ts'

// A failure prints its seed and path; add them here to run it again.
fc.configureGlobal({ numRuns: 2_000 })

const veikko = clientIdentity('veikko')
const few = <T>(...items: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    fc.subarray([...items], { minLength: 1, maxLength: Math.min(2, items.length) }),
  )
const periods = fc.constantFrom<PeriodOf>('unstated', 'unstated', period('2026'), period('2024', '2025'), 'invalid')
const actors = few(actor('IRCP', team), actor('IRCP', housing), actor('IRCP'), actor('CST', hospital), actor('X', team))
const knownLabels: readonly Code[] = ['PSY', 'ETH', 'HIV'].map(sensitivity)
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
  purposes: few(support, evaluation),
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
const sparse = own.chain((full) =>
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

const records: fc.Arbitrary<ConsentRecord> = fc
  .record({
    provision: fc.oneof({ weight: 9, arbitrary: provisions }, { weight: 1, arbitrary: fc.constant(undefined) }),
    status: fc.constantFrom('active', 'active', 'active', 'inactive'),
    patients: fc.constantFrom([aino], [aino], [aino], [aino, veikko], [veikko]),
    policyUris: fc.constantFrom([CONSENT_POLICY_URI], ['urn:other']),
    policyRules: fc.constantFrom<readonly Code[]>([], [code(undefined, 'OPTOUT')], [code(undefined, 'OPTIN')]),
    evidence: fc.constantFrom('verified' as const, 'verified' as const, 'hash-differs' as const),
    unreadable: fc.oneof({ weight: 19, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.constant(['x']) }),
    version: fc.constantFrom('1', '2'),
  })
  .map((some) => consent(undefined, some))
const consents = fc.oneof(fc.array(records, { maxLength: 2 }), fc.array(records, { maxLength: 5 }))

const requests: fc.Arbitrary<DecisionRequest> = fc
  .record({
    action: fc.constantFrom('disclose' as const, 'access' as const),
    purposes: fc.constantFrom<readonly Code[]>([support], [support], [support], [support], [support, evaluation], []),
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
    patients: fc.constantFrom([aino], [aino], [aino], [], [aino, veikko]),
    clinicalDate: fc.constantFrom(period('2026-03-12', '2026-03-12'), undefined),
  })
  .map(({ labels: have, codes, patients, clinicalDate, ...some }) => {
    const dated = typeof clinicalDate === 'object' ? clinicalDate : undefined
    return request({ ...some, data: { ...facts, labels: have, codes, patients, clinicalDate: dated } })
  })
const modes = fc.constantFrom<Policy>(policy, policy, conformance)

const record = (one: DecisionRequest, all: readonly ConsentRecord[], how: Policy): DecisionRecord =>
  decide(one, all, now, how).record
const permits = (one: DecisionRequest, all: readonly ConsentRecord[], how: Policy): boolean =>
  decide(one, all, now, how).outcome === 'permit'

/** Replaces every provision by what `change` makes of it, one at a time. */
const variants = (root: Provision, change: (one: Provision) => readonly Provision[]): readonly Provision[] => [
  ...change(root),
  ...root.provisions.flatMap((child, index) =>
    variants(child, change).map((changed) => ({ ...root, provisions: root.provisions.with(index, changed) })),
  ),
]
const withVariant = (all: readonly ConsentRecord[], change: (one: Provision) => readonly Provision[]) =>
  all.flatMap((one, index) =>
    one.provision === undefined
      ? []
      : variants(one.provision, change).map((root) => all.with(index, { ...one, provision: root })),
  )

describe('laws of the engine', () => {
  it('something is permitted and something is refused, for every reason', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(requests, consents, modes, (one, all, how) => {
        const { reason } = record(one, all, how)
        seen.set(reason, (seen.get(reason) ?? 0) + 1)
      }),
    )
    for (const reason of ['permitted', 'denied', 'indeterminate', 'no-applicable-consent']) {
      expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(50)
    }
  })

  it('the order of consents never matters, to the byte', () => {
    fc.assert(
      fc.property(requests, consents, modes, fc.infiniteStream(fc.nat()), (one, all, how, dice) => {
        const shuffled = all.map((item) => ({ item, key: dice.next().value })).toSorted((a, b) => a.key - b.key)
        const again = shuffled.map(({ item }) => item)
        expect(JSON.stringify(record(one, again, how))).toBe(JSON.stringify(record(one, all, how)))
      }),
    )
  })

  it('a consent that is there twice is there once', () => {
    fc.assert(
      fc.property(requests, consents, modes, (one, all, how) => {
        expect(record(one, [...all, ...all], how)).toEqual(record(one, all, how))
      }),
    )
  })

  it('one more explicit denial never permits', () => {
    fc.assert(
      fc.property(requests, consents, sparse, modes, (one, all, scope, how) => {
        if (permits(one, all, how)) return
        const refusal = consent({ ...scope, type: 'deny', provisions: [] })
        expect(permits(one, [...all, refusal], how)).toBe(false)
      }),
    )
  })

  it('a denial of everything refuses everything', () => {
    fc.assert(
      fc.property(requests, consents, modes, (one, all, how) => {
        expect(record(one, [...all, consent(deny())], how).reason).toBe('denied')
      }),
    )
  })

  it('one consent less never permits, unless it denied or was unclear', () => {
    fc.assert(
      fc.property(requests, consents, fc.nat(4), modes, (one, all, index, how) => {
        const rest = all.toSpliced(index, 1)
        if (!permits(one, rest, how)) return
        const [taken] = all.slice(index, index + 1)
        const alone = taken === undefined ? undefined : record(one, [taken], how)
        const against = alone?.reason === 'denied' || alone?.reason === 'indeterminate'
        expect(against || permits(one, all, how)).toBe(true)
      }),
    )
  })

  it('a permit taken out of a consent never permits', () => {
    const withoutLeaf = (one: Provision): readonly Provision[] =>
      one.provisions.flatMap((child, index) =>
        child.type === 'permit' && child.provisions.length === 0
          ? [{ ...one, provisions: one.provisions.toSpliced(index, 1) }]
          : [],
      )
    fc.assert(
      fc.property(requests, consents, (one, all) => {
        if (permits(one, all, policy)) return
        for (const less of withVariant(all, withoutLeaf)) expect(permits(one, less, policy)).toBe(false)
      }),
    )
  })

  it('a consent that is not in force changes nothing in the answer', () => {
    const ended = fc.constantFrom('draft', 'proposed', 'rejected', 'inactive', 'entered-in-error')
    fc.assert(
      fc.property(requests, consents, records, ended, modes, (one, all, extra, status, how) => {
        const { notApplicable: before, ...answer } = record(one, all, how)
        const { notApplicable: after, ...same } = record(one, [...all, { ...extra, status }], how)
        expect(same).toEqual(answer)
        expect(after.length).toBeGreaterThanOrEqual(before.length)
      }),
    )
  })

  it('something unknown in place of something known never permits', () => {
    const doubt = (one: Provision): readonly Provision[] => [
      { ...one, unreadable: ['x'] },
      ...(one.period === 'unstated' ? [] : [{ ...one, period: 'invalid' as const }]),
      ...(one.dataPeriod === 'unstated' ? [] : [{ ...one, dataPeriod: 'invalid' as const }]),
      ...(one.actors.length === 0 ? [] : [{ ...one, actors: one.actors.map(({ role }) => actor(role)) }]),
      ...(one.actions.length === 0 ? [] : [{ ...one, actions: [code('urn:y', 'y')] }]),
      ...(one.codes.length === 0 ? [] : [{ ...one, codes: [info('y')] }]),
      ...(one.securityLabels.length === 0 ? [] : [{ ...one, securityLabels: [code('urn:y', 'y')] }]),
      ...(one.data.length === 0 ? [] : [{ ...one, data: [{ meaning: 'related', reference: undefined }] }]),
    ]
    fc.assert(
      fc.property(requests, consents, (one, all) => {
        if (permits(one, all, policy)) return
        for (const doubtful of withVariant(all, doubt)) expect(permits(one, doubtful, policy)).toBe(false)
      }),
    )
  })

  it('something unknown about the data or the parties never permits', () => {
    const data = (one: DecisionRequest) => one.data ?? facts
    const forget: readonly ((one: DecisionRequest) => DecisionRequest)[] = [
      (one) => ({ ...one, custodian: undefined }),
      (one) => ({ ...one, recipient: [] }),
      (one) => ({ ...one, purposes: [] }),
      (one) => ({ ...one, information: undefined }),
      (one) => ({ ...one, data: { ...data(one), clinicalDate: undefined } }),
      (one) => ({ ...one, data: { ...data(one), labels: [] } }),
      (one) => ({ ...one, data: { ...data(one), labels: [...data(one).labels, code('urn:y', 'y')] } }),
    ]
    fc.assert(
      fc.property(requests, consents, fc.constantFrom(...forget), (one, all, change) => {
        if (!permits(one, all, policy)) expect(permits(change(one), all, policy)).toBe(false)
      }),
    )
  })

  it('one more sensitivity label on labelled data never permits', () => {
    fc.assert(
      fc.property(requests, consents, fc.constantFrom(...knownLabels), modes, (one, all, label, how) => {
        const data = { ...(one.data ?? facts) }
        const labelled = { ...one, data: { ...data, labels: [confidentiality('N'), ...data.labels] } }
        const more = { ...one, data: { ...data, labels: [...labelled.data.labels, label] } }
        if (!permits(labelled, all, how)) expect(permits(more, all, how)).toBe(false)
      }),
    )
  })

  it('a permission always rests on permits of consents in force, and on nothing else', () => {
    fc.assert(
      fc.property(requests, consents, modes, (one, all, how) => {
        const { reason, basis } = record(one, all, how)
        if (reason !== 'permitted') return
        expect(basis.length).toBeGreaterThan(0)
        for (const { consent: id, effect } of basis) {
          expect(effect).toBe('permit')
          expect(all.find((known) => known.id === id)?.status).toBe('active')
        }
      }),
    )
  })
})

describe('an error in the engine denies (rule 20)', () => {
  /** Throws at the n-th look at anything within. */
  const failing = <T extends object>(target: T, budget: { left: number }): T =>
    new Proxy(target, {
      get: (object, name, receiver) => {
        budget.left -= 1
        if (budget.left < 0) throw new Error('broken')
        const value: unknown = Reflect.get(object, name, receiver)
        return typeof value === 'object' && value !== null ? failing(value, budget) : value
      },
    })

  it('wherever a consent breaks', () => {
    const whole = [consent(permit({ codes: [info('medication.effect')] }, deny({ codes: [info('benefit')] })))]
    let permitted = 0
    for (let left = 0; left < 400; left += 1) {
      const budget = { left }
      const { outcome, record } = decide(request(), failing(whole, budget), now, policy)
      if (outcome === 'permit') permitted += 1
      else expect(record).toMatchObject({ reason: 'indeterminate', basis: [], unknowns: ['evaluation-failed'] })
      expect(outcome === 'permit').toBe(budget.left >= 0)
    }
    expect(permitted).toBeGreaterThan(10)
  })
  it('wherever the request breaks, the hard rules included', () => {
    for (let left = 0; left < 60; left += 1) {
      const budget = { left }
      const { outcome, record } = decide(failing(request(), budget), [consent(permit())], now, policy)
      if (budget.left >= 0) continue
      expect(outcome).toBe('deny')
      expect(record.unknowns).toEqual(['evaluation-failed'])
    }
  })
  it('records deep, wide and odd never make it throw', () => {
    let deep = deny()
    for (let level = 0; level < 20_000; level += 1) deep = permit({}, deep)
    const wide = permit({}, ...Array.from({ length: 5_000 }, () => deny({ codes: [info('benefit')] })))
    expect(decide(request(), [consent(deep)], now, policy).outcome).toBe('deny')
    expect(decide(request(), [consent(wide)], now, policy).outcome).toBe('permit')
    const many = { ...facts, labels: Array.from({ length: 200_000 }, () => confidentiality('N')) }
    const labelled = [consent(permit({ securityLabels: [confidentiality('N')] }))]
    expect(['permit', 'deny']).toContain(decide(request({ data: many }), labelled, now, policy).outcome)
  })
  it('records of any shape never make it throw, nor permit', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), fc.anything(), (odd, root) => {
        const shapes = [...odd, { ...consent(permit()), provision: root }] as readonly ConsentRecord[]
        const { outcome } = decide(request(), shapes, now, policy)
        if (outcome === 'permit') throw new Error('permitted')
      }),
    )
  })
})
