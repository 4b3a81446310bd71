import { describe, expect, it } from 'vitest'
import type { ConsentRecord, Provision } from '../../src/consent/consent-record.ts'
import { decide, decideDeepest } from '../../src/consent/decide.ts'
import { lintConsent } from '../../src/consent/lint.ts'
import { narrow } from '../../src/consent/narrow.ts'
import { plan } from '../../src/consent/plan.ts'
import { termOf } from '../../src/consent/term.ts'
import { clientIdentity } from '../../src/domain/identity.ts'
import { widens } from '../../src/exchange/consent-widening.ts'
import {
  actor,
  code,
  confidentiality,
  consent,
  deny,
  facts,
  info,
  named,
  now,
  ownForm,
  permit,
  policy,
  request,
  untyped,
} from './build.ts'

const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** Milliseconds of processor time, which a busy machine stretches less than the clock; the best of five. */
const cost = (once: () => void): number => {
  const tries = times(5, () => {
    const { user, system } = process.cpuUsage()
    once()
    const after = process.cpuUsage({ user, system })
    return (after.user + after.system) / 1000
  })
  return Math.min(...tries)
}

const LIMIT_MS = 50

const nested = (depth: number, make: (level: number, inner: Provision) => Provision): Provision => {
  let one = deny()
  for (let level = depth; level > 0; level -= 1) one = make(level, one)
  return one
}
const unknownCode = (index: number) => code('urn:x', `${index}`)
const many = times(1_000, unknownCode)

/** What a hostile or broken sender might write down as one Consent. None of it may permit. */
const odd: readonly (readonly [string, Provision])[] = [
  [
    'of permits and denies 64 deep',
    nested(64, (level, inner) => (level % 2 === 0 ? permit({}, inner) : deny({}, inner))),
  ],
  ['of permits 64 deep', nested(64, (_level, inner) => permit({}, inner))],
  ['with one deny after 1,000 permits', deny({}, ...times(1_000, () => permit()), deny())],
  ['with 1,000 permits of unknown codes', deny({}, ...many.map((one) => permit({ codes: [one] })))],
  ['with 1,000 exceptions, 3 deep', permit({}, ...times(1_000, () => nested(3, (_level, inner) => deny({}, inner))))],
  ['with 1,000 untyped provisions', untyped({}, ...times(1_000, () => untyped({}, permit())))],
  ['with 10,000 codes', permit({ codes: times(10_000, unknownCode) })],
  ['with 10,000 recipients', permit({ actors: times(10_000, (index) => actor('IRCP', named(`${index}`))) })],
  ['with 10,000 recipients nobody can resolve', permit({ actors: times(10_000, () => actor('IRCP')) })],
  ['with 10,000 purposes', permit({ purposes: times(10_000, unknownCode) })],
  ['with 10,000 actions', permit({ actions: times(10_000, unknownCode) })],
  ['with 10,000 classes', permit({ classes: times(10_000, unknownCode) })],
  ['with 10,000 labels', permit({ securityLabels: [confidentiality('V'), ...times(10_000, unknownCode)] })],
  ['with 10,000 references', permit({ data: times(10_000, () => ({ meaning: 'related', reference: undefined })) })],
  ['with 10,000 elements nobody can read', permit({ unreadable: times(10_000, String) })],
  ['for a period that is none', permit({ period: 'invalid', dataPeriod: 'invalid' })],
  ['for a time without an end before it starts', permit({ period: { from: Infinity, until: -Infinity } })],
]

describe('a consent nobody should have written', () => {
  it.each(odd)('%s permits nothing, without an error and at once', (_what, root) => {
    const asked = request({ data: { ...facts, codes: times(100, (index) => code('urn:y', `${index}`)) } })
    // A new record each time, as it has just been read: nothing of it is prepared.
    const tasks = [
      () => decide(asked, [consent(root)], now, policy),
      () => decideDeepest(asked, 'medication', [consent(root)], now, policy),
    ]
    for (const task of tasks) {
      const { outcome, record } = task()
      expect([outcome, record.unknowns.includes('evaluation-failed')]).toEqual(['deny', false])
      expect(cost(task)).toBeLessThan(LIMIT_MS)
    }
    const planned = () => plan({ ...asked, data: undefined }, [consent(root)], now, policy)
    expect(planned().unknowns).not.toContain('evaluation-failed')
    expect(cost(planned)).toBeLessThan(LIMIT_MS)
  })

  it.each(odd)('%s is looked over, narrowed and compared without an error and at once', (_what, root) => {
    const one = consent(root)
    const tasks = [
      () => lintConsent(one, []),
      () => narrow(one, { category: 'medication' }, []),
      () => termOf(one),
      () => expect(widens(one, { ...one }, policy)).toBe(false),
    ]
    for (const task of tasks) expect(cost(task)).toBeLessThan(LIMIT_MS)
  })
})

describe('more than anybody has', () => {
  const form = ownForm(permit({ codes: [info('medication.effect')] }))
  const thousands: readonly ConsentRecord[] = times(10_000, (index) => ({ ...form, id: `Consent/${index}` }))

  it('10,000 consents of one client of which one cannot be read: nothing is permitted, within 50 ms', () => {
    const all = [...thousands, consent(permit(), { unreadable: ['x'] })]
    const spent = cost(() => expect(decide(request(), all, now, policy).record.reason).toBe('indeterminate'))
    expect(spent).toBeLessThan(LIMIT_MS)
  })

  it('10,000 consents of one client that are looked over beside a new one, or replaced by it', () => {
    const replaces = thousands.map(({ id }) => `${id}-unknown`)
    const spent = cost(() => expect(lintConsent({ ...form, replaces }, thousands).length).toBeGreaterThan(10_000))
    expect(spent).toBeLessThan(LIMIT_MS)
  })

  it('10,000 people named in one resource: denied at once, and a denial of one of them still speaks', () => {
    const patients = times(10_000, (index) => clientIdentity(`${index}`))
    const hundred = thousands.slice(0, 100)
    const asked = request({ data: { ...facts, patients } })
    const refusing = consent(deny(), { patients: patients.slice(5_000, 5_001) })
    const spent = cost(() => {
      expect(decide(asked, hundred, now, policy).record.reason).toBe('no-applicable-consent')
      expect(decide(asked, [...hundred, refusing], now, policy).record.reason).toBe('denied')
    })
    expect(spent).toBeLessThan(LIMIT_MS)
  })
})
