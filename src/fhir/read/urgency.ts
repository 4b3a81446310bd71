import type { UpdateSource } from './update.ts'

/**
 * Whether what is told goes before what waits for the same client and recipient: `Communication.priority` (FHIR R4
 * request-priority). That of a prescription says how soon the drug is needed, and that of an appointment is a number of the
 * sender's own.
 */
export const isUrgent = (resource: UpdateSource): boolean =>
  resource.resourceType === 'Communication' && urgent.has(resource.priority ?? 'routine')

const urgent: ReadonlySet<string> = new Set(['urgent', 'asap', 'stat'])
