import { type Json, type Story } from '../../demo/story-resources.ts'
import { ACT_CODE_SYSTEM } from '../../src/domain/codes.ts'

const subjectTypes = ['Condition', 'Encounter', 'Goal', 'MedicationStatement', 'QuestionnaireResponse'] as const
const patientTypes = ['EpisodeOfCare', 'RelatedPerson'] as const

/** Types about a client of which nothing is passed on. */
export const keptTypes = [
  'Condition',
  'Encounter',
  'EpisodeOfCare',
  'Goal',
  'QuestionnaireResponse',
  'RelatedPerson',
] as const

/** One resource of each type that an EHR posts beside the events: who, what drug, which form, what is known of a client. */
export const furtherResources = (story: Story, patient: string): Readonly<Record<string, Json>> => {
  const named = (resourceType: string, content: Json): Json => ({
    resourceType,
    identifier: [{ system: 'urn:test:further', value: `${resourceType}-${story.run}` }],
    ...subjectOf(resourceType, patient),
    ...content,
  })
  return {
    Practitioner: named('Practitioner', { name: [{ family: 'Hoitaja', given: ['Hilla'] }] }),
    Medication: named('Medication', { code: quetiapine }),
    Questionnaire: named('Questionnaire', { status: 'active', url: 'https://example.org/Questionnaire/wishes' }),
    RelatedPerson: named('RelatedPerson', { relationship: [{ text: 'sisar' }] }),
    Condition: named('Condition', { code: { text: 'Masennus' }, recordedDate: story.today }),
    Goal: named('Goal', { lifecycleStatus: 'active', description: { text: 'Takaisin keittiötöihin' } }),
    EpisodeOfCare: named('EpisodeOfCare', { status: 'active', period: { start: story.today } }),
    Encounter: named('Encounter', {
      status: 'in-progress',
      class: { system: ACT_CODE_SYSTEM, code: 'IMP' },
      period: { start: `${story.today}T08:00:00+02:00` },
    }),
    QuestionnaireResponse: {
      resourceType: 'QuestionnaireResponse',
      identifier: { system: 'urn:test:further', value: `QuestionnaireResponse-${story.run}` },
      ...subjectOf('QuestionnaireResponse', patient),
      status: 'completed',
      authored: `${story.today}T08:00:00+02:00`,
      item: [{ linkId: 'wish', answer: [{ valueString: 'keittiö' }] }],
    },
    MedicationStatement: named('MedicationStatement', {
      status: 'active',
      medicationCodeableConcept: { text: 'Ketiapiini 300 mg' },
      effectivePeriod: { start: story.today },
      dosage: [{ text: '1 tabletti illalla' }],
    }),
  }
}

export const quetiapine: Json = {
  coding: [{ system: 'http://www.whocc.no/atc', code: 'N05AH04' }],
  text: 'Ketiapiini 300 mg',
}

const subjectOf = (type: string, reference: string): Json => {
  if (subjectTypes.some((one) => one === type)) return { subject: { reference } }
  return patientTypes.some((one) => one === type) ? { patient: { reference } } : {}
}
