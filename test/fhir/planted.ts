import type { MedicationRequest } from '@medplum/fhirtypes'
import { expect } from 'vitest'
import { atLevel } from '../../src/consent/redact.ts'
import { informationWord, levelsOf } from '../../src/domain/information.ts'
import { languages } from '../../src/domain/party.ts'
import type { Update } from '../../src/domain/update.ts'
import { readUpdate, type UpdateSource } from '../../src/fhir/read/update.ts'
import { writeCommunication } from '../../src/fhir/write/communication.ts'
import { renderContent } from '../../src/language/render-content.ts'

export type Json = { readonly [name: string]: unknown }

/** In a planted resource, `*` becomes a text and `@` a day that stand nowhere else; every other text is a code that must stay. */
export const plant = (resource: Json): { readonly resource: Json; readonly canaries: ReadonlyMap<string, string> } => {
  const canaries = new Map<string, string>()
  const walk = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((one, index) => walk(one, `${path}[${index}]`))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, walk(one, `${path}.${name}`)]))
    }
    if (value !== '*' && value !== '@') return value
    const n = canaries.size + 1
    const day = `20${31 + Math.floor(n / 28)}-07-${String((n % 28) + 1).padStart(2, '0')}`
    const word = value === '*' ? `canary${n}x` : day
    canaries.set(word, path.replace(/^\./, ''))
    return word
  }
  return { resource: walk(resource, '') as Json, canaries }
}

export const coding = (system: string, code: string) => ({ system, code, display: '*', version: '*' })
export const concept = { coding: [{ system: '*', code: '*', display: '*', version: '*' }], text: '*' }
export const reference = { reference: 'Practitioner/*', display: '*', identifier: { system: '*', value: '*' } }
export const everywhere = {
  id: '*',
  implicitRules: '*',
  meta: { source: '*', tag: [{ system: '*', code: '*', display: '*' }], profile: ['*'] },
  text: { status: 'additional', div: '*' },
  contained: [{ resourceType: 'Medication', id: '*', code: concept }],
  identifier: [{ system: '*', value: '*', assigner: reference }],
  note: [{ text: '*', authorString: '*', time: '@' }],
}
export const extra = [{ url: '*', valueString: '*' }]
export const subject = { reference: 'Patient/aino', display: '*', identifier: { system: '*', value: '*' } }

const context = { path: 'Resource', zone: 'Europe/Helsinki', about: [], isCoach: () => true, find: () => undefined }
export const read = (
  resource: Json,
  about: readonly Json[] = [],
  find: (reference: string) => unknown = () => undefined,
): Update => {
  const source = resource as unknown as UpdateSource
  const reading = readUpdate(source, { ...context, find, about: about as unknown as MedicationRequest[] })
  if (reading.outcome === 'invalid') throw new Error(JSON.stringify(reading.issues))
  return reading.value.update
}

/** Everything a recipient at a level could get hold of: the resource with its sentence, in every language. */
export const bytesAt = (update: Update, level: string | undefined, nonDisclosure = false): string => {
  const content = atLevel(update, { category: update.category, level }, nonDisclosure)
  if (content === undefined) throw new Error('not told')
  return languages
    .map((language) =>
      JSON.stringify(
        writeCommunication(content, {
          id: 'id',
          subject: 'Patient/handle',
          sentAt: 0,
          sender: { identifier: { system: 'urn:p', value: 'hospital' }, name: 'Hospital' },
          recipient: { identifier: { system: 'urn:p', value: 'team' }, name: 'Team' },
          purpose: { system: 'urn:purpose', code: 'employment-support' },
          text: renderContent(content, language),
          language,
        }),
      ),
    )
    .join('\n')
}

/** Per level, where the canaries in its bytes were planted. */
export const escaped = (
  update: Update,
  canaries: ReadonlyMap<string, string>,
  nonDisclosure = false,
): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    levelsOf(update.category).map((level) => {
      const bytes = bytesAt(update, level, nonDisclosure)
      const found = [...canaries].filter(([word]) => bytes.includes(word)).map(([, path]) => path)
      return [informationWord({ category: update.category, level }), found.toSorted()]
    }),
  )
export const escapedFrom = (planted: Json, about?: readonly Json[]) => {
  const { resource, canaries } = plant(planted)
  expect(canaries.size).toBeGreaterThan(20)
  return escaped(read(resource, about), canaries)
}
