import type { Language } from '../domain/party.ts'
import type { NoticeTemplate } from '../domain/refusal.ts'
import { catalogs } from './catalogs.ts'

/** A service message: a fixed sentence with no slot at all, so that it can carry nothing about the client. */
export const renderNotice = (template: NoticeTemplate, language: Language): string =>
  catalogs[language].notice[template]

/** The e-mail that says that an inbox holds something new: the same words whatever it is and whoever it is about. */
export const renderSomethingNew = (language: Language): string => catalogs[language].somethingNew
