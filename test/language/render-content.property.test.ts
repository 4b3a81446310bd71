import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { informationCategories, isInformationCategory } from '../../src/domain/information.ts'
import { languages } from '../../src/domain/party.ts'
import { type Content, type FieldName, updateFields } from '../../src/domain/update.ts'
import { catalogs } from '../../src/language/catalogs.ts'
import { renderContent } from '../../src/language/render-content.ts'

const between = { noInvalidDate: true, min: new Date('1930-01-01'), max: new Date('2090-01-01') }
const day = fc.date(between).map((date) => date.toISOString().slice(0, 10))
const instant = fc.date(between).map((date) => date.toISOString())
const plainValues = {
  boolean: fc.boolean(),
  duration: fc.record({
    value: fc.oneof(fc.integer({ min: -1, max: 40 }), fc.double()),
    unit: fc.constantFrom('d', 'wk', 'mo'),
  }),
  money: fc.record({ value: fc.double(), currency: fc.oneof(fc.constant('EUR'), fc.string()) }),
  date: fc.oneof(day, fc.constantFrom('2026', '2026-03', '2026-13-41', '')),
  dateTime: fc.oneof(instant, day, fc.constantFrom('2026-03-18T25:99:00Z', '')),
  phone: fc.oneof(fc.constantFrom('+358 40 123 4567', '040-1234567'), fc.string()),
}

const valueOf = (name: FieldName, text: fc.Arbitrary<string>): fc.Arbitrary<unknown> => {
  const kind = updateFields[name]
  if (kind.type === 'code') return fc.constantFrom<string>(...kind.codes)
  if (kind.type === 'codes') return fc.array(fc.constantFrom<string>(...kind.codes), { maxLength: 4 })
  return { ...plainValues, text }[kind.type]
}

const wildText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(' ', ' ; ', 'a\r\n\r\nb  c;', '\u202Edrow', '\uD800'),
)

const fieldNames = Object.keys(updateFields) as FieldName[]
const contents = (text: fc.Arbitrary<string>): fc.Arbitrary<Content> =>
  fc.record({
    category: fc.constantFrom(...Object.keys(informationCategories).filter(isInformationCategory)),
    level: fc.constant(undefined),
    fields: fc.record(Object.fromEntries(fieldNames.map((name) => [name, valueOf(name, text)])), {
      requiredKeys: [],
    }),
  })

describe('any content in any language', () => {
  it('is one whole sentence: no gaps, no debris, no line of its own', () => {
    fc.assert(
      fc.property(contents(wildText), fc.constantFrom(...languages), (content, language) => {
        const sentence = renderContent(content, language)
        expect(sentence).not.toMatch(/\s{2}|[\n\r\t\u202A-\u202E]|^\s|[\s;,:–]$/u)
        expect(sentence.isWellFormed()).toBe(true)
        expect(sentence).not.toBe('')
      }),
      { numRuns: 2000 },
    )
  })

  it('never shows what only a program would write', () => {
    fc.assert(
      fc.property(contents(fc.constantFrom('huone', 'kahvila')), fc.constantFrom(...languages), (content, language) => {
        expect(renderContent(content, language)).not.toMatch(/undefined|\bnull\b|NaN|Infinity|\[object|[{}]/)
      }),
      { numRuns: 2000 },
    )
  })

  it('says nothing of a field that is missing: each word of a code stands there only if its field does', () => {
    fc.assert(
      fc.property(contents(fc.constant('zq')), fc.constantFrom(...languages), (content, language) => {
        const sentence = renderContent(content, language)
        for (const name of [
          'kind',
          'effect',
          'suggestion',
          'affects-work',
          'contact-role',
          'source',
          'benefit',
        ] as const) {
          if (content.fields[name] !== undefined) continue
          for (const word of Object.values(catalogs[language].code[name])) {
            const said: string = typeof word === 'string' ? word : word.name
            if (!elsewhere(content, language, said)) expect(sentence).not.toContain(said)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('carries the text of a field only in the category that field belongs to', () => {
    const home: Readonly<Partial<Record<FieldName, string>>> = {
      substance: 'medication',
      strength: 'medication',
      dose: 'medication',
      place: 'care-meeting',
      summary: 'care-meeting',
      wish: 'referral',
      task: 'referral',
      'client-name': 'identity',
      'personal-identity-code': 'identity',
      municipality: 'identity',
    }
    const texts = fieldNames.filter((name) => updateFields[name].type === 'text')
    expect(Object.keys(home).toSorted()).toEqual(texts.toSorted())
    const marked = Object.fromEntries(texts.map((name) => [name, `zq-${name}-zq`]))
    fc.assert(
      fc.property(
        contents(fc.constant('x')),
        fc.subarray(texts),
        fc.constantFrom(...languages),
        (base, present, language) => {
          const fields = { ...base.fields, ...Object.fromEntries(texts.map((name) => [name, undefined])) }
          for (const name of present) Object.assign(fields, { [name]: marked[name] })
          const sentence = renderContent({ ...base, fields }, language)
          for (const name of texts) {
            const expected = present.includes(name) && home[name] === base.category && !isCancelledPlace(name, base)
            expect([name, sentence.includes(`zq-${name}-zq`)]).toEqual([name, expected])
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

/** A cancelled meeting has no place to go to. */
const isCancelledPlace = (name: FieldName, { fields }: Content): boolean =>
  name === 'place' && fields['meeting-status'] === 'cancelled'

/** The same word may rightly come from another field that is there, such as "care team" as contact and as source. */
const elsewhere = ({ fields }: Content, language: (typeof languages)[number], word: string): boolean => {
  const { code } = catalogs[language]
  const said = [
    ...(fields.effect ?? []).map((one) => code.effect[one]),
    ...(fields.suggestion ?? []).map((one) => code.suggestion[one]),
    fields.source && code.source[fields.source],
    fields['contact-role'] && code['contact-role'][fields['contact-role']],
    fields.benefit && code.benefit[fields.benefit].name,
  ]
  return said.some((text) => text?.includes(word)) || fixed(language).some((text) => text.includes(word))
}

/** Sentences that stand there whatever the fields. */
const fixed = (language: (typeof languages)[number]): readonly string[] => {
  const { unspecified, identity, referral } = catalogs[language]
  return [unspecified, identity.head, referral.head, referral.wish]
}
