import { describe, expect, it } from 'vitest'
import { atLevel } from '../../src/consent/redact.ts'
import {
  informationCategories,
  type InformationCategory,
  informationWord,
  isInformationCategory,
  levelsOf,
} from '../../src/domain/information.ts'
import { type FieldName, type Update, updateFields, type UpdateFields } from '../../src/domain/update.ts'

/** Every field there is, each filled, whatever the category. */
const everyField = Object.fromEntries(
  Object.entries(updateFields).map(([name, kind]) => [name, 'codes' in kind ? [...kind.codes] : `value of ${name}`]),
) as unknown as UpdateFields
const fieldNames = Object.keys(updateFields) as FieldName[]
const update = (category: InformationCategory): Update => ({ category, fields: everyField })
const told = (category: InformationCategory, level?: string, nonDisclosure = false): readonly string[] =>
  Object.keys(atLevel(update(category), { category, level }, nonDisclosure)?.fields ?? {})

const change = ['date', 'affects-work', 'suggestion', 'review-date', 'contact-role', 'contact-phone']
const effect = [...change, 'effect', 'effect-duration']
const time = ['meeting-status', 'start', 'end', 'invited']
const period = ['benefit', 'state', 'period-start', 'period-end', 'source']

/** What a client agrees to when she ticks a level: this list, and nothing else. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'medication.change': change,
  'medication.effect': effect,
  'medication.detail': [...effect, 'kind', 'substance', 'strength', 'dose'],
  'care-meeting.time': time,
  'care-meeting.summary': [...time, 'place', 'summary'],
  'benefit.period': period,
  'benefit.amount': [...period, 'amount'],
  referral: ['referred', 'wish', 'task'],
  identity: ['client-name', 'birth-date', 'personal-identity-code', 'phone', 'municipality'],
}
const categories = Object.keys(informationCategories).filter(isInformationCategory)
const words = categories.flatMap((category) => levelsOf(category).map((level) => ({ category, level })))

describe('what each level tells (rule 22)', () => {
  it.each(words.map((code) => [informationWord(code), code] as const))('%s tells its own fields only', (word, code) => {
    expect([...told(code.category, code.level)].toSorted()).toEqual([...(allowed[word] ?? [])].toSorted())
  })
  it('a category without fields here is not told at all', () => {
    expect(atLevel(update('wellbeing'), { category: 'wellbeing', level: 'text' }, false)).toBeUndefined()
    expect(atLevel(update('coaching-note'), { category: 'coaching-note', level: undefined }, false)).toBeUndefined()
  })
  it('free text stands in levels that name it only', () => {
    const texts = fieldNames.filter((name) => updateFields[name].type === 'text')
    const shallow = ['medication.change', 'medication.effect', 'care-meeting.time', 'benefit.period', 'benefit.amount']
    for (const word of shallow) expect(allowed[word]?.filter((name) => texts.includes(name as FieldName))).toEqual([])
  })
  it('a bare category is its shallowest level', () => {
    expect(told('medication')).toEqual(told('medication', 'change'))
    expect(atLevel(update('benefit'), { category: 'benefit', level: undefined }, false)?.level).toBe('period')
  })
  it('a level nobody knows tells nothing', () => {
    for (const level of ['renamed', '', 'constructor', 'amount']) {
      expect(atLevel(update('medication'), { category: 'medication', level }, false)).toBeUndefined()
    }
    expect(atLevel(update('identity'), { category: 'identity', level: 'full' }, false)).toBeUndefined()
  })
  it('an update of another category is not told', () => {
    expect(atLevel(update('medication'), { category: 'benefit', level: 'period' }, false)).toBeUndefined()
  })
  it('a field that is missing leaves no trace', () => {
    const sparse: Update = { category: 'medication', fields: { date: '2026-03-12' } }
    const content = atLevel(sparse, { category: 'medication', level: 'detail' }, false)
    expect(content).toEqual({ category: 'medication', level: 'detail', fields: { date: '2026-03-12' } })
  })
  it('the content is a new object and says at which level it is', () => {
    const source = update('medication')
    const content = atLevel(source, { category: 'medication', level: 'detail' }, false)
    expect(content).toMatchObject({ category: 'medication', level: 'detail' })
    expect(content?.fields).not.toBe(source.fields)
    expect(source.fields).toBe(everyField)
  })
})

describe('a client under safety non-disclosure (TURVAKIELTO)', () => {
  it.each(words.map((code) => [informationWord(code), code] as const))(
    '%s leaves out phone, municipality, place and contact phone',
    (word, code) => {
      const locating = ['phone', 'municipality', 'place', 'contact-phone']
      const expected = (allowed[word] ?? []).filter((name) => !locating.includes(name))
      expect([...told(code.category, code.level, true)].toSorted()).toEqual(expected.toSorted())
    },
  )
})
