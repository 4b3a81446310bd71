import type { ConsentFindingCode } from '../domain/consent-finding.ts'
import type { InformationCode } from '../domain/information.ts'
import type { Language } from '../domain/party.ts'
import type { Purpose } from '../domain/purpose.ts'
import type { DisclosureState, RefusalReason } from '../domain/refusal.ts'
import type { Reader } from './catalog.ts'
import { catalogs } from './catalogs.ts'
import { join, labelled } from './phrases.ts'

/**
 * Why something was not told and what could be done about it, in words without a capital or a full stop, so that they
 * can stand inside a sentence: "no written consent covers this; ask the client".
 */
export const reasonText = (reason: RefusalReason, language: Language, reader: Reader = 'staff'): string =>
  catalogs[language].reason[reason][reader]

/** What is wrong with a consent that is being written down, and what to do about it. */
export const findingText = (code: ConsentFindingCode, language: Language): string => catalogs[language].finding[code]

/** Where a disclosure is: "waiting to be sent". */
export const stateText = (state: DisclosureState, language: Language, reader: Reader = 'staff'): string =>
  catalogs[language].state[state][reader]

/** "change in medication (level: effects)". */
export const categoryText = (code: InformationCode, language: Language): string => {
  const name = catalogs[language].category[code.category].name
  const level = labelled(catalogs[language].level, levelText(code, language))
  return join(' ', [name, level === undefined ? undefined : `(${level})`])
}

/** The name of a level; undefined for a category without levels and for a level nobody knows. */
export const levelText = ({ category, level }: InformationCode, language: Language): string | undefined => {
  const topic = catalogs[language].category[category]
  if (level === undefined || !('levels' in topic)) return undefined
  const levels: ReadonlyMap<string, string> = new Map(Object.entries(topic.levels))
  return levels.get(level)
}

/** "employment support". */
export const purposeText = (purpose: Purpose, language: Language): string => catalogs[language].purpose[purpose].name
