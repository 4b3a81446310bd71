import { signedForm } from '../demo/signed-form.ts'
import { consent, document, type Json, referralBundle, type Story, storyPermits } from '../demo/story-resources.ts'
import { partyIdentifier, type Team } from './scene.ts'

/** The clients of a run: few enough that several processes always meet at the same one. */
export const CLIENTS = 12

/** The story of the `n`-th client; `name` distinguishes one message or consent of hers from another. */
export const storyOf = (n: number, name: string, team: Team = 'team-a'): Story => ({
  hetu: hetuOf(n),
  run: `${n}-${name}`,
  hospital: partyIdentifier('hospital'),
  team: partyIdentifier(team),
  today: new Date().toISOString().slice(0, 10),
})

/** Her referral to the first team with its consent; the second team is in her care team, and learns nothing yet. */
export const enrolment = (n: number): Json => {
  const bundle = referralBundle(storyOf(n, 'start'))
  const entry = bundle['entry'] as readonly { readonly resource: Json }[]
  return { ...bundle, entry: entry.map((one) => ({ ...one, resource: withSecondTeam(one.resource) })) }
}

const withSecondTeam = (resource: Json): Json => {
  if (resource['resourceType'] !== 'CareTeam') return resource
  const participant = resource['participant'] as readonly Json[]
  return { ...resource, participant: [...participant, { member: { identifier: partyIdentifier('team-b') } }] }
}

/** A newly signed consent for one team: form, document and consent in one transaction, the same at every repetition. */
export const grant = (n: number, team: Team, name: string, patient: string): Json => {
  const story = storyOf(n, name, team)
  const form = signedForm(story.run)
  const urn = (index: number): string => `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
  const entry = (index: number, resource: Json): Json => {
    const [identifier] = (resource['identifier'] ?? []) as readonly {
      readonly system: string
      readonly value: string
    }[]
    const ifNoneExist = identifier && `identifier=${identifier.system}|${identifier.value}`
    const request = { method: 'POST', url: resource['resourceType'], ...(ifNoneExist && { ifNoneExist }) }
    return { fullUrl: urn(index), resource, request }
  }
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      entry(1, { resourceType: 'Binary', contentType: 'application/pdf', data: form.toString('base64') }),
      entry(2, document(story, patient, urn(1), form)),
      entry(3, consent(story, patient, urn(2), storyPermits)),
    ],
  }
}

/** Valid personal identity codes with individual numbers in the 900s, which nobody real has. */
const hetuOf = (n: number): string => {
  const digits = `010180${900 + (n % 100)}`
  return `010180-${digits.slice(6)}${'0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(digits) % 31]}`
}
