import { type InformationCode, levelsOf } from '../domain/information.ts'
import type { Content, FieldName, Update, UpdateFields } from '../domain/update.ts'

/**
 * Writes the content of a level fresh (rule 22): a new object with the closed fields of that level and of the shallower
 * ones, never a thinned clinical resource.
 *
 * @param nonDisclosure TURVAKIELTO: contact details, municipality and places are left out at every level.
 * @returns undefined when the category cannot be told at all by this gateway.
 */
export const atLevel = (update: Update, code: InformationCode, nonDisclosure: boolean): Content | undefined => {
  const table: LevelFields | undefined = levelFields[code.category]
  if (table === undefined || update.category !== code.category) return undefined
  const levels = levelsOf(code.category)
  const asked = code.level ?? levels[0]
  // INVARIANT (an unknown level tells nothing): a level that was renamed since it was stored is no reason to tell all.
  if (!levels.includes(asked)) return undefined
  if (update.retracts !== undefined) {
    return { category: code.category, level: asked, fields: {}, retracts: update.retracts }
  }
  const told = levels.slice(0, levels.indexOf(asked) + 1)
  const names = told.flatMap((level) => table[level ?? ''] ?? [])
  const open = nonDisclosure ? names.filter((name) => !locating.has(name)) : names
  return { category: code.category, level: asked, fields: pick(update.fields, open) }
}

type LevelFields = Readonly<Record<string, readonly FieldName[]>>

/** The fields each level adds to the ones before it. A category that is not here is told by no channel. */
const levelFields: Readonly<Partial<Record<InformationCode['category'], LevelFields>>> = {
  medication: {
    change: ['date', 'affects-work', 'suggestion', 'review-date', 'contact-role', 'contact-phone'],
    effect: ['effect', 'effect-duration'],
    detail: ['kind', 'substance', 'strength', 'dose'],
  },
  'care-meeting': {
    time: ['meeting-status', 'start', 'end', 'invited'],
    summary: ['place', 'summary'],
  },
  benefit: {
    period: ['benefit', 'state', 'period-start', 'period-end', 'source'],
    amount: ['amount'],
  },
  referral: { '': ['referred', 'wish', 'task'] },
  identity: { '': ['client-name', 'birth-date', 'personal-identity-code', 'phone', 'municipality'] },
}

/** What could lead a person from whom the client is protected to the client. Staff phone numbers show the clinic. */
const locating: ReadonlySet<FieldName> = new Set(['phone', 'municipality', 'place', 'contact-phone'])

const pick = (fields: UpdateFields, names: readonly FieldName[]): UpdateFields =>
  Object.fromEntries(names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])))
