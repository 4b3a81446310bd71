/**
 * Code systems and value sets of the profiles. What the gateway decides by is taken from `src/domain` and named with the
 * words of `src/language`, so that neither can drift; what only the profiles use stands in `profiles/vocabulary.yaml`.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { BENEFIT_SYSTEM, CANONICAL, UPDATE_FIELD_SYSTEM } from '../../src/domain/codes.ts'
import { informationCategories, isInformationCategory, levelsOf } from '../../src/domain/information.ts'
import { purposes } from '../../src/domain/purpose.ts'
import { taskStatuses } from '../../src/domain/referral-state.ts'
import { disclosureStates, noticeTemplates, refusalReasons } from '../../src/domain/refusal.ts'
import { updateFields } from '../../src/domain/update.ts'
import { codeSystem, type Concept, type Terminology, valueSet, wordsOf } from './terminology.ts'
import { catalogWords, fieldWords } from './catalog-words.ts'

/** Every CodeSystem and ValueSet, by file name without extension. */
export const vocabulary = (): readonly Terminology[] => [
  ...domainCodeSystems(),
  ...domainValueSets(),
  ...standardValueSets(),
  ...profileOnly(),
]

const entries = Object.entries

const informationConcepts: readonly Concept[] = Object.keys(informationCategories)
  .filter(isInformationCategory)
  .map((category) => {
    const words = catalogWords(({ category: names }) => names[category].name)
    const levels = levelsOf(category).flatMap((level): readonly Concept[] =>
      level === undefined
        ? []
        : [
            {
              code: `${category}.${level}`,
              words: catalogWords(({ category: names }) => {
                const topic: { readonly name: string; readonly levels?: Readonly<Record<string, string>> } =
                  names[category]
                return `${topic.name}: ${topic.levels?.[level] ?? level}`
              }),
            },
          ],
    )
    const { direction, teamsOnly } = informationCategories[category]
    return { code: category, words, properties: { direction, 'teams-only': teamsOnly }, concepts: levels }
  })

const domainCodeSystems = (): readonly Terminology[] => [
  codeSystem({
    id: 'ips-information',
    title: 'Information a client can consent to',
    why: 'The unit of consent. Levels nest: each includes the ones before it.',
    properties: { direction: 'code', 'teams-only': 'boolean' },
    concepts: informationConcepts,
  }),
  codeSystem({
    id: 'ips-purpose',
    title: 'Purposes of use',
    why: 'HL7 has no purpose of use for employment support. `unemployment-security-control` exists to be refused.',
    concepts: localPurposes.map(({ code, words }) => ({ code, words })),
  }),
  codeSystem({
    id: 'ips-refusal-reason',
    title: 'Reasons why something was not told',
    why: 'A sender sees why, in codes; a client reads the same in her own words.',
    concepts: refusalReasons.map((code) => ({ code, words: catalogWords(({ reason }) => reason[code].staff) })),
  }),
  codeSystem({
    id: 'ips-disclosure-state',
    title: 'States of a disclosure',
    why: 'Nothing vanishes: whatever was posted is in one of these states.',
    concepts: disclosureStates.map((code) => ({ code, words: catalogWords(({ state }) => state[code].staff) })),
  }),
  codeSystem({
    id: 'ips-outcome',
    title: 'Notices',
    why: 'Fixed texts that can carry no content.',
    concepts: noticeTemplates.map((code) => ({ code, words: catalogWords(({ notice }) => notice[code]) })),
  }),
  codeSystem({
    id: 'ips-benefit',
    title: 'Benefits',
    why: 'The Finnish benefits that decide whether work pays.',
    concepts: updateFields.benefit.codes.map((code) => ({
      code,
      words: catalogWords(({ code: { benefit } }) => benefit[code].name),
    })),
  }),
  codeSystem({
    id: 'ips-update-field',
    title: 'Fields of an update and their codes',
    why: 'An EHR that tells a benefit as an Observation names its components with these.',
    concepts: [...new Set([...Object.keys(updateFields), ...fieldCodes.map(({ code }) => code)])].map((code) => ({
      code,
      words: fieldCodes.find((one) => one.code === code)?.words ?? { en: code.replaceAll('-', ' ') },
    })),
  }),
]

const localPurposes = entries(purposes).flatMap(([name, { system, code }]) =>
  system === `${CANONICAL}/CodeSystem/ips-purpose` ? [{ code, words: wordsOfPurpose(name) }] : [],
)

function wordsOfPurpose(name: string) {
  return catalogWords(({ purpose }) => entries(purpose).find(([key]) => key === name)?.[1].name ?? name)
}

const fieldCodes = fieldWords().filter(({ field }) => field !== 'benefit')

