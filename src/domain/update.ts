import type { InformationCategory } from './information.ts'

/**
 * What one party tells another about a client: a category and closed, typed fields. Free text exists only in the fields
 * of type `text`, and each of those belongs to a level that names it.
 */
export const updateFields = {
  // medication
  date: { type: 'date' },
  'affects-work': { type: 'code', codes: ['yes', 'no', 'not-assessed'] },
  suggestion: { type: 'codes', codes: ['continue', 'lighten', 'ask-client', 'call-nurse'] },
  'review-date': { type: 'date' },
  'contact-role': { type: 'code', codes: ['named-nurse', 'care-team', 'duty-nurse', 'physician'] },
  'contact-phone': { type: 'phone' },
  effect: {
    type: 'codes',
    codes: ['tiredness', 'restlessness', 'concentration', 'tremor', 'weight', 'sleep', 'none-known'],
  },
  'effect-duration': { type: 'duration' },
  kind: { type: 'code', codes: ['started', 'stopped', 'up', 'down', 'switched'] },
  substance: { type: 'text' },
  strength: { type: 'text' },
  dose: { type: 'text' },
  // care meeting
  'meeting-status': { type: 'code', codes: ['proposed', 'booked', 'cancelled'] },
  start: { type: 'dateTime' },
  end: { type: 'dateTime' },
  invited: { type: 'boolean' },
  place: { type: 'text' },
  summary: { type: 'text' },
  // benefit
  benefit: {
    type: 'code',
    codes: [
      'rehabilitation-support',
      'disability-pension',
      'partial-disability-pension',
      'sickness-allowance',
      'unemployment-benefit',
      'housing-allowance',
      'social-assistance',
      'rehabilitation-allowance',
      'study-aid',
      'wage-subsidy',
      'other',
    ],
  },
  state: { type: 'code', codes: ['recommended', 'applied', 'granted', 'rejected', 'suspended', 'ended'] },
  source: { type: 'code', codes: ['decision-seen', 'client-told', 'statement', 'care-team'] },
  'period-start': { type: 'date' },
  'period-end': { type: 'date' },
  amount: { type: 'money' },
  // referral and identity
  referred: { type: 'date' },
  wish: { type: 'text' },
  task: { type: 'text' },
  'client-name': { type: 'text' },
  'birth-date': { type: 'date' },
  'personal-identity-code': { type: 'text' },
  phone: { type: 'phone' },
  municipality: { type: 'text' },
} as const satisfies Record<string, FieldKind>

type FieldKind =
  | { readonly type: 'date' | 'dateTime' | 'text' | 'phone' | 'boolean' | 'duration' | 'money' }
  | { readonly type: 'code' | 'codes'; readonly codes: readonly string[] }

export type FieldName = keyof typeof updateFields

export type Duration = { readonly value: number; readonly unit: 'd' | 'wk' | 'mo' }
export type Money = { readonly value: number; readonly currency: string }

type ValueOf<K extends FieldKind> = K extends {
  readonly type: 'code'
  readonly codes: infer C extends readonly string[]
}
  ? C[number]
  : K extends { readonly type: 'codes'; readonly codes: infer C extends readonly string[] }
    ? readonly C[number][]
    : K extends { readonly type: 'boolean' }
      ? boolean
      : K extends { readonly type: 'duration' }
        ? Duration
        : K extends { readonly type: 'money' }
          ? Money
          : string

export type UpdateFields = { readonly [K in FieldName]?: ValueOf<(typeof updateFields)[K]> }

export type Update = {
  readonly category: InformationCategory
  readonly fields: UpdateFields
  /** Id of an earlier message that is taken back; never stated by a sender, and nothing else is told with it. */
  readonly retracts?: string
}

/** What a recipient gets at one level: built from the closed fields of that level and nothing else. */
export type Content = {
  readonly category: InformationCategory
  readonly level: string | undefined
  readonly fields: UpdateFields
  /** Id of the message this one takes back; its fields are empty then. */
  readonly retracts?: string
}

/** ISO 4217 codes only, so that the field cannot carry free text. */
export const currencyPattern = /^[A-Z]{3}$/

/** Phone numbers only, so that the field cannot carry free text. */
export const phonePattern = /^\+?[0-9][0-9 ()-]{3,20}$/
