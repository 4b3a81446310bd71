/**
 * FSH of what follows the tables of updates: the extension with one part for each field, a profile for each category a care
 * team posts, and a profile for each level at which it is told. Written from `src/domain/update.ts` and `src/consent/redact.ts`
 * because a level that grew in one place only would tell more than the client signed.
 */
import { atLevel } from '../../src/consent/redact.ts'
import { CANONICAL } from '../../src/domain/codes.ts'
import { informationCategories, type InformationCategory, levelsOf } from '../../src/domain/information.ts'
import { type FieldName, updateFields, type UpdateFields } from '../../src/domain/update.ts'
import { requiredFields, tellable } from '../../src/fhir/read/update.ts'

export type Fsh = { readonly file: string; readonly text: string }

/** Every generated artefact, one to a file. */
export const updateFsh = (): readonly Fsh[] => [
  extension(),
  ...tellable.map(messageProfile),
  ...toldCategories().flatMap((category) => levelsOf(category).map((level) => toldProfile(category, level))),
]

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
const fieldNames = Object.keys(updateFields) as FieldName[]

/** Fields told at a level, asked of the function that tells them. */
export const fieldsAt = (category: InformationCategory, level: string | undefined): readonly FieldName[] => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the names are looked at
  const everything = Object.fromEntries(fieldNames.map((name) => [name, true])) as unknown as UpdateFields
  const content = atLevel({ category, fields: everything }, { category, level }, false)
  return fieldNames.filter((name) => content !== undefined && Object.hasOwn(content.fields, name))
}

/** Categories that are told at all. */
export const toldCategories = (): readonly InformationCategory[] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
  (Object.keys(informationCategories) as InformationCategory[]).filter(
    (category) => fieldsAt(category, levelsOf(category).at(-1)).length > 0,
  )

const extension = (): Fsh => ({
  file: 'care-team-update.fsh',
  text: [
    'Extension: CareTeamUpdate',
    'Id: care-team-update',
    'Title: "Care-team update"',
    'Description: "The closed fields of an update; what is free text says so and belongs to a level that names it."',
    'Context: Communication',
    '* . ^requirements = "Coded fields can be told in the reader\'s language and cut to a level; prose can be neither."',
    '* . 0..1',
    '* extension ^slicing.rules = #closed',
    `* extension contains`,
    fieldNames.map((name) => `    ${name} 0..${updateFields[name].type === 'codes' ? '*' : '1'}`).join(' and\n'),
    ...fieldNames.flatMap(part),
    '',
  ].join('\n'),
})

const part = (name: FieldName): readonly string[] => {
  const at = `* extension[${name}].value[x]`
  switch (updateFields[name].type) {
    case 'code':
    case 'codes':
      return [
        `${at} 1..1`,
        `${at} only code`,
        `* extension[${name}].valueCode from ${CANONICAL}/ValueSet/ips-update-${name} (required)`,
      ]
    case 'date':
      return [`${at} 1..1`, `${at} only date`]
    case 'dateTime':
      return [`${at} 1..1`, `${at} only dateTime`]
    case 'boolean':
      return [`${at} 1..1`, `${at} only boolean`]
    case 'duration':
      return [
        `${at} 1..1`,
        `${at} only Duration`,
        `* extension[${name}].valueDuration.value 1..1`,
        `* extension[${name}].valueDuration.system 1..1`,
        `* extension[${name}].valueDuration.system = "http://unitsofmeasure.org"`,
        `* extension[${name}].valueDuration.code 1..1`,
        `* extension[${name}].valueDuration.code from ${CANONICAL}/ValueSet/ips-duration-unit (required)`,
      ]
    case 'money':
      return [
        `${at} 1..1`,
        `${at} only Money`,
        `* extension[${name}].valueMoney.value 1..1`,
        `* extension[${name}].valueMoney.currency 1..1`,
      ]
    case 'phone':
      return [`${at} 1..1`, `${at} only string`, `* extension[${name}].valueString obeys ips-phone`]
    case 'text':
      return [`${at} 1..1`, `${at} only string`, `* extension[${name}].valueString ^maxLength = 1000`]
  }
}

const messageProfile = (category: InformationCategory): Fsh => {
  const name = `CareTeamMessage${pascal(category)}`
  const deepest = levelsOf(category).at(-1)
  return {
    file: `care-team-message-${category}.fsh`,
    text: [
      `Profile: ${name}`,
      'Parent: CareTeamMessage',
      `Id: care-team-message-${category}`,
      `Title: "Care team's message: ${category}"`,
      `Description: "What a care team posts about \`${category}\`: any of its fields, ${levelWords(category)}."`,
      `* category = $information#${category}`,
      ...closed(fieldsAt(category, deepest), requiredFields(category)),
      '',
    ].join('\n'),
  }
}

const toldProfile = (category: InformationCategory, level: string | undefined): Fsh => {
  const code = level === undefined ? category : `${category}.${level}`
  const id = `told-${code.replace('.', '-')}`
  const fields = fieldsAt(category, level)
  return {
    file: `${id}.fsh`,
    text: [
      `Profile: ${pascal(id)}`,
      'Parent: ToldUpdate',
      `Id: ${id}`,
      `Title: "Told: ${code}"`,
      `Description: "\`${category}\` as it is told at ${level === undefined ? 'its only level' : `level \`${level}\``}: ${fields.join(', ')}."`,
      `* category = $information#${code}`,
      ...closed(
        fields,
        requiredFields(category).filter((name) => fields.includes(name)),
      ),
      '',
    ].join('\n'),
  }
}

/** Every other field is ruled out by name: the extension itself stays open to none. */
const closed = (fields: readonly FieldName[], required: readonly FieldName[]): readonly string[] => [
  ...(required.length > 0 ? ['* extension[update] 1..1'] : []),
  ...required.map((name) => `* extension[update].extension[${name}] 1..1`),
  ...fieldNames.filter((name) => !fields.includes(name)).map((name) => `* extension[update].extension[${name}] 0..0`),
]

const levelWords = (category: InformationCategory): string => {
  const levels = levelsOf(category).filter((level) => level !== undefined)
  return levels.length === 0 ? 'at its only level' : `of the levels ${levels.join(', ')}`
}

const pascal = (id: string): string =>
  id.replaceAll(/(?:^|[-.])([a-z])/g, (_all, letter: string) => letter.toUpperCase())
