import type { InformationCategory } from '../domain/information.ts'
import type { Language } from '../domain/party.ts'
import type { Content, Money, UpdateFields } from '../domain/update.ts'
import { phonePattern } from '../domain/update.ts'
import type { Catalog } from './catalog.ts'
import { catalogs } from './catalogs.ts'
import { dayMonth, defaultZone, fullDate, timeSpan } from './dates.ts'
import { around, join, labelled, plain, sentenceCase } from './phrases.ts'
import { medicationSentence } from './render-medication.ts'

/**
 * The sentence a coach reads, from the fields that are present and from nothing else: a field that is missing leaves no
 * gap and no guess. Example: "Treatment changed 12.3.; may affect work; go lightly, ask the client".
 *
 * @param zone IANA time zone in which times of day are written.
 */
export const renderContent = (content: Content, language: Language, zone: string = defaultZone): string => {
  const words = catalogs[language]
  if (content.retracts !== undefined) return words.retracted
  return sentences[content.category]?.(content.fields, words, zone) ?? words.unspecified
}

type Sentence = (fields: UpdateFields, words: Catalog, zone: string) => string

const meetingSentence = (fields: UpdateFields, words: Catalog, zone: string): string => {
  const status = fields['meeting-status'] ?? 'booked'
  const cancelled = status === 'cancelled'
  const head = around(words.code['meeting-status'][status], timeSpan(fields.start, fields.end, words, zone))
  return join('; ', [
    join(', ', [head, cancelled ? undefined : invitation(fields.invited, words)]),
    labelled(words.meeting.place, cancelled ? undefined : plain(fields.place)),
    labelled(words.meeting.summary, plain(fields.summary)),
  ])
}

const invitation = (invited: boolean | undefined, { meeting }: Catalog): string | undefined => {
  if (invited === undefined) return undefined
  return invited ? meeting.invited : meeting.notInvited
}

const benefitSentence = (fields: UpdateFields, words: Catalog): string => {
  const noun = fields.benefit === undefined ? words.benefit.any : words.code.benefit[fields.benefit]
  const state = fields.state && words.code.state[fields.state]
  const head = join(' ', [state === undefined ? noun.name : (noun[state.of] ?? noun.name), state?.text])
  const source = labelled(words.benefit.source, fields.source && words.code.source[fields.source])
  const said = join(', ', [sentenceCase(head), period(fields, words), amount(fields.amount, words)])
  return join(' ', [said, source === undefined ? undefined : `(${source})`])
}

const period = (fields: UpdateFields, { benefit }: Catalog): string | undefined => {
  const start = fullDate(fields['period-start'])
  const end = fullDate(fields['period-end'])
  if (start !== undefined && end !== undefined) return `${start}–${end}`
  if (start !== undefined) return around(benefit.from, start)
  return end === undefined ? undefined : around(benefit.until, end)
}

const amount = (money: Money | undefined, words: Catalog): string | undefined => {
  if (money === undefined || !Number.isFinite(money.value) || !/^[A-Z]{3}$/.test(money.currency)) return undefined
  const written = moneyFormat(words.locale, money.currency).format(money.value).replace(/\s/g, ' ')
  return `${words.benefit.amount} ${written}`
}

/** Kept per language and currency, like the formatters of times. */
const moneyFormats = new Map<string, Intl.NumberFormat>()

const moneyFormat = (locale: string, currency: string): Intl.NumberFormat => {
  const key = `${locale} ${currency}`
  const known = moneyFormats.get(key)
  if (known !== undefined) return known
  const made = new Intl.NumberFormat(locale, { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger' })
  moneyFormats.set(key, made)
  return made
}

const referralSentence = (fields: UpdateFields, words: Catalog): string => {
  const wish = plain(fields.wish)
  const { open, close } = words.quotes
  return join('; ', [
    join(', ', [words.referral.head, dayMonth(fields.referred, words)]),
    labelled(words.referral.wish, wish === undefined ? undefined : `${open}${wish}${close}`),
    labelled(words.referral.task, readable(fields.task)),
  ])
}

/** A reference such as `Task/12` is an address for systems; it says nothing to a coach. */
const readable = (task: string | undefined): string | undefined => {
  const text = plain(task)
  return text !== undefined && /^(?:urn:|https?:\/\/|[A-Za-z]+\/)\S+$/.test(text) ? undefined : text
}

const identitySentence = (fields: UpdateFields, words: Catalog): string => {
  const { identity } = words
  const item = (label: string, value: string | undefined): string | undefined =>
    value === undefined ? undefined : `${label} ${value}`
  const phone = fields.phone !== undefined && phonePattern.test(fields.phone) ? plain(fields.phone) : undefined
  const said = join(', ', [
    plain(fields['client-name']),
    item(identity.born, fullDate(fields['birth-date'])),
    item(identity.code, plain(fields['personal-identity-code'])),
    item(identity.phone, phone),
    item(identity.municipality, plain(fields.municipality)),
  ])
  return said === '' ? identity.head : fields['client-name'] === undefined ? sentenceCase(said) : said
}

/** A category that is not here is told by no channel, and its very name might say too much. */
const sentences: Readonly<Partial<Record<InformationCategory, Sentence>>> = {
  medication: medicationSentence,
  'care-meeting': meetingSentence,
  benefit: benefitSentence,
  referral: referralSentence,
  identity: identitySentence,
}
