import { describe, expect, it } from 'vitest'
import { informationCategories, isInformationCategory, levelsOf } from '../../src/domain/information.ts'
import { languages } from '../../src/domain/party.ts'
import { purposes } from '../../src/domain/purpose.ts'
import { disclosureStates, noticeTemplates, refusalReasons } from '../../src/domain/refusal.ts'
import { catalogs } from '../../src/language/catalogs.ts'
import { renderNotice } from '../../src/language/render-notice.ts'
import { categoryText, levelText, purposeText, reasonText, stateText } from '../../src/language/words.ts'

const leaves = (value: unknown, path: string): readonly (readonly [string, string])[] => {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[path, String(value('Aaa', 'Bbb', 'ccc'))]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}/${key}`))
}

const texts = {
  fi: new Map(leaves(catalogs.fi, '')),
  sv: new Map(leaves(catalogs.sv, '')),
  en: new Map(leaves(catalogs.en, '')),
}
const codes = Object.keys(informationCategories)
  .filter(isInformationCategory)
  .flatMap((category) => levelsOf(category).map((level) => ({ category, level })))

describe('the catalogues', () => {
  it.each(languages)('hold no empty, untrimmed or doubly spaced text in %s', (language) => {
    expect(texts[language].size).toBeGreaterThan(150)
    for (const [path, text] of texts[language]) expect([path, text]).toEqual([path, text.trim().replace(/\s+/g, ' ')])
    expect([...texts[language].values()]).not.toContain('')
  })

  it.each([
    ['fi', 'sv'],
    ['fi', 'en'],
    ['sv', 'en'],
  ] as const)('have no forgotten translation between %s and %s', (one, other) => {
    const same = [...texts[one]].filter(([path, text]) => text.length >= 12 && texts[other].get(path) === text)
    expect(same).toEqual([])
  })

  it.each(languages)('give every refusal a text of its own in %s, for staff and for the client', (language) => {
    for (const reader of ['staff', 'client'] as const)
      expect(new Set(refusalReasons.map((reason) => reasonText(reason, language, reader))).size).toBe(
        refusalReasons.length,
      )
  })

  it.each(languages)('name every category with every level in %s, each differently', (language) => {
    expect(new Set(codes.map((code) => categoryText(code, language))).size).toBe(codes.length)
    for (const code of codes) expect(levelText(code, language) === undefined).toBe(code.level === undefined)
  })
})

describe('words for codes', () => {
  it('tell a nurse why nothing was sent and what could be done', () => {
    expect(reasonText('no-applicable-consent', 'en')).toBe('no written consent covers this; ask the client')
    expect(reasonText('no-applicable-consent', 'fi')).toBe(
      'mikään kirjallinen suostumus ei kata tätä; kysy asiakkaalta',
    )
    expect(reasonText('no-applicable-consent', 'sv')).toBe('inget skriftligt samtycke omfattar detta; fråga klienten')
  })

  it('tell a nurse where a message is', () => {
    expect(disclosureStates.map((state) => stateText(state, 'en'))).toContain('waiting to be sent')
    expect(stateText('delivered', 'fi')).toBe('mennyt perille')
  })

  it('name what a client can consent to', () => {
    const medication = { category: 'medication', level: 'effect' } as const
    expect(languages.map((language) => categoryText(medication, language))).toEqual([
      'lääkehoidon muutos (taso: vaikutukset)',
      'ändring i medicineringen (nivå: effekter)',
      'change in medication (level: effects)',
    ])
    expect(categoryText({ category: 'concern', level: undefined }, 'fi')).toBe('huoli')
    expect(categoryText({ category: 'medication', level: 'constructor' }, 'fi')).toBe('lääkehoidon muutos')
  })

  it('name every purpose', () => {
    expect(purposeText('employment-support', 'fi')).toBe('työllistymisen tuki')
    expect(Object.keys(purposes).toSorted()).toEqual(Object.keys(catalogs.sv.purpose).toSorted())
  })
})

describe('a notice', () => {
  it('is a fixed sentence without category, date or any other slot', () => {
    expect(languages.map((language) => renderNotice('permissions-changed', language))).toEqual([
      'Luvat ovat muuttuneet; katso asiakkaan sivua.',
      'Tillstånden har ändrats; se klientens sida.',
      "Permissions changed; see the client's page.",
    ])
    for (const language of languages)
      for (const template of noticeTemplates) {
        expect(renderNotice(template, language)).toMatch(/^\p{Lu}[^\d{}]+\.$/u)
        expect(renderNotice(template, language)).toBe(renderNotice(template, language))
      }
  })

  it('names no category of information in any language, apart from the referral it is about', () => {
    for (const language of languages)
      for (const { category } of codes.filter(({ category }) => category !== 'referral'))
        for (const template of noticeTemplates)
          expect(renderNotice(template, language).toLowerCase()).not.toContain(
            catalogs[language].category[category].name,
          )
  })
})
