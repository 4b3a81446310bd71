import { createHash } from 'node:crypto'
import {
  ACT_CODE_SYSTEM,
  BENEFIT_SYSTEM,
  CONSENT_ACTION_SYSTEM,
  CONSENT_POLICY_URI,
  CONSENT_SCOPE_SYSTEM,
  HETU_SYSTEM,
  INFORMATION_SYSTEM,
  LOCAL_PURPOSE_SYSTEM,
  PARTICIPATION_TYPE_SYSTEM,
  SERVICE_SYSTEM,
  SHA256_EXTENSION,
  UPDATE_EXTENSION,
  UPDATE_FIELD_SYSTEM,
  VERIFIED_BY_EXTENSION,
} from '../src/domain/codes.ts'
import type { Identifier } from '../src/domain/identity.ts'
import { signedForm } from './signed-form.ts'

/** What a hospital's EHR posts in the story of Aino; plain JSON, as any integration engine would build it. */
export type Story = {
  readonly hetu: string
  /** Distinguishes one run from another: every business identifier ends with it. */
  readonly run: string
  readonly hospital: Identifier
  readonly team: Identifier
  /** Today, YYYY-MM-DD; the story's dates follow from it. */
  readonly today: string
}

export type Json = { readonly [key: string]: unknown }

const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const messageId = (story: Story, name: string): Json => ({
  system: 'urn:demo:hospital:messages',
  value: `${name}-${story.run}`,
})

/** Referral with Task, care team and the signed consent: one transaction, everything or nothing. */
export const referralBundle = (
  story: Story,
  permits: readonly string[] = storyPermits,
  form = signedForm(story.run),
): Json => {
  const create = (n: number, resource: Json): Json => {
    const [identifier] = (resource['identifier'] ?? []) as readonly {
      readonly system: string
      readonly value: string
    }[]
    return {
      fullUrl: urn(n),
      resource,
      request: {
        method: 'POST',
        url: resource['resourceType'],
        ...(identifier && { ifNoneExist: `identifier=${identifier.system}|${identifier.value}` }),
      },
    }
  }
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      create(1, patient(story)),
      create(2, organization(story.team, 'IPS-tiimi')),
      create(3, careTeam(story, urn(1), urn(2))),
      create(4, { resourceType: 'Binary', contentType: 'application/pdf', data: form.toString('base64') }),
      create(5, document(story, urn(1), urn(4), form)),
      create(6, consent(story, urn(1), urn(5), permits)),
      create(7, serviceRequest(story, urn(1), urn(2))),
      create(8, task(story, urn(1), urn(7), urn(2))),
    ],
  }
}

/** Aino permits her identity, the referral, medication effects, meeting times and benefit periods; nothing deeper. */
export const storyPermits = [
  'identity',
  'referral',
  'medication.effect',
  'care-meeting.time',
  'benefit.period',
] as const

export const patient = (story: Story): Json => ({
  resourceType: 'Patient',
  identifier: [{ use: 'official', system: HETU_SYSTEM, value: story.hetu }],
  name: [{ use: 'official', family: 'Esimerkki', given: ['Aino'] }],
  telecom: [{ system: 'phone', value: '+358 40 555 0100' }],
})

const organization = (identifier: Identifier, name: string): Json => ({
  resourceType: 'Organization',
  identifier: [identifier],
  name,
})

export const careTeam = (story: Story, patientReference: string, teamReference: string): Json => ({
  resourceType: 'CareTeam',
  identifier: [messageId(story, 'care-team')],
  status: 'active',
  subject: { reference: patientReference },
  participant: [
    { role: [{ text: 'omahoitaja' }], member: { display: 'Omahoitaja' } },
    { role: [{ text: 'IPS-tiimi' }], member: { reference: teamReference } },
  ],
})

export const document = (story: Story, patientReference: string, binary: string, form: Buffer): Json => ({
  resourceType: 'DocumentReference',
  identifier: [messageId(story, 'form')],
  status: 'current',
  type: { coding: [{ system: 'http://loinc.org', code: '64292-6' }] },
  subject: { reference: patientReference },
  content: [
    {
      attachment: {
        extension: [{ url: SHA256_EXTENSION, valueString: createHash('sha256').update(form).digest('hex') }],
        contentType: 'application/pdf',
        language: 'fi',
        url: binary,
      },
    },
  ],
})

export const consent = (story: Story, patientReference: string, source: string, permits: readonly string[]): Json => ({
  resourceType: 'Consent',
  identifier: [messageId(story, 'consent')],
  status: 'active',
  scope: { coding: [{ system: CONSENT_SCOPE_SYSTEM, code: 'patient-privacy' }] },
  category: [{ coding: [{ system: ACT_CODE_SYSTEM, code: 'IDSCL' }] }],
  patient: { reference: patientReference },
  dateTime: `${story.today}T09:00:00+02:00`,
  performer: [{ reference: patientReference }],
  organization: [{ identifier: story.hospital }],
  sourceReference: { reference: source },
  policy: [{ uri: CONSENT_POLICY_URI }],
  verification: [
    {
      verified: true,
      verificationDate: story.today,
      extension: [{ url: VERIFIED_BY_EXTENSION, valueReference: { identifier: story.hospital } }],
    },
  ],
  provision: { type: 'deny', provision: permits.map((code) => permit(story, code)) },
})

