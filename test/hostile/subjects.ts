import { allExamples } from '../../conformance/examples.ts'
import {
  careNegotiation,
  careTeam,
  consent,
  type Json,
  medicationChange,
  medicationMessage,
  permit,
  referralBundle,
  rehabilitationSupport,
  storyPermits,
} from '../../demo/story-resources.ts'
import { profileUrl } from '../../src/domain/codes.ts'
import { hetu, type Enrolled, testStory } from '../support/enrol.ts'

/** Something a hospital may post; built anew for every number, so that nothing is answered as a repetition. */
export type Subject = {
  readonly name: string
  readonly path: string
  build(n: number): Json
}

export type Client = Enrolled & { readonly referral: string }

/** Clients of the hospital: what is posted about Aino never changes what may be told about her, what Bertta's does, may. */
export type Clients = { readonly aino: Client; readonly bertta: Client; readonly team: string }

/** What the story posts, and the examples of every profile that is for hospitals. */
export const subjectsOf = (clients: Clients): readonly Subject[] => [...ofTheStory(clients), ...ofTheProfiles(clients)]

/** The personal identity code of a grown-up, another one for each of about a million numbers. */
export const hostileHetu = (n: number): string => hetu(n, dayOf(Math.floor(n / 100)))

const storyOf = (n: number) => testStory(`hostile-${n}`, hostileHetu(n))

/** DDMMYY, another one for each of about ten thousand numbers. */
const dayOf = (n: number): string =>
  [1 + (n % 28), 1 + (Math.floor(n / 28) % 12), 50 + (Math.floor(n / 336) % 30)]
    .map((part) => String(part).padStart(2, '0'))
    .join('')

const ofTheStory = ({ aino, bertta, team }: Clients): readonly Subject[] => {
  const lone = (name: string, type: string, build: (n: number) => Json): Subject => ({
    name,
    path: `/fhir/${type}`,
    build,
  })
  const { patient } = aino
  return [
    { name: 'referral', path: '/fhir', build: (n) => referralBundle(storyOf(n)) },
    { name: 'medication change', path: '/fhir', build: (n) => medicationChange(storyOf(n), patient) },
    lone('medication message', 'Communication', (n) => medicationMessage(storyOf(n), patient, 'message')),
    lone('care meeting', 'Appointment', (n) =>
      careNegotiation(storyOf(n), patient, '2026-03-18T13:00:00+02:00', { display: 'Kanerva' }),
    ),
    lone('benefit', 'Observation', (n) => rehabilitationSupport(storyOf(n), patient, '2026-06-30')),
    lone('care team', 'CareTeam', (n) => careTeam(storyOf(n), bertta.patient, team)),
    lone('consent', 'Consent', (n) => consent(storyOf(n), bertta.patient, bertta.document, storyPermits)),
    lone('nested consent', 'Consent', (n) => nestedConsent(n, bertta)),
  ]
}

/** Exceptions inside a permit inside a deny. */
const nestedConsent = (n: number, client: Client): Json => {
  const story = storyOf(n)
  const inner = ['medication', 'benefit'].map((code) => ({ ...permit(story, code), type: 'deny' }))
  const provision = { type: 'deny', provision: [{ ...permit(story, 'medication.effect'), provision: inner }] }
  return { ...consent(story, client.patient, client.document, []), provision }
}

const HOSPITALS_PROFILES = /^(care-team|referral|referral-task|written-consent|care-team-message-.*)$/

/** Claiming its profile, in words nobody else has used. */
const ofTheProfiles = ({ aino, bertta, team }: Clients): readonly Subject[] =>
  allExamples()
    .valid.filter(({ profile }) => HOSPITALS_PROFILES.test(profile))
    .map(({ profile, name, resource }) => {
      const { resourceType, meta, ...rest } = resource as Json & { readonly meta?: Json }
      const type = String(resourceType)
      const claiming = { resourceType, ...rest, meta: { ...meta, profile: [profileUrl(profile)] } }
      const client = type === 'Communication' ? aino : bertta
      const own: Readonly<Record<string, string>> = {
        Patient: client.patient,
        DocumentReference: client.document,
        Consent: client.consent,
        Organization: team,
        ServiceRequest: client.referral,
      }
      const text = JSON.stringify(claiming).replaceAll(/"([A-Z][A-Za-z]+)\/[A-Za-z0-9-]+"/g, (reference, to: string) =>
        JSON.stringify(own[to] ?? `Practitioner/${to}`),
      )
      const build = (n: number): Json => ({
        ...(JSON.parse(text) as Json),
        ...('identifier' in rest && { identifier: [{ system: 'urn:example:hostile', value: `${profile}-${n}` }] }),
      })
      return { name: `${profile}: ${name}`, path: `/fhir/${type}`, build }
    })
