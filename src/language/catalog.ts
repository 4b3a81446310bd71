import type { ConsentFindingCode } from '../domain/consent-finding.ts'
import type { informationCategories, InformationCategory } from '../domain/information.ts'
import type { LogEntry } from '../domain/log-entry.ts'
import type { Purpose } from '../domain/purpose.ts'
import type { DisclosureState, NoticeTemplate, RefusalReason } from '../domain/refusal.ts'
import type { Duration, FieldName, updateFields } from '../domain/update.ts'

/**
 * Everything one language needs. Exhaustive over every code a person can see, so that a code without a word does not
 * compile. Words stand in the form their sentence needs: Finnish effects, for instance, in the partitive.
 */
export type Catalog = {
  /** BCP 47, for amounts of money only; dates are written the Finnish way in every language. */
  readonly locale: string
  readonly category: { readonly [C in InformationCategory]: Topic & LevelWords<C> }
  readonly code: { readonly [K in CodeField]: Readonly<Record<CodeOf<K>, CodeWord<K>>> }
  readonly reason: Readonly<Record<RefusalReason, ForReaders>>
  readonly state: Readonly<Record<DisclosureState, ForReaders>>
  readonly finding: Readonly<Record<ConsentFindingCode, string>>
  readonly notice: Readonly<Record<NoticeTemplate, string>>
  /** All that an e-mail says, as its subject and as its text. */
  readonly somethingNew: string
  readonly purpose: Readonly<Record<Purpose, { readonly name: string; readonly aim: string }>>
  readonly time: {
    readonly at: string
    readonly minutes: string
    /** Full hours keep their `:00`. */
    readonly fullHours: boolean
    /** Closes a date without its year: Finnish `12.3.`, Swedish `12.3`. */
    readonly afterMonth?: string
  }
  readonly duration: {
    readonly phrase: Around
    /** The words for 2, 3, 4 …; a number beyond them is written in figures. */
    readonly numerals: readonly string[]
    readonly decimal: string
    readonly unit: Readonly<Record<Duration['unit'], { readonly one: string; readonly many: string }>>
  }
  readonly and: string
  readonly quotes: { readonly open: string; readonly close: string }
  readonly medication: {
    readonly changed: string
    readonly expect: string
    readonly lasting: string
    readonly review: string
    readonly contact: string
  }
  readonly meeting: Record<'invited' | 'notInvited' | 'place' | 'summary', string>
  readonly benefit: {
    readonly any: Noun
    readonly from: Around
    readonly until: Around
    readonly amount: string
    readonly source: string
  }
  readonly referral: Record<'head' | 'wish' | 'task', string>
  readonly identity: Record<'head' | 'born' | 'code' | 'phone' | 'municipality', string>
  /** Said for a category that no channel tells; names no category, since some of those names already tell. */
  readonly unspecified: string
  /** An earlier message is taken back; what it said is not repeated. */
  readonly retracted: string
  readonly level: string
  readonly log: LogWords
}

export type Reader = 'staff' | 'client'
/** One fact in two voices: to whoever sends or coaches, and to the client herself. */
type ForReaders = Readonly<Record<Reader, string>>

/** What stands before and after a value. */
export type Around = { readonly before?: string; readonly after?: string }

/** `some` is the Finnish partitive, for what is not yet there: "kuntoutustukea haettu". */
type Noun = { readonly name: string; readonly some?: string }

/** `name` for a list, `about` for "told … about …", in the client's log. */
type Topic = { readonly name: string; readonly about: string }

type LevelOf<C extends InformationCategory> = (typeof informationCategories)[C]['levels'][number]
type LevelWords<C extends InformationCategory> = [LevelOf<C>] extends [never]
  ? unknown
  : { readonly levels: Readonly<Record<LevelOf<C>, string>> }

type CodeOf<K extends FieldName> = (typeof updateFields)[K] extends {
  readonly codes: readonly (infer C extends string)[]
}
  ? C
  : never
type CodeField = { [K in FieldName]: [CodeOf<K>] extends [never] ? never : K }[FieldName]
type CodeWord<K extends CodeField> = K extends 'benefit'
  ? Noun
  : K extends 'state'
    ? { readonly of: keyof Noun; readonly text: string }
    : K extends 'meeting-status'
      ? Around
      : string

type Sentence = (from: string, to: string, about: string) => string

type LogWords = {
  readonly told: Sentence
  readonly 'not-told': Sentence
  readonly waiting: Sentence
  readonly underConsent: string
  readonly ownSystem: string
  readonly from: string
  readonly to: string
  readonly aboutYou: string
  readonly someone: string
} & Readonly<Record<Extract<LogEntry['kind'], `consent-${string}`>, string>>
