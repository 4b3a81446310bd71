import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConsentRecord, Provision } from '../../src/consent/consent-record.ts'
import { decide } from '../../src/consent/decide.ts'
import { CONSENT_POLICY_URI } from '../../src/domain/codes.ts'
import { widens } from '../../src/exchange/consent-widening.ts'
import { consents, records, requests, sparse } from '../consent/arbitrary.ts'
import { about, answer, code, consent, deny, info, now, ownForm, permit, policy, untyped } from '../consent/build.ts'

// A failure prints its seed and path; add them here to run it again.
fc.configureGlobal({ numRuns: 10_000 })

const changed = (before: ConsentRecord, provision: Provision | undefined): ConsentRecord => ({
  ...before,
  version: '2',
  provision,
})

/** Changes of one provision, as a sender might make them: some narrow, some widen, some do nothing. */
const changes = fc.oneof(
  fc
    .constantFrom('permit' as const, 'deny' as const, undefined)
    .map((type) => (node: Provision) => ({ ...node, type })),
  fc
    .tuple(fc.constantFrom('permit' as const, 'deny' as const, undefined), sparse)
    .map(([type, own]) => (node: Provision) => ({
      ...node,
      provisions: [...node.provisions, { ...own, type, provisions: [] }],
    })),
  fc.constant((node: Provision) => ({ ...node, provisions: node.provisions.slice(1) })),
  fc.constant((node: Provision) => ({ ...node, provisions: node.provisions.slice(0, -1) })),
  fc.constant((node: Provision) => ({ ...node, provisions: [...node.provisions, ...node.provisions.slice(0, 1)] })),
  fc
    .constantFrom([], [info('medication')], [info('benefit')])
    .map((codes) => (node: Provision) => ({ ...node, codes })),
)
type Change = { readonly path: readonly number[]; readonly change: (node: Provision) => Provision }
const edits: fc.Arbitrary<Change> = fc.record({
  path: fc.array(fc.nat({ max: 1 }), { maxLength: 3 }),
  change: changes,
})

const apply = (node: Provision, { path: [index, ...rest], change }: Change): Provision =>
  index === undefined || node.provisions[index] === undefined
    ? change(node)
    : {
        ...node,
        provisions: node.provisions.map((child, at) => (at === index ? apply(child, { path: rest, change }) : child)),
      }

describe('a new version under the old signature', () => {
  it('that is accepted permits nothing the old one did not, also beside other consents', () => {
    const seen = { accepted: 0, refused: 0, closes: 0 }
    fc.assert(
      fc.property(
        requests,
        records,
        consents,
        fc.array(edits, { minLength: 1, maxLength: 2 }),
        (one, made, all, list) => {
          const before = { ...made, status: 'active' }
          const root = before.provision
          const next = changed(before, root === undefined ? undefined : list.reduce(apply, root))
          if (widens(before, next, policy)) {
            seen.refused += 1
            return
          }
          seen.accepted += 1
          const earlier = decide(one, [before, ...all], now, policy).outcome
          const later = decide(one, [next, ...all], now, policy).outcome
          if (earlier === 'permit' && later === 'deny') seen.closes += 1
          if (later === 'permit') expect(earlier).toBe('permit')
        },
      ),
    )
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(20)
  })

  const medication = { codes: [info('medication')] }
  const own = { policyUris: [CONSENT_POLICY_URI] }
  const lifted: readonly (readonly [string, ConsentRecord, Provision])[] = [
    ['a refusal of everything becomes the default of our form', consent(deny(), own), deny({}, deny(medication))],
    [
      'a refusal without a type becomes context',
      consent(untyped(medication), own),
      untyped(medication, deny({ codes: [info('benefit')] })),
    ],
    ['the exception to a permit goes', ownForm(permit({}, untyped(medication))), deny({}, permit())],
    [
      'of two refusals in the same words the one without a permit in it goes',
      consent(permit({}, deny(medication, permit(medication)), deny(medication))),
      permit({}, deny(medication, permit(medication))),
    ],
    [
      'the exception to a permit is one no longer',
      consent(permit({}, deny(medication))),
      permit({}, permit(medication)),
    ],
  ]
  it.each(lifted)('is refused when %s', (_what, before, after) => {
    const next = changed(before, after)
    const other = consent(permit())
    const asked = about('benefit.period')
    const opens = [about('medication.change'), asked].some(
      (some) => answer([before, other], some) !== 'permitted' && answer([next, other], some) === 'permitted',
    )
    expect(opens).toBe(true)
    expect(widens(before, next, policy)).toBe(true)
  })

  const narrower: readonly (readonly [string, ConsentRecord, Provision])[] = [
    ['a permit goes', ownForm(permit(medication), permit({ codes: [info('benefit')] })), deny({}, permit(medication))],
    ['the last permit goes', ownForm(permit(medication)), deny()],
    ['a permit turns into a deny', ownForm(permit(medication)), deny({}, deny({ ...permit(medication) }))],
    [
      'a refusal comes in',
      ownForm(permit(medication)),
      deny({}, permit(medication), deny({ codes: [code('x', 'x')] })),
    ],
    [
      'a level gets shallower',
      ownForm(permit({ codes: [info('medication.detail')] })),
      deny({}, permit({ codes: [info('medication.change')] })),
    ],
  ]
  it.each(narrower)('is accepted when %s', (_what, before, after) => {
    expect(widens(before, changed(before, after), policy)).toBe(false)
  })

  it('without its last permit, its outermost deny refuses everything, whatever other consents permit', () => {
    const before = ownForm(permit(medication))
    const other = consent(permit({ codes: [info('benefit')] }))
    expect(answer([before, other], about('benefit.period'))).toBe('permitted')
    expect(answer([changed(before, deny()), other], about('benefit.period'))).toBe('denied')
  })
})
