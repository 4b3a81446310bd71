import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPersonalIdentityCode } from '../../src/domain/personal-identity-code.ts'

const checkCharacters = '0123456789ABCDEFHJKLMNPRSTUVWXY'
const make = (day: string, sign: string, number: string): string =>
  `${day}${sign}${number}${checkCharacters[Number(day + number) % 31]}`
const birthDate = (value: string): string => {
  const code = readPersonalIdentityCode(value)
  return code.outcome === 'valid' ? code.birthDate : code.why
}

describe('a Finnish personal identity code', () => {
  it('gives the birth date of the published example', () => {
    expect(birthDate('131052-308T')).toBe('1952-10-13')
    expect(birthDate('131052A308T')).toBe('2052-10-13')
  })
  it('every century sign, the new ones of 2023 too, names its century', () => {
    expect(birthDate(make('010180', '+', '901'))).toBe('1880-01-01')
    for (const sign of '-UVWXY') expect(birthDate(make('010180', sign, '901'))).toBe('1980-01-01')
    for (const sign of 'ABCDEF') expect(birthDate(make('010103', sign, '901'))).toBe('2003-01-01')
    for (const sign of 'GTZ*a ') expect(birthDate(make('010180', sign, '901'))).toBe('shape')
  })
  it('a day that does not exist is refused, 29 February outside leap years too', () => {
    expect(birthDate(make('310280', '-', '901'))).toBe('date')
    expect(birthDate(make('000180', '-', '901'))).toBe('date')
    expect(birthDate(make('011380', '-', '901'))).toBe('date')
    expect(birthDate(make('290281', '-', '901'))).toBe('date')
    expect(birthDate(make('290280', '-', '901'))).toBe('1980-02-29')
    expect(birthDate(make('290200', 'A', '901'))).toBe('2000-02-29')
    expect(birthDate(make('290200', '-', '901'))).toBe('date')
  })
  it('a wrong check character is refused', () => {
    expect(birthDate('131052-308U')).toBe('check-character')
    expect(birthDate('131052-309T')).toBe('check-character')
  })
  it('anything around it is refused', () => {
    for (const value of ['', ' 131052-308T', '131052-308T\n', '131052-308t', '13.10.1952-308T', '131052308T']) {
      expect(birthDate(value)).toBe('shape')
    }
  })
  it('one wrong digit is always noticed', () => {
    const numbers = fc.integer({ min: 2, max: 999 }).map((n) => String(n).padStart(3, '0'))
    const place = fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9)
    fc.assert(
      fc.property(numbers, place, fc.integer({ min: 1, max: 9 }), (number, index, step) => {
        const whole = make('120380', '-', number)
        const digit = String((Number(whole[index]) + step) % 10)
        expect(birthDate(whole)).toBe('1980-03-12')
        expect(['date', 'check-character']).toContain(birthDate(whole.slice(0, index) + digit + whole.slice(index + 1)))
      }),
    )
  })
})
