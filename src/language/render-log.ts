import type { LogEntry } from '../domain/log-entry.ts'
import type { Language } from '../domain/party.ts'
import type { Catalog } from './catalog.ts'
import { catalogs } from './catalogs.ts'
import { moment } from './dates.ts'
import { join, labelled, plain, sentenceCase } from './phrases.ts'
import { categoryText, levelText, reasonText, stateText } from './words.ts'

/**
 * One line of the client's log, spoken to the client herself. Example: "12.3.2026 at 9:05 – Psykiatrian poliklinikka
 * told IPS-tiimi Tampere about a change in medication (level: effects) for employment support, under your consent."
 *
 * Names of organisations are never inflected: Finnish puts them after a noun that carries the case.
 *
 * @param zone IANA time zone in which the moment is written.
 */
export const renderLogEntry = (entry: LogEntry, language: Language, zone: string): string =>
  `${moment(entry.at, catalogs[language], zone)} – ${eventSentence(entry, language)}`

const eventSentence = (entry: LogEntry, language: Language): string => {
  const { kind } = entry
  if (kind === 'told') return toldSentence(entry, language)
  if (kind === 'not-told') return `${join(': ', [spoken(entry, kind, language), whyNot(entry, language)])}.`
  if (kind === 'waiting') return `${join(': ', [spoken(entry, kind, language), ownState(entry, language)])}.`
  return `${join(': ', [catalogs[language].log[kind], consentScope(entry, language)])}.`
}

const toldSentence = (entry: LogEntry, language: Language): string => {
  const words = catalogs[language]
  const told = join(', ', [
    join(' ', [spoken(entry, 'told', language), entry.purpose && words.purpose[entry.purpose].aim]),
    entry.consent === undefined ? undefined : words.log.underConsent,
    // The inbox is this service's own; a copy in another system is worth a word.
    entry.channel === undefined || entry.channel === 'inbox' ? undefined : words.log.ownSystem,
  ])
  const isUnsure = entry.state === 'possibly-received' || entry.state === 'sending'
  const doubt = isUnsure ? ownState(entry, language) : undefined
  return join(' ', [`${told}.`, doubt === undefined ? undefined : `${sentenceCase(doubt)}.`])
}

const whyNot = (entry: LogEntry, language: Language): string | undefined =>
  entry.reason === undefined ? ownState(entry, language) : reasonText(entry.reason, language, 'client')

const ownState = ({ state }: LogEntry, language: Language): string | undefined =>
  state && stateText(state, language, 'client')

const spoken = (entry: LogEntry, kind: 'told' | 'not-told' | 'waiting', language: Language): string => {
  const words = catalogs[language]
  // "B was not told" leaves out who would have told, so it is added.
  const from = kind === 'not-told' ? labelled(words.log.from, plain(entry.from)) : undefined
  return words.log[kind](party(entry.from, words), party(entry.to, words), about(entry, from, language))
}

const about = ({ category }: LogEntry, from: string | undefined, language: Language): string => {
  const words = catalogs[language]
  const level = category && labelled(words.level, levelText(category, language))
  const details = join('; ', [level, from])
  return join(' ', [
    category === undefined ? words.log.aboutYou : words.category[category.category].about,
    details === '' ? undefined : `(${details})`,
  ])
}

const consentScope = (entry: LogEntry, language: Language): string => {
  const { log, purpose } = catalogs[language]
  const item = (label: string, name: string): string | undefined => join(' ', [plain(name) && label, plain(name)])
  return join(', ', [
    item(log.from, entry.from),
    item(log.to, entry.to),
    entry.category && categoryText(entry.category, language),
    entry.purpose && purpose[entry.purpose].aim,
  ])
}

const party = (name: string, { log }: Catalog): string => plain(name) ?? log.someone
