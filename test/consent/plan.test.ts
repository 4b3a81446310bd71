import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, decideUnder, spendPermit } from '../../src/consent/decide.ts'
import { plan, type Plan } from '../../src/consent/plan.ts'
import type { ConsentRecord } from '../../src/consent/consent-record.ts'
import type { DecisionRequest, Policy } from '../../src/consent/request.ts'
import { consents, modes, requests } from './arbitrary.ts'
import {
  actor,
  aino,
  code,
  confidentiality,
  consent,
  deny,
  facts,
  housing,
  info,
  named,
  now,
  ownForm,
  period,
  permit,
  policy,
  request,
  sensitivity,
  untyped,
} from './build.ts'
import { runs, tries } from './runs.ts'

// A failure prints its seed and path; add them here to run it again.
fc.configureGlobal(tries(10_000))

const planOf = (all: readonly ConsentRecord[], some: Partial<DecisionRequest> = {}, how: Policy = policy): Plan =>
  plan({ ...request(some), data: undefined }, all, now, how)

describe('a plan (rule 21)', () => {
  it('settled with a resource is the decision on that resource', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(requests, consents, modes, (one, all, how) => {
        const data = one.data ?? facts
        const planned = plan({ ...one, data: undefined }, all, now, how)
        const settled = decideUnder(planned, data).record
        const { outcome, reason, basis, unknowns, hardRule } = decide({ ...one, data }, all, now, how).record
        expect(settled).toMatchObject({ outcome, reason, basis, unknowns, hardRule })
        const word = `${planned.outcome} ${planned.residual.length > 0 ? 'residual' : ''} ${outcome}`
        seen.set(word, (seen.get(word) ?? 0) + 1)
      }),
    )
    for (const word of ['permit residual permit', 'permit residual deny', 'permit  permit', 'deny  deny']) {
      expect(seen.get(word) ?? 0, word).toBeGreaterThan(runs(10_000) / 500)
    }
  })

  it('that denies denies whatever the resource, and one without residual rules permits whatever it is', () => {
    fc.assert(
      fc.property(requests, requests, consents, modes, (one, other, all, how) => {
        const planned = plan({ ...one, data: undefined }, all, now, how)
        const data = { ...(other.data ?? facts), patients: [aino] }
        const { outcome } = decide({ ...one, data }, all, now, how)
        if (planned.outcome === 'deny') expect(outcome).toBe('deny')
        else if (planned.residual.length === 0) expect(outcome).toBe('permit')
      }),
    )
  })

  it('keeps what only the resource can answer, and names it', () => {
    const labelled = permit({ securityLabels: [confidentiality('N')] }, deny({ codes: [code('urn:x', 'x')] }))
    const one = consent(labelled, { id: 'Consent/1', version: '4' })
    expect(planOf([one])).toMatchObject({
      outcome: 'permit',
      residual: [
        { consent: 'Consent/1', version: '4', path: 'provision', effect: 'permit' },
        { path: 'provision.provision[0]', effect: 'deny', code: [code('urn:x', 'x')] },
      ],
    })
    expect(planOf([one]).residual[0]?.securityLabel).toEqual([confidentiality('N')])
    const each = {
      classes: [code(undefined, 'Observation')],
      dataPeriod: period('2026'),
      data: [{ meaning: 'instance', reference: undefined }],
    }
    const [rule] = planOf([consent(permit(each))]).residual
    expect(Object.keys(rule ?? {})).toEqual(['consent', 'version', 'path', 'effect', 'class', 'dataPeriod', 'data'])
  })

  it('has nothing left where the request answers everything', () => {
    const asked = ownForm(permit({ codes: [info('medication.effect'), code('urn:x', 'x')] }))
    expect(planOf([asked])).toMatchObject({ outcome: 'permit', reason: 'permitted', residual: [] })
    const other = ownForm(permit({ codes: [info('benefit')] }))
    expect(planOf([other])).toMatchObject({ outcome: 'deny', reason: 'no-applicable-consent', residual: [] })
  })

  it('names residual rules of consents that count, of rules that may match, and in order', () => {
    const labelled = { securityLabels: [confidentiality('N')] }
    const one = consent(permit(labelled), { id: 'Consent/1' })
    const two = consent(
      untyped(labelled, permit(labelled), permit({ ...labelled, actors: [actor('IRCP', housing)] })),
      {
        id: 'Consent/2',
      },
    )
    const silent = [
      consent(permit(labelled), { status: 'inactive' }),
      consent(permit(labelled), { patients: [named('veikko')] }),
      consent(permit(labelled), { categories: [] }),
      consent(undefined),
    ]
    const paths = ({ residual }: Plan) => residual.map(({ consent: id, path }) => `${id} ${path}`)
    const expected = ['Consent/1 provision', 'Consent/2 provision.provision[0]']
    expect(paths(planOf([two, ...silent, one]))).toEqual(expected)
    expect(paths(planOf([one, two, ...silent]))).toEqual(expected)
    const wide = consent(permit(labelled, deny(labelled)), { id: 'Consent/3' })
    const both = ['Consent/3 provision', 'Consent/3 provision.provision[0]']
    expect(paths(planOf([wide]))).toEqual(both)
    expect(paths(planOf([wide, one]))).toEqual(['Consent/1 provision', ...both])
  })

  it('takes a code list as settled when the category settles it, for a permit and for a deny', () => {
    const mixed = [info('medication.change'), code('urn:x', 'x')]
    expect(planOf([consent(permit({}, deny({ codes: mixed })))])).toMatchObject({ outcome: 'deny', reason: 'denied' })
    expect(planOf([consent(permit({ codes: mixed }))])).toMatchObject({
      outcome: 'permit',
      residual: [{ code: mixed }],
    })
    const drug = { codes: [code('urn:x', 'x')], securityLabels: [confidentiality('N')] }
    expect(planOf([consent(permit(drug))])).toMatchObject({ outcome: 'permit', residual: [{ code: drug.codes }] })
    const lost = { codes: [info('medication.brand')], securityLabels: [confidentiality('N')] }
    const [planned] = [planOf([consent(permit(lost))])]
    expect(planned).toMatchObject({ outcome: 'deny', reason: 'indeterminate' })
  })

  it('keeps a nested exception whose parent speaks of something else', () => {
    const nested = deny({ purposes: [code('urn:x', 'x')] }, permit({ securityLabels: [sensitivity('PSY')] }))
    const planned = planOf([consent(nested)])
    expect(planned).toMatchObject({ outcome: 'permit', residual: [{ path: 'provision.provision[0]' }] })
    const labels = [confidentiality('R'), sensitivity('PSY')]
    expect(decideUnder(planned, { ...facts, labels }).outcome).toBe('permit')
    expect(decideUnder(planned, { ...facts, labels: [...labels, sensitivity('HIV')] }).outcome).toBe('deny')
  })

  it('denies at once what is denied or unclear whatever the resource', () => {
    expect(planOf([consent(permit()), consent(deny())])).toMatchObject({ outcome: 'deny', reason: 'denied' })
    expect(planOf([consent(permit()), consent(deny({ actors: [actor('IRCP')] }))])).toMatchObject({
      outcome: 'deny',
      reason: 'indeterminate',
    })
    expect(planOf([consent(permit())], { recipientKind: 'employer' })).toMatchObject({
      outcome: 'deny',
      hardRule: 'nothing-to-employers',
      unknowns: [],
    })
    const broken = [{ ...consent(permit()), provision: 1 }] as unknown as readonly ConsentRecord[]
    expect(planOf(broken)).toMatchObject({ outcome: 'deny', reason: 'indeterminate', unknowns: ['evaluation-failed'] })
  })

  it('permits nothing by itself: only its settlement makes a permit', () => {
    const decision = decideUnder(planOf([consent(permit())]), facts)
    if (decision.outcome === 'deny') throw new Error('expected a permit')
    expect(() => spendPermit(decision.permit)).not.toThrow()
  })
})
