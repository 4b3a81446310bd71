/** The door through which every FHIR resource comes in. */
import type * as fhir from '@medplum/fhirtypes'
import { JSON_LIMITS } from './hygiene.ts'
import { claimIssues } from './profile/claims.ts'
import { explain, explainResourceType, type FhirIssue } from './r4/explain.ts'
import { resourceTypeOf } from './r4/locate.ts'
import { resourceReader } from './r4/reader.ts'
import { MAX_ISSUES, startWalk } from './r4/walk.ts'

export type { FhirIssue } from './r4/explain.ts'

/** The resource types the gateway reads (`tools/r4-elements.ts`). */
export type SupportedResource =
  | fhir.Appointment
  | fhir.AuditEvent
  | fhir.Binary
  | fhir.Bundle
  | fhir.CareTeam
  | fhir.Communication
  | fhir.Condition
  | fhir.Consent
  | fhir.DocumentReference
  | fhir.Encounter
  | fhir.EpisodeOfCare
  | fhir.Goal
  | fhir.Medication
  | fhir.MedicationRequest
  | fhir.MedicationStatement
  | fhir.MessageHeader
  | fhir.Observation
  | fhir.OperationOutcome
  | fhir.Organization
  | fhir.Parameters
  | fhir.Patient
  | fhir.Practitioner
  | fhir.PractitionerRole
  | fhir.Questionnaire
  | fhir.QuestionnaireResponse
  | fhir.RelatedPerson
  | fhir.ServiceRequest
  | fhir.Task

export type ParsedResource =
  | { readonly outcome: 'parsed'; readonly resource: SupportedResource }
  | {
      readonly outcome: 'invalid'
      /** `profile`: sound R4 that does not conform to a profile it claims. */
      readonly against: 'r4' | 'profile'
      readonly issues: readonly FhirIssue[]
    }

/**
 * Reads a FHIR R4 resource out of parsed JSON: structure, cardinalities, primitive formats and required bindings, in the
 * resources of a Bundle and contained ones too; and the profiles of ours that a resource claims. R4's own invariants and
 * references are not looked at.
 *
 * The result shares no object with the input and has no narrative (`text`).
 *
 * @param options.path FHIRPath of the resource, for the issues; its type when left out
 * @returns at most 20 issues when it is not such a resource
 *
 * @example
 * const parsed = parseResource({ resourceType: 'Patient', birthDate: '2025-02-30' })
 * // { outcome: 'invalid', issues: [{ code: 'value', expression: 'Patient.birthDate', … }] }
 */
export const parseResource = (json: unknown, options: { readonly path?: string } = {}): ParsedResource => {
  const type = resourceTypeOf(json)
  const read = typeof type === 'string' ? resourceReader(type) : undefined
  if (read === undefined) return invalid([explainResourceType(json, options.path ?? 'Resource')])
  const root = options.path ?? String(type)
  const walk = startWalk(JSON_LIMITS.depth)
  const resource = read(json, walk)
  if (walk.isTooDeep) {
    const diagnostics = `the resource is nested deeper than ${JSON_LIMITS.depth} levels: send it flatter`
    return invalid([{ severity: 'error', code: 'too-costly', expression: root, diagnostics }])
  }
  if (walk.faults.length > 0) return invalid(walk.faults.map((fault) => explain(fault, json, root)))
  const claims = claimIssues(resource, root)
  if (claims.length > 0) return { ...invalid(claims), against: 'profile' }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the reader of its `resourceType` has just accepted it
  return { outcome: 'parsed', resource: resource as SupportedResource }
}

const invalid = (issues: readonly FhirIssue[]) => ({
  outcome: 'invalid' as const,
  against: 'r4' as const,
  issues: issues.slice(0, MAX_ISSUES),
})
