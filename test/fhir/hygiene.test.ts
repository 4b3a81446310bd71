import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseUntrustedJson, type JsonLimits } from '../../src/fhir/hygiene.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const refusal = (body: Uint8Array | string, limits?: JsonLimits): string => {
  const parsed = parseUntrustedJson(body, limits)
  return parsed.outcome === 'refused' ? `${parsed.reason} ${parsed.expression ?? ''}`.trim() : 'parsed'
}

describe('a body from outside', () => {
  it('that is harmless JSON comes through as JSON.parse gives it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        for (const body of [text, bytesOf(text), bytesOf(JSON.stringify(value, undefined, 2))]) {
          const parsed = parseUntrustedJson(body)
          if (parsed.outcome === 'parsed') expect(parsed.value).toEqual(JSON.parse(text))
          else expect(['forbidden-key', 'forbidden-character', 'not-utf8']).toContain(parsed.reason)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('may begin with a byte order mark', () => {
    expect(parseUntrustedJson(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]))).toEqual({ outcome: 'parsed', value: {} })
    expect(parseUntrustedJson('\uFEFF{}')).toEqual({ outcome: 'parsed', value: {} })
  })

  it('is UTF-8 and JSON', () => {
    expect(refusal(new Uint8Array([0x22, 0xff, 0x22]))).toBe('not-utf8')
    expect(refusal(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])), 'a surrogate encoded by itself').toBe('not-utf8')
    expect(refusal(new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])), 'UTF-16').toBe('not-utf8')
    expect(refusal('"\uD800"')).toBe('not-utf8')
    for (const text of [
      '',
      ' ',
      '{',
      '{"a":1,}',
      "{'a':1}",
      'undefined',
      '{"a":NaN}',
      '{} {}',
      '"\u0000"',
      '<xml/>',
      '// x\n{}',
    ]) {
      expect(refusal(text), text).toBe('not-json')
    }
  })

  it('is told apart by what is wrong, without its content being repeated', () => {
    const parsed = parseUntrustedJson('{"name":"Aino Example" oops')
    expect(parsed).toEqual({
      outcome: 'refused',
      reason: 'not-json',
      diagnostics: 'the body is not JSON: check quotes, commas and brackets',
    })
  })

  it('is a megabyte at most, counted in bytes', () => {
    const quoted = (length: number, character = 'x') => `"${character.repeat(length)}"`
    expect(refusal(quoted(999_998))).toBe('parsed')
    expect(refusal(quoted(999_999))).toBe('too-large')
    expect(refusal(bytesOf(quoted(999_998)))).toBe('parsed')
    expect(refusal(bytesOf(quoted(999_999)))).toBe('too-large')
    expect(refusal(quoted(499_999, 'ä'))).toBe('parsed')
    expect(refusal(quoted(500_000, 'ä'))).toBe('too-large')
    expect(refusal(quoted(10), { bytes: 11 })).toBe('too-large')
    expect(refusal(quoted(3_000_000), { bytes: 6_000_000 })).toBe('parsed')
  })

  it('nests at most forty levels', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(refusal(nested(40))).toBe('parsed')
    expect(refusal(nested(41))).toMatch(/^too-deep \$this/)
    expect(refusal(nested(5000))).toMatch(/^too-deep/)
    expect(refusal(nested(499_999))).toMatch(/^too-deep/)
    expect(refusal(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)).toMatch(/^too-deep \$this\.a\.a/)
    expect(refusal(nested(3), { depth: 2 })).toBe('too-deep $this[0][0]')
  })

  it('has at most twenty thousand values and two hundred bundle entries', () => {
    const list = (length: number) => JSON.stringify(Array.from({ length }, () => 1))
    expect(refusal(list(19_999))).toBe('parsed')
    expect(refusal(list(20_000))).toBe('too-many-nodes $this')
    const bundle = (length: number, resourceType = 'Bundle') =>
      JSON.stringify({ resourceType, entry: Array.from({ length }, () => ({})) })
    expect(refusal(bundle(200))).toBe('parsed')
    expect(refusal(bundle(201))).toBe('too-many-entries Bundle.entry')
    expect(refusal(bundle(201, 'List'))).toBe('parsed')
    expect(refusal(bundle(3), { entries: 2 })).toBe('too-many-entries Bundle.entry')
  })

  it('names nothing that every object inherits, wherever it stands', () => {
    for (const key of [...Object.getOwnPropertyNames(Object.prototype), 'prototype']) {
      expect(refusal(`{"${key}":1}`), key).toBe('forbidden-key $this')
      expect(refusal(`{"resourceType":"Patient","name":[{"period":{"${key}":{}}}]}`), key).toBe(
        'forbidden-key Patient.name[0].period',
      )
    }
    expect(refusal(String.raw`{"\u005f_proto__":{"admin":true}}`)).toBe('forbidden-key $this')
    expect(refusal('["constructor","__proto__"]'), 'as a value').toBe('parsed')
  })

  it('holds neither NUL nor unpaired surrogates, not even escaped', () => {
    expect(refusal(String.raw`{"a":["b\u0000"]}`)).toBe('forbidden-character $this.a')
    expect(refusal(String.raw`{"a":"\ud83d"}`)).toBe('forbidden-character $this')
    expect(refusal(String.raw`{"\udc00":1}`)).toBe('forbidden-character $this')
    expect(refusal(String.raw`"\u0000"`)).toBe('forbidden-character $this')
    expect(parseUntrustedJson(String.raw`"\ud83d\ude00"`)).toEqual({ outcome: 'parsed', value: '😀' })
  })

  it('names each thing once, for readers differ in which of two they believe', () => {
    expect(refusal('{"a":1,"a":2}')).toBe('duplicate-key $this')
    expect(refusal('{"a":1,"a":1}')).toBe('duplicate-key $this')
    expect(refusal(String.raw`{"a":1,"\u0061":2}`)).toBe('duplicate-key $this')
    expect(
      refusal(
        '{"resourceType":"Consent","provision":{"provision":[{"type":"permit"},{"type":"deny" ,\n "type" : "permit"}]}}',
      ),
    ).toBe('duplicate-key Consent.provision.provision[1]')
    expect(refusal('{"a":[{"b":1},{"b":2}],"b":{"a":1}}')).toBe('parsed')
    expect(refusal(String.raw`{"a":"b\":1,\"a\":2","c":"\\","d":"\\\":"}`)).toBe('parsed')
  })

  it('has a name twice exactly when the gateway says so', () => {
    const key = fc.constantFrom('a', 'b', 'c', '"', '\\a', ':', '')
    const leaf = fc.constantFrom('"x"', String.raw`"\":"`, String.raw`"\\"`, '1', 'null', '"a":'.slice(0, 3))
    type Tree = { readonly text: string; readonly isTwice: boolean }
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf.map((text): Tree => ({ text, isTwice: false })),
        fc.array(tie('tree'), { maxLength: 3 }).map((items): Tree => ({
          text: `[ ${items.map(({ text }) => text).join(' ,')}]`,
          isTwice: items.some(({ isTwice }) => isTwice),
        })),
        fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map((pairs): Tree => ({
          text: `{${pairs.map(([name, { text }]) => `${JSON.stringify(name)} : ${text}`).join(', ')}\n}`,
          isTwice: pairs.some(([, { isTwice }]) => isTwice) || new Set(pairs.map(([name]) => name)).size < pairs.length,
        })),
      ),
    }))
    fc.assert(
      fc.property(tree, ({ text, isTwice }) => {
        expect(parseUntrustedJson(text).outcome).toBe(isTwice ? 'refused' : 'parsed')
      }),
      { numRuns: 2000 },
    )
  })

  it('has no name that ends in a backslash, which would change how the next body is read', () => {
    expect(refusal(String.raw`{"a":1,"b\\":2}`)).toBe('forbidden-key')
    expect(refusal(String.raw`{"a":1,"b\u005C" :2}`)).toBe('forbidden-key')
    expect(refusal(String.raw`{"a":1,"b\\":2`)).toBe('forbidden-key')
    expect(parseUntrustedJson(String.raw`{"a":1,"b\"":"c\\"}`)).toEqual({
      outcome: 'parsed',
      value: { a: 1, 'b"': 'c\\' },
    })
  })

  it('has its place told only as far as its names could be those of FHIR', () => {
    expect(refusal('{"resourceType":"Patient","name":[{"Aino Example":{"toString":1}}]}')).toBe(
      'forbidden-key Patient.name[0]',
    )
    expect(refusal('{"resourceType":"Aino Example","name":{"toString":1}}')).toBe('forbidden-key $this.name')
  })

  it('costs time in proportion to its size, whatever it holds', () => {
    const start = performance.now()
    parseUntrustedJson(`["${'\\\\'.repeat(490_000)}"]`)
    parseUntrustedJson(`["${String.raw`\"`.repeat(490_000)}"]`)
    parseUntrustedJson('['.repeat(1_000_000))
    parseUntrustedJson(`{${'"a":1,'.repeat(160_000)}"a":1}`)
    expect(performance.now() - start).toBeLessThan(3000)
  })
})
