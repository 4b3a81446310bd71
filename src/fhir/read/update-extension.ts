import type { Extension } from '@medplum/fhirtypes'
import { currencyPattern, type FieldName, phonePattern, updateFields, type UpdateFields } from '../../domain/update.ts'
import type { OutcomeIssue } from '../outcome.ts'
import { invalid, read, type Reading, ruleIssue } from './issues.ts'

/** Reads the closed fields of the care-team update extension; an unknown field or code is refused by name. */
export const readUpdateFields = (extension: Extension, path: string): Reading<UpdateFields> => {
  const fields: Record<string, unknown> = {}
  const issues: OutcomeIssue[] = []
  for (const [index, part] of (extension.extension ?? []).entries()) {
    const place = `${path}.extension[${index}]`
    const name = part.url ?? ''
    if (!isFieldName(name)) {
      issues.push(fieldIssue(`${place}.url`, `\`url\` is none of: ${Object.keys(updateFields).join(', ')}`))
      continue
    }
    const value = fieldValue(name, part)
    if (value.outcome === 'invalid') issues.push(fieldIssue(place, value.expected))
    else if (Array.isArray(fields[name]) && Array.isArray(value.value)) fields[name] = [...fields[name], ...value.value]
    else if (name in fields) issues.push(fieldIssue(place, `\`${name}\` may stand only once`))
    else fields[name] = value.value
  }
  return issues.length > 0 ? invalid(issues) : read(fields)
}

const isFieldName = (word: string): word is FieldName => Object.hasOwn(updateFields, word)

const fieldIssue = (expression: string, diagnostics: string): OutcomeIssue =>
  ruleIssue(expression, diagnostics, 'sender-update-field-invalid')

type FieldValue =
  | { readonly outcome: 'value'; readonly value: unknown }
  | { readonly outcome: 'invalid'; readonly expected: string }

const wrong = (name: FieldName, expected: string): FieldValue => ({
  outcome: 'invalid',
  expected: `\`${name}\` needs ${expected}`,
})

const right = (value: unknown): FieldValue => ({ outcome: 'value', value })

const fieldValue = (name: FieldName, part: Extension): FieldValue => {
  switch (updateFields[name].type) {
    case 'code':
    case 'codes':
      return codeValue(name, part.valueCode)
    case 'date':
      return part.valueDate === undefined ? wrong(name, 'valueDate') : right(part.valueDate)
    case 'dateTime':
      return part.valueDateTime === undefined ? wrong(name, 'valueDateTime') : right(part.valueDateTime)
    case 'boolean':
      return part.valueBoolean === undefined ? wrong(name, 'valueBoolean') : right(part.valueBoolean)
    case 'phone':
      return phonePattern.test(part.valueString ?? '')
        ? right(part.valueString)
        : wrong(name, 'valueString with a phone number and nothing else')
    case 'duration':
      return durationValue(name, part.valueDuration)
    case 'money':
      return moneyValue(name, part.valueMoney)
    case 'text':
      return textValue(name, part.valueString)
  }
}

const codeValue = (name: FieldName, code: string | undefined): FieldValue => {
  const kind: { readonly type: string; readonly codes?: readonly string[] } = updateFields[name]
  const known = code !== undefined && kind.codes?.includes(code) === true
  if (!known) return wrong(name, `valueCode, one of: ${kind.codes?.join(', ') ?? ''}`)
  return right(kind.type === 'codes' ? [code] : code)
}

const durationValue = (name: FieldName, duration: Extension['valueDuration']): FieldValue => {
  const { value, code } = duration ?? {}
  const known = value !== undefined && (code === 'd' || code === 'wk' || code === 'mo')
  return known ? right({ value, unit: code }) : wrong(name, 'valueDuration with code d, wk or mo')
}

const moneyValue = (name: FieldName, money: Extension['valueMoney']): FieldValue => {
  const { value, currency } = money ?? {}
  const known = value !== undefined && currencyPattern.test(currency ?? '')
  return known ? right({ value, currency }) : wrong(name, 'valueMoney with value and a currency of three letters')
}

const textValue = (name: FieldName, text: string | undefined): FieldValue => {
  const fits = text !== undefined && text.trim() !== '' && text.length <= 1000
  return fits ? right(text) : wrong(name, 'valueString of 1 to 1,000 characters')
}
