import type { Language } from '../domain/party.ts'
import type { Catalog } from './catalog.ts'
import { en } from './en.ts'
import { fi } from './fi.ts'
import { sv } from './sv.ts'

export const catalogs: Readonly<Record<Language, Catalog>> = { fi, sv, en }