export const permit = (story: Story, code: string): Json => ({
  type: 'permit',
  actor: [
    {
      role: { coding: [{ system: PARTICIPATION_TYPE_SYSTEM, code: 'IRCP' }] },
      reference: { identifier: story.team },
    },
    {
      role: { coding: [{ system: PARTICIPATION_TYPE_SYSTEM, code: 'CST' }] },
      reference: { identifier: story.hospital },
    },
  ],
  action: ['disclose', 'access'].map((action) => ({ coding: [{ system: CONSENT_ACTION_SYSTEM, code: action }] })),
  purpose: [{ system: LOCAL_PURPOSE_SYSTEM, code: 'employment-support' }],
  code: [{ coding: [{ system: INFORMATION_SYSTEM, code }] }],
})

const serviceRequest = (story: Story, patientReference: string, team: string): Json => ({
  resourceType: 'ServiceRequest',
  identifier: [messageId(story, 'referral')],
  status: 'active',
  intent: 'order',
  code: { coding: [{ system: SERVICE_SYSTEM, code: 'ips' }] },
  subject: { reference: patientReference },
  authoredOn: `${story.today}T09:10:00+02:00`,
  performer: [{ reference: team }],
  reasonCode: [{ text: 'Haluan takaisin keittiötöihin.' }],
})

const task = (story: Story, patientReference: string, referral: string, team: string): Json => ({
  resourceType: 'Task',
  identifier: [messageId(story, 'task')],
  status: 'requested',
  intent: 'order',
  code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
  focus: { reference: referral },
  for: { reference: patientReference },
  authoredOn: `${story.today}T09:10:00+02:00`,
  owner: { reference: team },
})

/** The psychiatrist's new prescription and the nurse's words on what to expect, as one event. */
export const medicationChange = (story: Story, patientReference: string, name = 'medication'): Json => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    {
      fullUrl: urn(1),
      request: { method: 'POST', url: 'MedicationRequest' },
      resource: {
        resourceType: 'MedicationRequest',
        identifier: [messageId(story, `${name}-order`)],
        status: 'active',
        intent: 'order',
        medicationCodeableConcept: { text: 'Ketiapiini 300 mg' },
        subject: { reference: patientReference },
        authoredOn: story.today,
        dosageInstruction: [{ text: '1 tabletti illalla' }],
      },
    },
    {
      request: { method: 'POST', url: 'Communication' },
      resource: medicationMessage(story, patientReference, name, [{ reference: urn(1) }]),
    },
  ],
})

export const medicationMessage = (
  story: Story,
  patientReference: string,
  name: string,
  about?: readonly Json[],
): Json => ({
  resourceType: 'Communication',
  identifier: [messageId(story, name)],
  status: 'completed',
  category: [{ coding: [{ system: INFORMATION_SYSTEM, code: 'medication' }] }],
  subject: { reference: patientReference },
  ...(about && { about }),
  sent: `${story.today}T10:00:00+02:00`,
  extension: [
    {
      url: UPDATE_EXTENSION,
      extension: [
        { url: 'date', valueDate: story.today },
        { url: 'affects-work', valueCode: 'yes' },
        { url: 'suggestion', valueCode: 'lighten' },
        { url: 'suggestion', valueCode: 'ask-client' },
        { url: 'effect', valueCode: 'tiredness' },
        {
          url: 'effect-duration',
          valueDuration: { value: 2, unit: 'weeks', system: 'http://unitsofmeasure.org', code: 'wk' },
        },
      ],
    },
  ],
})

export const careNegotiation = (story: Story, patientReference: string, start: string, coach: Json): Json => ({
  resourceType: 'Appointment',
  identifier: [messageId(story, 'meeting')],
  status: 'booked',
  description: 'Hoitoneuvottelu: lääkityksen arvio ja kuntoutussuunnitelma',
  start,
  participant: [
    { actor: { reference: patientReference }, status: 'accepted' },
    { actor: coach, status: 'needs-action' },
  ],
})

export const rehabilitationSupport = (story: Story, patientReference: string, until: string): Json => ({
  resourceType: 'Observation',
  identifier: [messageId(story, 'benefit')],
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'social-history' }] },
  ],
  code: { coding: [{ system: INFORMATION_SYSTEM, code: 'benefit' }] },
  subject: { reference: patientReference },
  effectivePeriod: { end: until },
  valueCodeableConcept: { coding: [{ system: BENEFIT_SYSTEM, code: 'rehabilitation-support' }] },
  component: [
    component('state', { valueCodeableConcept: { coding: [{ system: UPDATE_FIELD_SYSTEM, code: 'applied' }] } }),
    component('source', { valueCodeableConcept: { coding: [{ system: UPDATE_FIELD_SYSTEM, code: 'care-team' }] } }),
    component('amount', { valueQuantity: { value: 812.4, unit: 'EUR', system: 'urn:iso:std:iso:4217', code: 'EUR' } }),
  ],
})

const component = (name: string, value: Json): Json => ({
  code: { coding: [{ system: UPDATE_FIELD_SYSTEM, code: name }] },
  ...value,
})
