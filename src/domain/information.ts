/**
 * Information categories (`ips-information`): the unit a client consents to, with levels of detail.
 *
 * Direction `care-to-coach`, `coach-to-care` or both. Levels nest: each includes the ones before it.
 * `teamsOnly`: health and attendance information, which reaches IPS teams and care teams only; no consent and no
 * configuration can lift that, because in an employment service the same authority can sanction the client.
 */
type CategoryRule = {
  readonly direction: 'care-to-coach' | 'coach-to-care' | 'both'
  readonly levels: readonly string[]
  readonly teamsOnly: boolean
}

export const informationCategories = {
  identity: { direction: 'both', levels: [], teamsOnly: false },
  referral: { direction: 'both', levels: [], teamsOnly: true },
  background: { direction: 'both', levels: [], teamsOnly: false },
  diagnosis: { direction: 'care-to-coach', levels: ['group', 'code'], teamsOnly: true },
  medication: { direction: 'care-to-coach', levels: ['change', 'effect', 'detail'], teamsOnly: true },
  wellbeing: { direction: 'both', levels: ['direction', 'text'], teamsOnly: true },
  hospital: { direction: 'care-to-coach', levels: ['absence', 'stay', 'unit'], teamsOnly: true },
  'care-meeting': { direction: 'both', levels: ['time', 'summary'], teamsOnly: true },
  'rehab-plan': { direction: 'both', levels: [], teamsOnly: true },
  benefit: { direction: 'both', levels: ['period', 'amount'], teamsOnly: true },
  'care-contact': { direction: 'both', levels: [], teamsOnly: true },
  document: { direction: 'care-to-coach', levels: [], teamsOnly: true },
  progress: { direction: 'coach-to-care', levels: [], teamsOnly: true },
  concern: { direction: 'both', levels: [], teamsOnly: true },
  question: { direction: 'both', levels: [], teamsOnly: true },
  'coaching-note': { direction: 'coach-to-care', levels: ['summary', 'full'], teamsOnly: true },
  employment: { direction: 'coach-to-care', levels: ['status', 'detail'], teamsOnly: false },
  questionnaire: { direction: 'coach-to-care', levels: ['aggregate', 'score', 'item'], teamsOnly: true },
  closure: { direction: 'coach-to-care', levels: [], teamsOnly: false },
  kin: { direction: 'both', levels: [], teamsOnly: true },
  research: { direction: 'both', levels: [], teamsOnly: true },
} as const satisfies Record<string, CategoryRule>

export type InformationCategory = keyof typeof informationCategories

/** A category, or a category with one of its levels: `benefit`, `medication.effect`. */
export type InformationCode = { readonly category: InformationCategory; readonly level: string | undefined }

export const isInformationCategory = (word: string): word is InformationCategory =>
  Object.hasOwn(informationCategories, word)

/** `medication.effect` → category and level; undefined when either is unknown. A bare category has no level. */
export const parseInformationCode = (word: string): InformationCode | undefined => {
  const [category = '', level, ...rest] = word.split('.')
  if (rest.length > 0 || !isInformationCategory(category)) return undefined
  const levels: readonly string[] = informationCategories[category].levels
  if (level !== undefined && !levels.includes(level)) return undefined
  return { category, level }
}

export const informationWord = (code: InformationCode): string =>
  code.level === undefined ? code.category : `${code.category}.${code.level}`

/** Levels of a category from shallow to deep; a category without levels has one unnamed level. */
export const levelsOf = (category: InformationCategory): readonly (string | undefined)[] => {
  const levels: readonly string[] = informationCategories[category].levels
  return levels.length === 0 ? [undefined] : levels
}

/** Depth of a level, 0 = shallowest. A bare category stands for its shallowest level. */
export const levelDepth = (code: InformationCode): number => {
  const levels: readonly string[] = informationCategories[code.category].levels
  return code.level === undefined ? 0 : levels.indexOf(code.level)
}
