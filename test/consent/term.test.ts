import { describe, expect, it } from 'vitest'
import { endedAt, termOf } from '../../src/consent/term.ts'
import { answer, at, consent, deny, info, now, ownForm, period, permit, untyped } from './build.ts'

const start = (date: string): number => at(`${date}T00:00:00+02:00`)

describe('the term of a consent', () => {
  it('reaches from the first moment any permit holds to the last, inherited ends included', () => {
    const root = deny(
      { period: period('2026-01-10') },
      permit({ period: period('2026-01-01', '2026-02-01') }),
      permit({ period: period('2026-02-10', '2026-03-01') }),
    )
    expect(termOf({ provision: root })).toEqual({ from: start('2026-01-10'), until: start('2026-03-02') })
  })
  it('has no boundary where none is stated', () => {
    expect(termOf(ownForm(permit()))).toEqual({ from: -Infinity, until: Infinity })
  })
  it('counts permits below permits and below denials, and no denial', () => {
    const nested = deny({ period: period('2020', '2030') }, permit({ period: period('2026-01-01', '2026-01-31') }))
    expect(termOf({ provision: nested })).toEqual({ from: start('2026-01-01'), until: start('2026-02-01') })
  })
  it.each([
    ['nothing', undefined],
    ['refusals only', deny({}, deny({ codes: [info('medication')] }))],
    ['context only', untyped()],
    ['a period nobody can read', permit({ period: 'invalid' })],
    [
      'a period outside the one around it',
      deny({ period: period('2025', '2025') }, permit({ period: period('2026') })),
    ],
    [
      'a period that ends the moment the one around it starts',
      deny({ period: period('2026-01-02') }, permit({ period: period('2025', '2026-01-01') })),
    ],
  ])('of %s is none', (_what, provision) => {
    expect(termOf({ provision })).toBeUndefined()
  })
})

describe('a consent that is ended at a moment', () => {
  const provision = permit({ period: period('2026-01-01', '2026-12-31') })
  it('permits until then and from then on nothing', () => {
    const one = { ...consent(provision), provision: endedAt(provision, now) }
    expect(answer([one], {}, { asOf: now - 1 })).toBe('permitted')
    expect(answer([one], {}, { asOf: now })).toBe('no-applicable-consent')
  })
  it('is not made longer', () => {
    expect(endedAt(provision, start('2028-01-01')).period).toEqual(provision.period)
  })
  it('reaches back as far as dates go when it states no period, and loses nothing else', () => {
    expect(endedAt(permit(), now)).toEqual({ ...permit(), period: { from: -8.64e15, until: now } })
  })
})
