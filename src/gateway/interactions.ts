import { profileUrl } from '../domain/codes.ts'
import { type WritableType, writableTypes } from '../exchange/submission.ts'
import type { ScopeAction } from './scopes.ts'

/** R4 `type-restful-interaction` codes this gateway knows. */
export type Interaction = 'create' | 'read' | 'vread' | 'update' | 'history-instance' | 'search-type'

/**
 * What one resource type can do over HTTP. Routes, the scopes they ask for, `Allow` of a 405 and the CapabilityStatement
 * are all made from this, so that none can promise what another refuses.
 */
export type ServedType = {
  readonly interactions: readonly Interaction[]
  readonly conditionalCreate: boolean
  /** Profiles of ours that may be claimed; a type without one is taken as R4 has it. */
  readonly profiles: readonly string[]
  /** Operations on one resource, by the name of their R4 definition, for whoever may update it. */
  readonly operations: readonly string[]
  /** Search parameters beside `_id`, `_lastUpdated` and `_count`, each with the name of its R4 definition. */
  readonly search: Readonly<Record<string, string>>
}

/** The table. A type parties may write cannot be left out of it. */
export const servedTypes: Readonly<Record<WritableType, ServedType>> = {
  Patient: { ...editable({ identifier: 'Patient-identifier' }), operations: ['meta-delete'] },
  Organization: editable({ identifier: 'Organization-identifier' }),
  Practitioner: editable({ identifier: 'Practitioner-identifier' }),
  PractitionerRole: editable({ identifier: 'PractitionerRole-identifier' }),
  Medication: editable({ identifier: 'Medication-identifier', status: 'Medication-status' }),
  Questionnaire: editable({ identifier: 'Questionnaire-identifier', status: 'Questionnaire-status' }),
  RelatedPerson: editable({ identifier: 'RelatedPerson-identifier', patient: 'RelatedPerson-patient' }),
  // A signed form is evidence: it is filed once and never changed. It has nothing to be searched by.
  Binary: {
    interactions: ['create', 'read', 'vread', 'history-instance'],
    conditionalCreate: false,
    profiles: [],
    operations: [],
    search: {},
  },
  DocumentReference: editable({
    identifier: 'clinical-identifier',
    patient: 'clinical-patient',
    subject: 'DocumentReference-subject',
    status: 'DocumentReference-status',
    category: 'DocumentReference-category',
  }),
  CareTeam: editable(
    {
      identifier: 'clinical-identifier',
      patient: 'clinical-patient',
      subject: 'CareTeam-subject',
      status: 'CareTeam-status',
      category: 'CareTeam-category',
    },
    ['care-team'],
  ),
  Consent: editable(
    {
      identifier: 'clinical-identifier',
      patient: 'clinical-patient',
      status: 'Consent-status',
      category: 'Consent-category',
    },
    ['written-consent'],
  ),
  Condition: editable({
    identifier: 'clinical-identifier',
    patient: 'clinical-patient',
    subject: 'Condition-subject',
    category: 'Condition-category',
  }),
  Goal: editable({
    identifier: 'clinical-identifier',
    patient: 'clinical-patient',
    subject: 'Goal-subject',
    category: 'Goal-category',
  }),
  ServiceRequest: editable(
    {
      identifier: 'clinical-identifier',
      patient: 'clinical-patient',
      subject: 'ServiceRequest-subject',
      status: 'ServiceRequest-status',
      category: 'ServiceRequest-category',
    },
    ['referral'],
  ),
  Task: editable(
    { identifier: 'Task-identifier', patient: 'Task-patient', subject: 'Task-subject', status: 'Task-status' },
    ['referral-task'],
  ),
  EpisodeOfCare: editable(
    { identifier: 'clinical-identifier', patient: 'clinical-patient', status: 'EpisodeOfCare-status' },
    ['coaching-relationship'],
  ),
  Encounter: editable(
    {
      identifier: 'clinical-identifier',
      patient: 'clinical-patient',
      subject: 'Encounter-subject',
      status: 'Encounter-status',
    },
    ['coaching-contact'],
  ),
  QuestionnaireResponse: editable({
    identifier: 'QuestionnaireResponse-identifier',
    patient: 'QuestionnaireResponse-patient',
    subject: 'QuestionnaireResponse-subject',
    status: 'QuestionnaireResponse-status',
  }),
  MedicationRequest: editable({
    identifier: 'clinical-identifier',
    patient: 'clinical-patient',
    subject: 'MedicationRequest-subject',
    status: 'medications-status',
    category: 'MedicationRequest-category',
  }),
  MedicationStatement: editable({
    identifier: 'clinical-identifier',
    patient: 'clinical-patient',
    subject: 'MedicationStatement-subject',
    status: 'medications-status',
    category: 'MedicationStatement-category',
  }),
  Communication: editable(
    {
      identifier: 'Communication-identifier',
      patient: 'Communication-patient',
      subject: 'Communication-subject',
      status: 'Communication-status',
      category: 'Communication-category',
    },
    ['care-team-message-medication', 'care-team-message-care-meeting', 'care-team-message-benefit'],
  ),
  Appointment: editable({
    identifier: 'Appointment-identifier',
    patient: 'Appointment-patient',
    status: 'Appointment-status',
  }),
  Observation: editable(
    {
      identifier: 'clinical-identifier',
      patient: 'clinical-patient',
      subject: 'Observation-subject',
      status: 'Observation-status',
      category: 'Observation-category',
    },
    ['coaching-note', 'job'],
  ),
}

function editable(search: ServedType['search'], profiles: readonly string[] = []): ServedType {
  return {
    interactions: ['create', 'read', 'vread', 'update', 'history-instance', 'search-type'],
    conditionalCreate: true,
    profiles: profiles.map(profileUrl),
    operations: [],
    search,
  }
}

/** The row of the table for the `{type}` of an address; undefined for a type that is not served. */
export const servedType = (type: string): ServedType | undefined => {
  const known = writableTypes.find((one) => one === type)
  return known === undefined ? undefined : servedTypes[known]
}

/** Addresses under `/fhir/{type}`, each with the interactions that live there and the methods they are asked with. */
const addresses = {
  '': { create: 'POST', 'search-type': 'GET' },
  '/_search': { 'search-type': 'POST' },
  '/{id}': { read: 'GET', update: 'PUT' },
  '/{id}/_history': { 'history-instance': 'GET' },
  '/{id}/_history/{version}': { vread: 'GET' },
} as const satisfies Readonly<Record<string, Partial<Record<Interaction, string>>>>
export type Address = keyof typeof addresses

/** What a 405 at this address says under `Allow`. */
export const allowedMethods = ({ interactions }: ServedType, address: Address): readonly string[] =>
  Object.entries(addresses[address]).flatMap(([interaction, method]) =>
    interactions.some((one) => one === interaction) ? [method] : [],
  )

/** The SMART action a token needs for an interaction (SMART App Launch 2.2, "Scopes for requesting FHIR resources"). */
export const actionFor: Readonly<Record<Interaction, ScopeAction>> = {
  create: 'c',
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  update: 'u',
  'search-type': 's',
}
