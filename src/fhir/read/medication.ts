import type { CodeableConcept, Medication, MedicationRequest, MedicationStatement } from '@medplum/fhirtypes'
import type { DataFacts } from '../../consent/request.ts'
import type { UpdateFields } from '../../domain/update.ts'
import { dayOf } from './day.ts'
import { concepts } from './provision.ts'
import { isJson } from './shape.ts'

/** A prescription, or a statement that something is taken: the two ways in which an EHR says what treatment is. */
export type Medicine = MedicationRequest | MedicationStatement

export const isMedicine = (resource: unknown): resource is Medicine =>
  isJson(resource) &&
  (resource['resourceType'] === 'MedicationRequest' || resource['resourceType'] === 'MedicationStatement')

/** A resource of the sender's own by its literal reference; undefined for everything else. */
export type Find = (reference: string) => unknown

/** The fields a prescription or statement tells by itself. None of them is told below level `detail` but the day. */
export const medicineFields = (resource: Medicine, find: Find, zone: string): UpdateFields => {
  const [drug] = drugsOf(resource, find)
  const substance = drug?.text ?? drug?.coding?.find(({ display }) => display)?.display
  const isOrder = resource.resourceType === 'MedicationRequest'
  const dose = (isOrder ? resource.dosageInstruction : resource.dosage)?.[0]?.text
  const moment = isOrder ? resource.authoredOn : momentOf(resource)
  return {
    ...(moment !== undefined && { date: dayOf(moment, zone) }),
    ...(isOrder ? kindOfOrder(resource) : kindOfStatement(resource)),
    ...(substance !== undefined && { substance }),
    ...(dose !== undefined && { dose }),
  }
}

/**
 * Codes of the drug where it stands in a Medication, contained or referred to: a deny of a drug holds for it wherever it
 * is named. A Medication that cannot be found, or says in words only what it is, is one that nobody can rule out.
 */
export const drugFacts = (resource: Medicine, find: Find): Pick<DataFacts, 'codes' | 'hasUncoded'> => {
  const drugs = drugsOf(resource, find)
  const codes = drugs.map((drug) => concepts([drug]))
  return { codes: codes.flat(), hasUncoded: drugs.length === 0 || codes.some((list) => list.length === 0) }
}

/** What the drug is called first, then what it is made of. */
const drugsOf = (resource: Medicine, find: Find): readonly CodeableConcept[] => {
  if (resource.medicationCodeableConcept !== undefined) return [resource.medicationCodeableConcept]
  const reference = resource.medicationReference?.reference ?? ''
  const contained = (resource.contained ?? []).find(({ id }) => reference === `#${id}`)
  const found = contained ?? find(reference)
  if (!isMedication(found)) return []
  const ingredients = (found.ingredient ?? []).map(({ itemCodeableConcept }) => itemCodeableConcept ?? {})
  return [...(found.code === undefined ? [] : [found.code]), ...ingredients]
}

const isMedication = (resource: unknown): resource is Medication =>
  isJson(resource) && resource['resourceType'] === 'Medication'

const kindOfOrder = ({ status, priorPrescription }: MedicationRequest): UpdateFields => {
  // A pause is neither a start nor an end, and there is no word for it: the day alone is told.
  if (status === 'on-hold') return {}
  if (status === 'stopped' || status === 'cancelled' || status === 'completed') return { kind: 'stopped' }
  return { kind: priorPrescription === undefined ? 'started' : 'switched' }
}

/** A statement says that something is taken, not that it was begun: only a period says when it began. */
const kindOfStatement = (statement: MedicationStatement): UpdateFields => {
  if (hasEnded(statement)) return { kind: 'stopped' }
  return statement.status === 'active' && statement.effectivePeriod?.start !== undefined ? { kind: 'started' } : {}
}

const hasEnded = ({ status }: MedicationStatement): boolean => status === 'stopped' || status === 'completed'

/** When treatment became what the statement says. The period of what is paused says when it began, not when it paused. */
const momentOf = (statement: MedicationStatement): string | undefined => {
  const { effectivePeriod, effectiveDateTime, dateAsserted } = statement
  if (statement.status === 'on-hold') return dateAsserted
  return (hasEnded(statement) ? effectivePeriod?.end : effectivePeriod?.start) ?? effectiveDateTime ?? dateAsserted
}