const domainValueSets = (): readonly Terminology[] => [
  valueSet({
    id: 'ips-purpose',
    title: 'Purposes a consent can name',
    include: [...new Set(Object.values(purposes).map(({ system }) => system))].map((system) => ({
      system,
      codes: Object.values(purposes).flatMap((one) => (one.system === system && one.allowed ? [one.code] : [])),
    })),
  }),
  valueSet({
    id: 'ips-recipient-label',
    title: 'Labels a recipient gets',
    include: [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', codes: ['R'] },
      { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', codes: ['NORDSCLCD'] },
      ...[...new Set(Object.values(purposes).map(({ system }) => system))].map((system) => ({
        system,
        codes: Object.values(purposes).flatMap((one) => (one.system === system && one.allowed ? [one.code] : [])),
      })),
    ],
  }),
  valueSet({ id: 'ips-information', title: 'Categories and levels', include: [{ system: local('ips-information') }] }),
  valueSet({
    id: 'ips-coaching-note-level',
    title: 'Levels of a coaching note',
    include: [
      {
        system: local('ips-information'),
        codes: ['coaching-note', ...levelsOf('coaching-note').map((level) => `coaching-note.${level}`)],
      },
    ],
  }),
  valueSet({
    id: 'ips-notice',
    title: 'Notices',
    include: [{ system: local('ips-outcome'), codes: [...noticeTemplates] }],
  }),
  valueSet({
    id: 'ips-referral-task-status',
    title: 'Statuses of a referral Task',
    include: [{ system: 'http://hl7.org/fhir/task-status', codes: [...taskStatuses] }],
  }),
  ...entries(updateFields).flatMap(([name, kind]) =>
    'codes' in kind
      ? [
          valueSet({
            id: `ips-update-${name}`,
            title: `Codes of the field ${name}`,
            include: [{ system: name === 'benefit' ? BENEFIT_SYSTEM : UPDATE_FIELD_SYSTEM, codes: [...kind.codes] }],
          }),
        ]
      : [],
  ),
]

function local(id: string): string {
  return `${CANONICAL}/CodeSystem/${id}`
}

/** Subsets of HL7's own code systems. */
const standardValueSets = (): readonly Terminology[] => [
  valueSet({
    id: 'ips-referral-intent',
    title: 'Intents of a referral',
    include: [{ system: 'http://hl7.org/fhir/request-intent', codes: ['proposal', 'order'] }],
  }),
  valueSet({
    id: 'ips-contact-status',
    title: 'Statuses of a coaching contact',
    include: [{ system: 'http://hl7.org/fhir/encounter-status', codes: ['planned', 'finished', 'cancelled'] }],
  }),
  valueSet({
    id: 'ips-contact-class',
    title: 'Classes of a coaching contact',
    include: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', codes: ['AMB', 'FLD', 'HH', 'VR'] }],
  }),
  valueSet({
    id: 'ips-consent-action',
    title: 'Actions of the written consent',
    include: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', codes: ['disclose', 'access'] }],
  }),
  valueSet({
    id: 'ips-duration-unit',
    title: 'Units of how long an effect lasts',
    include: [{ system: 'http://unitsofmeasure.org', codes: ['d', 'wk', 'mo'] }],
  }),
  valueSet({
    id: 'ips-consent-actor-role',
    title: 'Roles of the actors of a consent',
    include: [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', codes: ['IRCP', 'PRCP', 'CST', 'AUT'] },
    ],
  }),
]

const Words = z.tuple([z.string(), z.string(), z.string()])
const Codes = z.record(z.string(), Words)
const Source = z.record(
  z.string(),
  z.object({
    title: z.string(),
    why: z.string(),
    fragment: z.boolean().optional(),
    codes: Codes.optional(),
    attributes: z.record(z.string(), z.object({ words: Words, codes: Codes })).optional(),
  }),
)

/** Systems without attributes have one value set of the same name; with attributes, one for each of them. */
const profileOnly = (): readonly Terminology[] => {
  const file = new URL('../../profiles/vocabulary.yaml', import.meta.url)
  return entries(Source.parse(parse(readFileSync(file, 'utf8')))).flatMap(([id, source]) => {
    const { title, why, codes, attributes, fragment: isFragment = false } = source
    if (attributes === undefined) {
      const concepts = conceptsOf(codes ?? {})
      return [
        codeSystem({ id, title, why, isFragment, concepts }),
        valueSet({ id, title, include: [{ system: local(id) }] }),
      ]
    }
    const groups = entries(attributes)
    return [
      codeSystem({
        id,
        title,
        why,
        concepts: groups.map(([code, group]) => ({
          code,
          words: wordsOf(group.words),
          concepts: conceptsOf(group.codes),
        })),
      }),
      ...groups
        .filter(([, group]) => Object.keys(group.codes).length > 0)
        .map(([code, group]) =>
          valueSet({
            id: `${id}-${code}`,
            title: `${title}: ${group.words[0]}`,
            include: [{ system: local(id), codes: Object.keys(group.codes) }],
          }),
        ),
    ]
  })
}

const conceptsOf = (codes: z.infer<typeof Codes>): readonly Concept[] =>
  entries(codes).map(([code, words]) => ({ code, words: wordsOf(words) }))
