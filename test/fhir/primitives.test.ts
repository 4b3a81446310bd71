import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseResource } from '../../src/fhir/parse-resource.ts'
import { isBase64, primitiveOf } from '../../src/fhir/r4/primitives.ts'

const MEGABYTE = 1024 * 1024

/** For each primitive type: values of it, and values that only look like it. */
const CASES: Readonly<Record<string, { readonly accepted: readonly unknown[]; readonly refused: readonly unknown[] }>> =
  {
    boolean: { accepted: [true, false], refused: ['true', 0, 1, null, [], {}] },
    integer: {
      accepted: [0, -1, 2_147_483_647, -2_147_483_648],
      refused: [1.5, 2_147_483_648, -2_147_483_649, '1', Number.NaN],
    },
    unsignedInt: { accepted: [0, 7, 2_147_483_647], refused: [-1, 0.5, 2_147_483_648, '0'] },
    positiveInt: { accepted: [1, 2_147_483_647], refused: [0, -1, 1.1, 2_147_483_648, '1'] },
    decimal: { accepted: [0, -1.5, 1e21, 1e-7], refused: ['1.0', Number.POSITIVE_INFINITY, Number.NaN, true] },
    string: {
      accepted: ['a', ' a ', 'line\r\nline\ttab', 'no-break\u00A0space', 'työ', '👩‍💼', 'x'.repeat(MEGABYTE)],
      refused: ['', ' ', '\n\t', 'x'.repeat(MEGABYTE + 1), 5, true],
    },
    markdown: { accepted: ['**a**\n\n- b'], refused: ['', '   ', 5] },
    xhtml: { accepted: ['<div xmlns="http://www.w3.org/1999/xhtml">a</div>'], refused: ['', ' ', 5] },
    code: {
      accepted: ['active', 'a b', 'entered-in-error', '4.0.1', '<='],
      refused: ['', ' a', 'a ', 'a  b', 'a\tb ', 5],
    },
    id: { accepted: ['a', 'A-1.b', '0'.repeat(64)], refused: ['', 'a b', 'a_b', 'ä', '0'.repeat(65), 1] },
    uri: { accepted: ['urn:oid:1.2', 'https://example.org/ä', 'relative/x', '#x'], refused: ['', 'a b', 'a\n', 5] },
    url: { accepted: ['https://example.org', 'mailto:a@example.org', 'Binary/1'], refused: ['', 'https://a b', 5] },
    canonical: { accepted: ['https://example.org/Profile|1.0', '#inner'], refused: ['', 'a b', 5] },
    oid: {
      accepted: ['urn:oid:1.2.246.21', 'urn:oid:0.0', 'urn:oid:2.999'],
      refused: ['1.2.3', 'urn:oid:3.1', 'urn:oid:1', 'urn:oid:1.02'],
    },
    uuid: {
      accepted: ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520'],
      refused: [
        'c757873d-ec9a-4326-a141-556f43239520',
        'urn:uuid:C757873D-EC9A-4326-A141-556F43239520',
        'urn:uuid:c757873d',
      ],
    },
    date: {
      accepted: ['2025', '2025-12', '2025-12-31', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31'],
      refused: [
        '',
        '0000',
        '25',
        '2025-13',
        '2025-00',
        '2025-1',
        '2025-02-29',
        '2025-02-30',
        '1900-02-29',
        '2025-04-31',
        '2025-06-31',
        '2025-01-32',
        '2025-01-00',
        '2025-01-01T00:00:00Z',
        '2025/01/01',
        '01.02.2025',
        '20250101',
        ' 2025',
        '2025\n',
      ],
    },
    dateTime: {
      accepted: [
        '2025',
        '2025-12',
        '2025-12-31',
        '2025-12-31T23:59:59Z',
        '2025-12-31T00:00:00.123456+14:00',
        '2024-02-29T10:00:00-13:59',
      ],
      refused: [
        '2025-12-31T10:00Z',
        '2025-12-31T10:00:00',
        '2025-12-31T24:00:00Z',
        '2025-12-31T10:60:00Z',
        '2025-02-30T10:00:00Z',
        '2025-12-31T10:00:00+14:01',
        '2025-12-31 10:00:00Z',
        '2025-12-31T10:00:00.Z',
        '2025-12T10:00:00Z',
        '2025-12-31t10:00:00z',
        '',
      ],
    },
    instant: {
      accepted: ['2025-01-31T09:30:00+02:00', '2025-01-31T09:30:00.001Z'],
      refused: ['2025-01-31', '2025-01-31T09:30:00', '2025-02-29T09:30:00Z', '2025-01-31T09:30Z', ''],
    },
    time: {
      accepted: ['00:00:00', '23:59:59.999'],
      refused: ['24:00:00', '9:00:00', '09:00', '09:00:00Z', '09:60:00', ''],
    },
    base64Binary: {
      accepted: ['AAAA', 'AA==', 'AAA=', 'AA\r\nAA', ' AAAA '],
      refused: ['', 'A', 'AAA', 'A===', '====', 'AA=A', 'AAAA=', 'AA-_', '£££=', 5],
    },
    reference: {
      accepted: [
        'Patient/1',
        'Patient/1/_history/2',
        'https://example.org/fhir/Patient/1',
        '#a',
        '#',
        'urn:uuid:1',
        'Patient?identifier=a|b',
      ],
      refused: [
        '',
        'Patient',
        'patient/1',
        'Patient/',
        'Patient/a b',
        'Person1/1',
        'Customer/1',
        '/Patient/1',
        'Patient/1/2',
        '../Patient/1',
        '#a b',
      ],
    },
  }

describe('primitive types of FHIR R4', () => {
  it.each(Object.keys(CASES))('%s accepts what R4 accepts and nothing else', (type) => {
    const { accepts } = primitiveOf(type)
    for (const value of CASES[type]!.accepted) expect(accepts(value), `${type} ${shown(value)}`).toBe(true)
    for (const value of CASES[type]!.refused) expect(accepts(value), `${type} ${shown(value)}`).toBe(false)
    for (const value of [null, undefined, [], {}, [1], Symbol('s')]) expect(accepts(value)).toBe(false)
  })

  it('refuse the leap second that R4 permits, for no period could be compared with it', () => {
    expect(Number.isNaN(Date.parse('2016-12-31T23:59:60Z'))).toBe(true)
    for (const type of ['instant', 'dateTime']) expect(primitiveOf(type).accepts('2016-12-31T23:59:60Z')).toBe(false)
  })

  it('accept every date of the calendar and no other', () => {
    const { accepts } = primitiveOf('date')
    const part = (max: number) => fc.integer({ min: 1, max })
    fc.assert(
      fc.property(part(9999), part(12), part(31), (year, month, day) => {
        const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
        const date = new Date(`${text}T00:00:00Z`)
        const exists = !Number.isNaN(date.getTime()) && date.getUTCDate() === day
        expect(accepts(text), text).toBe(exists)
      }),
    )
  })

  it('accept as an instant only what a clock can compare', () => {
    const digits = fc.stringMatching(
      /^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,3})?(Z|[+-][01]\d:[0-6]\d)$/,
    )
    fc.assert(
      fc.property(digits, (text) => {
        if (primitiveOf('instant').accepts(text)) expect(Number.isNaN(Date.parse(text)), text).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('accept as Base64 exactly what encoding gives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        expect(isBase64(text)).toBe(true)
        expect(isBase64(`${text}A`)).toBe(false)
      }),
    )
  })

  it('answer about megabytes of hostile text at once', () => {
    const hostile: readonly (readonly [string, string])[] = [
      ['base64Binary', `${' '.repeat(6_000_000)}!`],
      ['base64Binary', `${'A'.repeat(6_000_000)}!`],
      ['base64Binary', '='.repeat(6_000_000)],
      ['code', `${'a '.repeat(500_000)} `],
      ['uri', `${'x'.repeat(1_000_000)} `],
      ['string', ' '.repeat(1_000_000)],
      ['oid', `urn:oid:1${'.1'.repeat(500_000)}x`],
      ['reference', `Patient/${'a'.repeat(1_000_000)}`],
      ['dateTime', `2025-01-01T00:00:00.${'1'.repeat(1_000_000)}`],
    ]
    const start = performance.now()
    for (const [type, value] of hostile) expect(primitiveOf(type).accepts(value), type).toBe(false)
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it('are named in the answer to the sender, whose value is not', () => {
    const parsed = parseResource({ resourceType: 'Patient', birthDate: '30.2.1990' })
    expect(parsed).toEqual({
      outcome: 'invalid',
      against: 'r4',
      issues: [
        {
          severity: 'error',
          code: 'value',
          expression: 'Patient.birthDate',
          diagnostics: '`birthDate` must be a date of the calendar: YYYY, YYYY-MM or YYYY-MM-DD',
        },
      ],
    })
  })
})

const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value)
