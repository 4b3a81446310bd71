import type { Code, Interval } from '../../consent/consent-record.ts'
import { readMoment, readPeriod } from '../../consent/period.ts'
import type { DataFacts } from '../../consent/request.ts'
import { type Identity, identifierIdentity, referenceIdentity } from '../../domain/identity.ts'
import { codings } from './provision.ts'
import { isJson, type Json, objectsOf } from './shape.ts'

/**
 * What consents may test of any R4 resource (rules 3 and 14–17), from its JSON alone. A patient that cannot be read, a
 * code in words and a label without code stay as things unknown.
 */
export const readFacts = (resource: Json, zone: string): DataFacts => {
  const type = textAt(resource, 'resourceType')
  const id = textAt(resource, 'id')
  const self = id === undefined ? [] : [referenceIdentity(`${type}/${id}`)]
  const references = referencesIn(resource)
  const meta = isJson(resource['meta']) ? resource['meta'] : {}
  const profiles: readonly unknown[] = Array.isArray(meta['profile']) ? meta['profile'] : []
  return {
    names: self,
    classes: [type ?? '', ...profiles.filter((one) => typeof one === 'string')],
    ...readCodes(resource),
    patients: [...new Set([...(type === 'Patient' ? self : []), ...patientsIn(resource, references)])],
    refersTo: references,
    authors: authorElements.flatMap((name) => referencesIn(resource[name])),
    clinicalDate: clinicalDateOf(resource, zone),
  }
}

/** Codes and labels of a resource; words without a code and labels nobody can read stay as such. */
export const readCodes = (resource: unknown): Pick<DataFacts, 'codes' | 'hasUncoded' | 'labels'> => {
  const json: Json = isJson(resource) ? resource : {}
  const meta = isJson(json['meta']) ? json['meta'] : {}
  const concepts = codeElements.flatMap((name) => conceptsIn(json[name]))
  return {
    codes: concepts.flatMap(codesOf),
    hasUncoded: concepts.some((concept) => codesOf(concept).length === 0),
    labels: objectsOf(meta['security'], 'security', []).map(labelOf),
  }
}

/** Elements whose codes say what a resource is about, in any R4 type that has them. */
const codeElements: readonly string[] = (
  'code category type class serviceType serviceCategory medicationCodeableConcept vaccineCode reasonCode topic ' +
  'valueCodeableConcept'
).split(' ')

const authorElements = ['author', 'asserter', 'recorder', 'informationSource', 'sender']

const conceptsIn = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter(isJson) : isJson(value) ? [value] : []

/** A CodeableConcept's codings, or a Coding itself (Encounter.class). */
const codesOf = (concept: Json): readonly Code[] => codings('code' in concept ? [concept] : concept['coding'])

/** A label that says nothing readable is one nobody knows. */
const labelOf = (label: Json): Code => codings([label])[0] ?? { system: undefined, code: '' }

const unreadablePatient = referenceIdentity('unreadable patient')

/** INVARIANT (nobody is nobody): a subject without a name is some patient, not none. */
const patientsIn = (resource: Json, references: readonly Identity[]): readonly Identity[] => {
  const subjects = ['subject', 'patient', 'beneficiary'].flatMap((name) => conceptsIn(resource[name]))
  const logical = subjects.filter(({ reference }) => typeof reference !== 'string').map(logicalName)
  return [...references.filter((one) => /^ref:(?:.*\/)?Patient\//.test(one)), ...logical]
}

const logicalName = ({ identifier }: Json): Identity => {
  if (!isJson(identifier)) return unreadablePatient
  const { system, value } = identifier
  return typeof system === 'string' && typeof value === 'string'
    ? identifierIdentity({ system, value })
    : unreadablePatient
}

/** Every literal reference anywhere within; what is contained has its own. */
const referencesIn = (value: unknown, depth = 0): readonly Identity[] => {
  if (depth > 64 || typeof value !== 'object' || value === null) return []
  const own = isJson(value) && typeof value['reference'] === 'string' ? [referenceIdentity(value['reference'])] : []
  const inner: readonly unknown[] = Object.values(value)
  return [...own, ...inner.flatMap((one) => referencesIn(one, depth + 1))]
}

/** Rule 16: the moment or period that the content is about, first that is stated; not when it was written down. */
const clinicalDates: readonly string[] = (
  'effectivePeriod effectiveDateTime effectiveInstant performedPeriod performedDateTime occurrencePeriod ' +
  'occurrenceDateTime onsetPeriod onsetDateTime period sent start date authoredOn authored recordedDate issued created'
).split(' ')

const clinicalDateOf = (resource: Json, zone: string): Interval | undefined => {
  const name = clinicalDates.find((one) => resource[one] !== undefined)
  if (name === undefined) return undefined
  const value = resource[name]
  if (name === 'start' && resource['end'] !== undefined) return intervalOf(value, resource['end'], zone)
  return isJson(value) ? intervalOf(value['start'], value['end'], zone) : readMoment(value, zone)
}

const intervalOf = (start: unknown, end: unknown, zone: string): Interval | undefined => {
  const period = readPeriod(start, end, zone)
  return typeof period === 'object' ? period : undefined
}

const textAt = (json: Json, name: string): string | undefined => {
  const value = json[name]
  return typeof value === 'string' ? value : undefined
}
