/**
 * Examples of updates, posted and told. They are made by the gateway's own writer and redaction, one set for each category and
 * level, so that a new level has its examples before anyone thinks of them.
 */
import type { Extension } from '@medplum/fhirtypes'
import { z } from 'zod'
import { atLevel } from '../src/consent/redact.ts'
import { ACT_CODE_SYSTEM, INFORMATION_SYSTEM } from '../src/domain/codes.ts'
import { type InformationCategory, informationWord, levelsOf } from '../src/domain/information.ts'
import { type Content, type FieldName, updateFields, type UpdateFields } from '../src/domain/update.ts'
import { requiredFields, tellable } from '../src/fhir/read/update.ts'
import { writeCommunication } from '../src/fhir/write/communication.ts'
import { renderContent } from '../src/language/render-content.ts'
import { fieldsAt, toldCategories } from '../tools/profiles/update-fsh.ts'
import type { CounterExample, Example, Examples } from './examples.ts'
import { type Operation, patched } from './patch.ts'

export const updateExamples = (): Examples => {
  const posted = tellable.map(messageExamples)
  const told = toldCategories().flatMap((category) => levelsOf(category).map((level) => toldExamples(category, level)))
  const all = [...posted, ...told]
  return { valid: all.flatMap(({ valid }) => valid), invalid: all.flatMap(({ invalid }) => invalid) }
}

/** Every field there is, as in the story of Aino. */
const everything: Required<UpdateFields> = {
  date: '2026-03-12',
  'affects-work': 'yes',
  suggestion: ['lighten', 'ask-client'],
  'review-date': '2026-03-26',
  'contact-role': 'named-nurse',
  'contact-phone': '+358 9 555 0100',
  effect: ['tiredness', 'concentration'],
  'effect-duration': { value: 2, unit: 'wk' },
  kind: 'switched',
  substance: 'Ketiapiini',
  strength: '300 mg',
  dose: '1 tabletti illalla',
  'meeting-status': 'booked',
  start: '2026-03-18T13:00:00+02:00',
  end: '2026-03-18T14:00:00+02:00',
  invited: true,
  place: 'Poliklinikka, huone 2',
  summary: 'Kuntoutussuunnitelman tarkistus',
  benefit: 'rehabilitation-support',
  state: 'applied',
  source: 'care-team',
  'period-start': '2026-04-01',
  'period-end': '2026-06-30',
  amount: { value: 812.4, currency: 'EUR' },
  referred: '2026-03-09',
  wish: 'Haluan takaisin keittiötöihin.',
  task: 'Task/2026-114',
  'client-name': 'Aino Esimerkki',
  'birth-date': '1952-10-13',
  'personal-identity-code': '131052A308T',
  phone: '+358 40 555 0100',
  municipality: 'Helsinki',
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
const fieldNames = Object.keys(updateFields) as FieldName[]

const contentOf = (category: InformationCategory, level: string | undefined, isProtected = false): Content =>
  atLevel({ category, fields: everything }, { category, level }, isProtected) ?? { category, level, fields: {} }

const only = (content: Content, names: readonly FieldName[]): Content => ({
  ...content,
  fields: Object.fromEntries(names.map((name) => [name, content.fields[name]])),
})

const communication = (content: Content) =>
  writeCommunication(content, {
    id: '00000004-0000-4000-8000-000000000004',
    subject: 'Patient/7',
    sentAt: Date.parse('2026-03-12T10:00:00Z'),
    sender: { identifier: { system: 'urn:oid:1.2.246.10', value: '1567535-0' }, name: 'Hospital' },
    recipient: { identifier: { system: 'urn:oid:1.2.246.10', value: '0201256-6' }, name: 'IPS-tiimi' },
    purpose: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'COC' },
    text: renderContent(content, 'fi'),
    language: 'fi',
  })

const toldExamples = (category: InformationCategory, level: string | undefined): Examples => {
  const profile = `told-${informationWord({ category, level }).replace('.', '-')}`
  const content = contentOf(category, level)
  const [first = 'date', ...rest] = fieldsAt(category, level)
  const needed = requiredFields(category)
  const whole = communication(content)
  const broken = brokenCopies(profile, whole, fieldsAt(category, level))
  const other = category === 'identity' ? 'referral' : 'identity'
  return {
    valid: named(profile, {
      'with-every-field': whole,
      'with-as-little-as-possible': communication(only(content, needed.length > 0 ? needed : [first])),
      'of-a-protected-client': communication(contentOf(category, level, true)),
      'with-some-fields': communication(only(content, [...new Set([...needed, ...rest])])),
    }),
    invalid: [
      ...broken.common,
      ...(needed.length > 0 ? [broken.withoutFields] : []),
      broken.by('another-category', 'Communication.category', [
        { op: 'replace', path: '/category/0/coding/0/code', value: other },
      ]),
      broken.by('sensitivity-label-left', 'Communication.meta.security[2]', [
        { op: 'replace', path: '/meta/security/2', value: { system: ACT_CODE_SYSTEM, code: 'PSY' } },
      ]),
      broken.by('not-to-be-passed-on-missing', 'Communication.meta.security', [
        { op: 'remove', path: '/meta/security/1' },
      ]),
      broken.by('points-at-the-order', 'Communication.about', [
        { op: 'add', path: '/about', value: [{ reference: 'MedicationRequest/1' }] },
      ]),
      broken.by('sentence-missing', 'Communication.payload', [{ op: 'remove', path: '/payload' }]),
    ],
  }
}

