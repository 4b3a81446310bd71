import { readMoment } from '../consent/period.ts'
import type { DataFacts } from '../consent/request.ts'
import { clientIdentity, referenceIdentity } from '../domain/identity.ts'
import type { Update } from '../domain/update.ts'
import { readCodes } from '../fhir/read/facts.ts'
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
    ...readCodes(resource),
    // References to other people's Patients were refused before; this one is the client under her inside name.
    patients: [clientIdentity(clientId)],
    refersTo: referencesOf(resource, type).map(({ reference }) => referenceIdentity(reference)),
    authors: [],
    clinicalDate: readMoment(date, zone),
  }
}
