import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConsentRecord, Provision } from '../../src/consent/consent-record.ts'
import { type DecisionRecord, decide, decideDeepest, decideUnder } from '../../src/consent/decide.ts'
import { plan } from '../../src/consent/plan.ts'
import type { DecisionRequest, Policy } from '../../src/consent/request.ts'
import { actor, code, confidentiality, consent, deny, facts, info, now, permit, policy, request } from './build.ts'
import { runs, tries } from './runs.ts'
import { consents, knownLabels, modes, records, requests, sparse } from './arbitrary.ts'

// A failure prints its seed and path; add them here to run it again.
fc.configureGlobal(tries(2_000))

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
      expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(runs(2_000) / 200)
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
  it('also when the deepest level is sought, and when a plan is settled', () => {
    const broken = [{ ...consent(permit()), provision: 1 }] as unknown as readonly ConsentRecord[]
    const failure = { outcome: 'deny', record: { reason: 'indeterminate', unknowns: ['evaluation-failed'] } }
    expect(decideDeepest(request(), 'medication', broken, now, policy)).toMatchObject(failure)
    expect(decideDeepest(request(), 'identity', broken, now, policy)).toMatchObject(failure)
    const planned = plan({ ...request(), data: undefined }, [consent(permit())], now, policy)
    expect(decideUnder(planned, failing(facts, { left: 0 }))).toMatchObject(failure)
  })
  it('once, and all that follows: an error at a deep level does not leave the shallow one open', () => {
    const whole = consent(permit())
    let broken = true
    const once = Object.defineProperty({ ...whole }, 'provision', {
      get: () => {
        if (!broken) return whole.provision
        broken = false
        throw new Error('broken')
      },
    })
    expect(decideDeepest(request(), 'medication', [once], now, policy).outcome).toBe('deny')
    expect(decideDeepest(request(), 'medication', [once], now, policy).outcome).toBe('permit')
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
