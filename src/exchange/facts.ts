import { readMoment } from '../consent/period.ts'
import type { DataFacts } from '../consent/request.ts'
import { clientIdentity, referenceIdentity } from '../domain/identity.ts'
import type { Update } from '../domain/update.ts'
import { codings, concepts } from '../fhir/read/provision.ts'
import { referencesOf } from '../fhir/references.ts'
import type { ResolvedEntry } from './work.ts'

/** What consents may test about the resource a telling comes from (rules 14–17). */
export const factsOf = (
  { resource, type, id }: Pick<ResolvedEntry, 'resource' | 'type' | 'id'>,
  update: Update,
  clientId: string,
  zone: string,
): DataFacts => {
  const date = update.fields.date ?? update.fields.start ?? update.fields['period-start'] ?? update.fields.referred
  return {
    names: [referenceIdentity(`${type}/${id}`)],
    classes: [type, ...(resource.meta?.profile ?? [])],
    codes: codesOf(resource),
    labels: codings(resource.meta?.security),
    // References to other people's Patients were refused before; this one is the client under her inside name.
    patients: [clientIdentity(clientId)],
    refersTo: referencesOf(resource, type).map(({ reference }) => referenceIdentity(reference)),
    authors: [],
    clinicalDate: readMoment(date, zone),
  }
}

const codesOf = (resource: ResolvedEntry['resource']): DataFacts['codes'] => {
  switch (resource.resourceType) {
    case 'Communication':
      return concepts(resource.category)
    case 'MedicationRequest':
      return concepts(resource.medicationCodeableConcept === undefined ? [] : [resource.medicationCodeableConcept])
    case 'Appointment':
      return concepts(resource.serviceType)
    case 'Observation':
      return concepts([resource.code])
    case 'ServiceRequest':
      return concepts(resource.code === undefined ? [] : [resource.code])
    default:
      return []
  }
}
