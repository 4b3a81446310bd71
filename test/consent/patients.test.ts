import { describe, expect, it } from 'vitest'
import { clientIdentity, type Identity } from '../../src/domain/identity.ts'
import { aino, answer, consent, permit, withFacts } from './build.ts'

const [veikko = aino, pekka = aino, stranger = aino, other = aino] = ['veikko', 'pekka', 'x', 'y'].map(clientIdentity)
const all = [aino, veikko, pekka].map((one) => consent(permit(), { patients: [one] }))
const naming = (...patients: readonly Identity[]): string => answer(all, withFacts({ patients }))

describe('a resource that names several people (rule 3)', () => {
  it('is permitted when each of them permits it, however often they are named', () => {
    expect(naming(aino, veikko, pekka)).toBe('permitted')
    expect(naming(veikko, pekka, veikko, aino, pekka)).toBe('permitted')
  })
  it('is denied when one of them has consented to nothing, wherever that one stands', () => {
    for (const patients of [
      [stranger, veikko, pekka],
      [veikko, stranger, pekka],
      [veikko, pekka, stranger],
      [veikko, stranger, other, pekka],
    ])
      expect(naming(aino, ...patients)).toBe('no-applicable-consent')
  })
})
