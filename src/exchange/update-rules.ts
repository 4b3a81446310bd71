import type { Appointment } from '@medplum/fhirtypes'
import { ruleIssue } from '../fhir/read/issues.ts'
import { relativeReference } from '../fhir/references.ts'
import type { StoredResource } from '../store/queries/resources.ts'
import { clientOfAppointment } from './apply-records.ts'
import { includesVersion, type Rejection, reject } from './submission.ts'
import type { ResolvedEntry } from './work.ts'

/** Updates: only of the caller's own resources, of the version the caller has seen, and never about somebody else. */
export const checkUpdates = (
  entries: readonly ResolvedEntry[],
  own: ReadonlyMap<string, StoredResource>,
): Rejection | undefined => {
  for (const entry of entries) {
    if (entry.entry.method !== 'update') continue
    const stored = own.get(entry.id)
    if (stored?.type !== entry.type) return reject(404, [notFound(entry)])
    if (entry.entry.ifMatch === undefined)
      return reject(412, [versionIssue(entry, 'say which version you change: `If-Match: W/"1"`')])
    if (!includesVersion(entry.entry.ifMatch, stored.version)) {
      return reject(412, [
        versionIssue(entry, 'the resource has changed since you read it: read it again and repeat the change'),
      ])
    }
    if (subjectOf(entry.resource) !== subjectOf(stored.resource)) {
      const text = 'an update cannot move a resource to another client: record a new one'
      return reject(422, [ruleIssue(`${entry.path}.subject`, text, 'sender-client-changed')])
    }
  }
  return undefined
}

const notFound = (entry: ResolvedEntry) =>
  ({
    severity: 'error',
    code: 'not-found',
    expression: entry.path,
    diagnostics: 'you have no such resource here: create it with POST',
    error: 'sender-unknown-resource',
  }) as const

const versionIssue = (entry: ResolvedEntry, diagnostics: string) =>
  ({
    severity: 'error',
    code: 'conflict',
    expression: entry.path,
    diagnostics,
    error: 'sender-version-conflict',
  }) as const

/** The client's reference, wherever the type keeps it; an identifier alone counts as the same client by its words. */
const subjectOf = (resource: unknown): string | undefined => {
  if (typeof resource !== 'object' || resource === null) return undefined
  if ('resourceType' in resource && resource.resourceType === 'Appointment') {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both versions were parsed as Appointment before
    const client = clientOfAppointment(resource as Appointment)
    return subjectOf({ subject: client })
  }
  for (const name of ['subject', 'patient', 'for'] as const) {
    const reference: unknown = name in resource ? Reflect.get(resource, name) : undefined
    if (typeof reference === 'object' && reference !== null && 'reference' in reference) {
      const relative = relativeReference(String(reference.reference))
      return relative === undefined ? String(reference.reference) : `${relative.type}/${relative.id}`
    }
    if (reference !== undefined) return JSON.stringify(reference)
  }
  return undefined
}
