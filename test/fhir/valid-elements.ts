import type { SupportedResource } from '../../src/fhir/parse-resource.ts'

// Not the types of @medplum/fhirtypes: those do not know the `_siblings` of primitives.
export type ValidResource = {
  readonly resourceType: SupportedResource['resourceType']
  readonly [element: string]: unknown
}

export const coding = (system: string, code: string, display?: string) => ({
  coding: [{ system, code, ...(display !== undefined && { display }) }],
})
export const to = (reference: string) => ({ reference })
export const unknownReason = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
}
export const ACTORS = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
