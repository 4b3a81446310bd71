import type { Duration, UpdateFields } from '../domain/update.ts'
import { phonePattern } from '../domain/update.ts'
import type { Catalog } from './catalog.ts'
import { dayMonth } from './dates.ts'
import { around, enumerate, join, labelled, plain } from './phrases.ts'

/** "Treatment changed 12.3."; what kind of change it was only from the field that says so. */
export const medicationSentence = (fields: UpdateFields, words: Catalog): string =>
  join('; ', [
    headline(fields, words),
    fields['affects-work'] && words.code['affects-work'][fields['affects-work']],
    effects(fields, words),
    fields.suggestion?.map((code) => words.code.suggestion[code]).join(', '),
    join(' ', reviewed(fields, words)),
    labelled(words.medication.contact, contact(fields, words)),
  ])

const headline = (fields: UpdateFields, words: Catalog): string => {
  const what = fields.kind === undefined ? words.medication.changed : words.code.kind[fields.kind]
  const medicine = join(', ', [join(' ', [plain(fields.substance), plain(fields.strength)]), plain(fields.dose)])
  return join(': ', [join(' ', [what, dayMonth(fields.date, words)]), medicine])
}

const effects = (fields: UpdateFields, words: Catalog): string | undefined => {
  const lasting = durationText(fields['effect-duration'], words)
  const codes = fields.effect ?? []
  const felt = codes.filter((code) => code !== 'none-known')
  if (felt.length > 0) {
    const list = felt.map((code) => words.code.effect[code])
    return join(' ', [words.medication.expect, enumerate(list, words.and), lasting])
  }
  if (codes.length > 0) return words.code.effect['none-known']
  return lasting === undefined ? undefined : join(' ', [words.medication.lasting, lasting])
}

const durationText = (duration: Duration | undefined, { duration: words }: Catalog): string | undefined => {
  if (duration === undefined || !Number.isFinite(duration.value) || duration.value <= 0) return undefined
  const { one, many } = words.unit[duration.unit]
  if (duration.value === 1) return around(words.phrase, one)
  const figure = String(duration.value).replace('.', words.decimal)
  return around(words.phrase, `${words.numerals[duration.value - 2] ?? figure} ${many}`)
}

const reviewed = (fields: UpdateFields, words: Catalog): readonly string[] => {
  const date = dayMonth(fields['review-date'], words)
  return date === undefined ? [] : [words.medication.review, date]
}

const contact = (fields: UpdateFields, words: Catalog): string | undefined => {
  const role = fields['contact-role'] && words.code['contact-role'][fields['contact-role']]
  const phone = fields['contact-phone']
  const text = join(', ', [role, phone !== undefined && phonePattern.test(phone) ? plain(phone) : undefined])
  return text === '' ? undefined : text
}
