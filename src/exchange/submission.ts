import type { SupportedResource } from '../fhir/parse-resource.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import type { Transaction } from '../store/store.ts'

/** Resource types parties may write, in the order in which a transaction is processed. */
export const writableTypes = [
  'Patient',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Medication',
  'Questionnaire',
  'RelatedPerson',
  'Binary',
  'DocumentReference',
  'CareTeam',
  'Consent',
  'Condition',
  'Goal',
  'ServiceRequest',
  'Task',
  'EpisodeOfCare',
  'Encounter',
  'QuestionnaireResponse',
  'MedicationRequest',
  'MedicationStatement',
  'Communication',
  'Appointment',
  'Observation',
] as const
export type WritableType = (typeof writableTypes)[number]
export type WritableResource = Extract<SupportedResource, { resourceType: WritableType }>

export const isWritable = (resource: SupportedResource): resource is WritableResource =>
  writableTypes.some((type) => type === resource.resourceType)

/**
 * About a client, kept for the sender and told to nobody: the categories these would belong to (diagnosis, hospital,
 * coaching-note, questionnaire, …) have no fields yet, see `consent/redact.ts`.
 */
const keptOnly: readonly WritableType[] = [
  'Condition',
  'Encounter',
  'EpisodeOfCare',
  'Goal',
  'QuestionnaireResponse',
  'RelatedPerson',
]

/**
 * What no decision and no telling looks into: a reference to one that is not here may stay what it is, a word of the
 * sender's own system, so that nobody has to post her staff and all her encounters first. In a Consent they are followed: what
 * a permit speaks of is something that is here.
 */
const unfollowed: readonly string[] = [...keptOnly, 'Practitioner', 'Questionnaire']

export const isFollowed = (type: string, isConsent: boolean): boolean =>
  (isConsent || !unfollowed.includes(type)) && writableTypes.some((one) => one === type)

export const isKeptOnly = (type: WritableType): boolean => keptOnly.includes(type)

/** One create or update, parsed. */
export type Entry = {
  /** FHIRPath of the resource in the request, for errors: `ServiceRequest` or `Bundle.entry[3].resource`. */
  readonly path: string
  readonly method: 'create' | 'update'
  readonly resource: WritableResource
  /** `urn:uuid:…` by which other entries of the Bundle refer to it. */
  readonly fullUrl: string | undefined
  /** The id in the URL of an update. */
  readonly id: string | undefined
  /** FHIR search string of a conditional create: `identifier=system|value`. */
  readonly ifNoneExist: string | undefined
  /** `If-Match`: which versions the sender is ready to change. */
  readonly ifMatch: Versions | undefined
}

/** Versions that a condition names; `any` stands for `*`, every version there is. */
export type Versions = 'any' | readonly number[]

export const includesVersion = (versions: Versions | undefined, version: number): boolean =>
  versions === 'any' || versions?.includes(version) === true

export type EntryResult = {
  readonly status: 200 | 201
  readonly type: WritableType
  readonly id: string
  readonly version: number
  readonly updatedAt: number
  readonly resource: unknown
  /** What the sender should know: how many were told, what waits and why. */
  readonly notes: readonly OutcomeIssue[]
}

/** Refusals are values: `status` is the HTTP status, the issues name the element and say what to do. */
export type Rejection = {
  readonly outcome: 'rejected'
  readonly status: 400 | 403 | 404 | 409 | 412 | 422
  readonly issues: readonly OutcomeIssue[]
}
export type Submitted = { readonly outcome: 'done'; readonly results: readonly EntryResult[] } | Rejection

/** For work that must be done once, whoever asks for it at the same moment. */
export type Once = {
  /** First thing in the transaction. @returns false when it has been done already: then nothing is done. */
  claim(tx: Transaction): Promise<boolean>
  /** Last thing in the transaction, when everything went well. */
  keep(tx: Transaction, results: readonly Pick<EntryResult, 'type' | 'id' | 'notes'>[]): Promise<void>
}

export const doneAlready = (): Rejection =>
  reject(409, [
    { severity: 'error', code: 'duplicate', diagnostics: 'this was done already', error: 'sender-duplicate' },
  ])

export const reject = (status: Rejection['status'], issues: readonly OutcomeIssue[]): Rejection => ({
  outcome: 'rejected',
  status,
  issues,
})
