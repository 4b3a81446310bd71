import type { Communication, Extension } from '@medplum/fhirtypes'
import {
  ACT_CODE_SYSTEM,
  CONFIDENTIALITY_SYSTEM,
  INFORMATION_SYSTEM,
  OUTCOME_CODE_SYSTEM,
  RETRACTS_EXTENSION,
  profileUrl,
  UPDATE_EXTENSION,
} from '../../domain/codes.ts'
import type { Identifier } from '../../domain/identity.ts'
import { informationWord } from '../../domain/information.ts'
import type { Language } from '../../domain/party.ts'
import type { NoticeTemplate } from '../../domain/refusal.ts'
import { type Content, type FieldName, updateFields } from '../../domain/update.ts'

export type Envelope = {
  readonly id: string
  /** The recipient's own name for the client: `Patient/{id}`. */
  readonly subject: string
  readonly sentAt: number
  readonly sender: { readonly identifier: Identifier; readonly name: string }
  readonly recipient: { readonly identifier: Identifier; readonly name: string }
  readonly purpose: { readonly system: string; readonly code: string } | undefined
  /** The sentence a person reads. */
  readonly text: string
  readonly language: Language
}

/**
 * What was permitted, as a new Communication with the closed fields of its level (rule 22). Recipients get
 * confidentiality and obligations (no redisclosure without the client, purpose), never sensitivity codes.
 */
export const writeCommunication = (content: Content, envelope: Envelope): Communication => ({
  ...(content.retracts === undefined
    ? { ...frame(envelope, `told-${informationWord(content).replace('.', '-')}`), ...updateExtension(content) }
    : { ...frame(envelope, 'told-retraction'), extension: [{ url: RETRACTS_EXTENSION, valueId: content.retracts }] }),
  category: [{ coding: [{ system: INFORMATION_SYSTEM, code: informationWord(content) }] }],
})

/** A content-free service message. */
export const writeNotice = (template: NoticeTemplate, envelope: Envelope): Communication => ({
  ...frame(envelope, 'notice'),
  category: [{ coding: [{ system: OUTCOME_CODE_SYSTEM, code: template }] }],
})

const frame = (envelope: Envelope, profile: string): Communication => ({
  resourceType: 'Communication',
  id: envelope.id,
  meta: {
    lastUpdated: new Date(envelope.sentAt).toISOString(),
    profile: [profileUrl(profile)],
    security: [
      { system: CONFIDENTIALITY_SYSTEM, code: 'R' },
      { system: ACT_CODE_SYSTEM, code: 'NORDSCLCD' },
      ...(envelope.purpose === undefined ? [] : [{ system: envelope.purpose.system, code: envelope.purpose.code }]),
    ],
  },
  language: envelope.language,
  status: 'completed',
  subject: { reference: envelope.subject },
  sent: new Date(envelope.sentAt).toISOString(),
  sender: { identifier: envelope.sender.identifier, display: envelope.sender.name },
  recipient: [{ identifier: envelope.recipient.identifier, display: envelope.recipient.name }],
  payload: [{ contentString: envelope.text }],
})

/** Nothing at all rather than an empty extension, which R4 forbids: an identity may have no field that may be told. */
const updateExtension = (content: Content): Pick<Communication, 'extension'> => {
  const fields = fieldExtensions(content)
  return fields.length === 0 ? {} : { extension: [{ url: UPDATE_EXTENSION, extension: fields }] }
}

/** Fields in the order of the table, so that the same content always gives the same bytes. */
const fieldExtensions = (content: Content): Extension[] =>
  fieldNames.flatMap((name) => {
    const value: unknown = content.fields[name]
    if (value === undefined) return []
    return (Array.isArray(value) ? value : [value]).map((one) => fieldExtension(name, one))
  })

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
const fieldNames = Object.keys(updateFields) as FieldName[]

const fieldExtension = (name: FieldName, value: unknown): Extension => {
  switch (updateFields[name].type) {
    case 'code':
    case 'codes':
      return { url: name, valueCode: String(value) }
    case 'date':
      return { url: name, valueDate: String(value) }
    case 'dateTime':
      return { url: name, valueDateTime: String(value) }
    case 'boolean':
      return { url: name, valueBoolean: value === true }
    case 'duration':
      return { url: name, valueDuration: durationOf(value) }
    case 'money':
      return { url: name, valueMoney: isMoney(value) ? { value: value.value, currency: value.currency } : {} }
    case 'phone':
    case 'text':
      return { url: name, valueString: String(value) }
  }
}

const unitWords: Readonly<Record<string, string>> = { d: 'days', wk: 'weeks', mo: 'months' }

const durationOf = (value: unknown): NonNullable<Extension['valueDuration']> =>
  typeof value === 'object' && value !== null && 'value' in value && 'unit' in value && typeof value.value === 'number'
    ? {
        value: value.value,
        unit: unitWords[String(value.unit)] ?? '',
        system: 'http://unitsofmeasure.org',
        code: String(value.unit),
      }
    : {}

type MoneyLike = { value: number; currency: NonNullable<NonNullable<Extension['valueMoney']>['currency']> }

const isMoney = (value: unknown): value is MoneyLike =>
  typeof value === 'object' && value !== null && 'currency' in value && typeof value.currency === 'string'