const messageExamples = (category: InformationCategory): Examples => {
  const profile = `care-team-message-${category}`
  const deepest = levelsOf(category).at(-1)
  const content = contentOf(category, deepest)
  const message = (fields: Content) => ({
    resourceType: 'Communication',
    identifier: [{ system: 'urn:example:hospital:messages', value: `${category}-1` }],
    status: 'completed',
    category: [{ coding: [{ system: INFORMATION_SYSTEM, code: category }] }],
    subject: { reference: 'Patient/aino' },
    sent: '2026-03-12T10:00:00+02:00',
    extension: communication(fields).extension,
  })
  const [shallowest] = levelsOf(category)
  const whole = message(content)
  const broken = brokenCopies(profile, whole, fieldsAt(category, deepest))
  return {
    valid: named(profile, {
      'with-everything-known': whole,
      'at-the-first-level': message(contentOf(category, shallowest)),
      'with-as-little-as-possible': message(only(content, requiredFields(category))),
    }),
    invalid: [
      ...broken.common,
      broken.withoutFields,
      broken.by('a-level-where-a-category-is-wanted', 'Communication.category', [
        { op: 'replace', path: '/category/0/coding/0/code', value: `${category}.${deepest}` },
      ]),
      broken.by('number-missing', 'Communication.identifier', [{ op: 'remove', path: '/identifier' }]),
      broken.by('client-missing', 'Communication.subject', [{ op: 'remove', path: '/subject' }]),
      broken.by('free-text', 'Communication.payload', [
        { op: 'add', path: '/payload', value: [{ contentString: 'vapaata tekstiä' }] },
      ]),
    ],
  }
}

/** What breaks every update, posted or told. */
const brokenCopies = (
  profile: string,
  whole: { readonly extension?: Extension[] | undefined },
  fields: readonly FieldName[],
) => {
  const by = (name: string, at: string, patch: readonly Operation[]): CounterExample => ({
    profile,
    name,
    at,
    resource: patched(whole, patch),
  })
  const parts = 'Communication.extension[0].extension'
  const foreign = fieldNames.find((name) => !fields.includes(name)) ?? 'date'
  const told = communication({ category: 'medication', level: 'detail', fields: { [foreign]: everything[foreign] } })
  const phone = (whole.extension?.[0]?.extension ?? []).findIndex(
    ({ url }) => url === 'phone' || url === 'contact-phone',
  )
  const common = [
    ...(phone === -1
      ? []
      : [
          by('words-instead-of-a-number', `${parts}[${phone}].value`, [
            {
              op: 'replace',
              path: `/extension/0/extension/${phone}`,
              value: { url: profile === 'told-identity' ? 'phone' : 'contact-phone', valueString: 'soita' },
            },
          ]),
        ]),
    by('field-of-another-level', parts, [
      { op: 'add', path: '/extension/0/extension/-', value: z.json().parse(told.extension?.[0]?.extension?.[0]) },
    ]),
    by('field-nobody-knows', parts, [
      { op: 'add', path: '/extension/0/extension/-', value: { url: 'diagnosis', valueString: 'F20.0' } },
    ]),
    by('field-of-another-type', `${parts}[0].value`, [
      { op: 'replace', path: '/extension/0/extension/0', value: { url: fields[0] ?? '', valueInteger: 3 } },
    ]),
    by('remark-added', 'Communication.note', [{ op: 'add', path: '/note', value: [{ text: 'lisää' }] }]),
  ]
  const withoutFields = by('fields-missing', 'Communication.extension', [{ op: 'remove', path: '/extension' }])
  return { by, common, withoutFields }
}

const named = (profile: string, resources: Readonly<Record<string, unknown>>): readonly Example[] =>
  Object.entries(resources).map(([name, resource]) => ({
    profile,
    name,
    resource: JSON.parse(JSON.stringify(resource)) as unknown,
  }))
