import { expect } from 'vitest'
import { signedForm } from '../../demo/signed-form.ts'
import { consent, document, type Json, referralBundle, type Story, storyPermits } from '../../demo/story-resources.ts'
import type { Answer, TestGateway } from './gateway.ts'

export const testStory = (run: string, hetu = '131052A308T'): Story => ({
  hetu,
  run,
  hospital: { system: 'urn:test:parties', value: 'hospital' },
  team: { system: 'urn:test:parties', value: 'team' },
  today: '2026-03-09',
})

export type Enrolled = {
  readonly patient: string
  readonly careTeam: string
  readonly consent: string
  readonly task: string
  readonly document: string
}

/** Posts the referral Bundle and returns the references the sender got back. */
export const enrol = async (
  gateway: TestGateway,
  story: Story,
  permits: readonly string[] = storyPermits,
  sender = 'hospital',
): Promise<Enrolled> => {
  const { status, body } = await gateway.call(sender, 'POST', '/fhir', referralBundle(story, permits))
  expect(body?.issue ?? [], JSON.stringify(body)).toEqual([])
  expect(status).toBe(200)
  const place = (index: number): string => body.entry[index].response.location.split('/_history')[0]
  return { patient: place(0), careTeam: place(2), document: place(4), consent: place(5), task: place(7) }
}

/** A valid Finnish personal identity code with an individual number in the 900s, which nobody real has. */
export const hetu = (n: number, day = '010180', sign = '-'): string => {
  const number = String(900 + (n % 100)).padStart(3, '0')
  return `${day}${sign}${number}${'0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(day + number) % 31]}`
}

/** The referral Bundle without Binary, DocumentReference and Consent. */
export const referralWithoutConsent = (story: Story): Json => {
  const bundle = referralBundle(story)
  const entry = (bundle['entry'] as readonly { readonly resource: Json }[]).filter(
    ({ resource }) => !['Binary', 'DocumentReference', 'Consent'].includes(String(resource['resourceType'])),
  )
  return { ...bundle, entry }
}

/** Files a signed form and records a consent for a client who is known already. @returns the reference of the Consent. */
export const recordConsent = async (
  gateway: TestGateway,
  story: Story,
  patient: string,
  permits: readonly string[],
  change: Json = {},
): Promise<string> => {
  const form = signedForm(story.run)
  const post = async (path: string, body: unknown, type = 'application/fhir+json'): Promise<string> => {
    const answer = await gateway.call('hospital', 'POST', path, body, { 'content-type': type })
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    return `${answer.body.resourceType}/${answer.body.id}`
  }
  const binary = await post('/fhir/Binary', form, 'application/pdf')
  const source = await post('/fhir/DocumentReference', document(story, patient, binary, form))
  return post('/fhir/Consent', { ...consent(story, patient, source, permits), ...change })
}

/** Changes an own resource under its current version. */
export const change = async (
  gateway: TestGateway,
  party: string,
  reference: string,
  edit: (resource: any) => void,
): Promise<Answer> => {
  const { body } = await gateway.call(party, 'GET', `/fhir/${reference}`)
  const next = structuredClone(body)
  edit(next)
  return gateway.call(party, 'PUT', `/fhir/${reference}`, next, { 'if-match': `W/"${body.meta.versionId}"` })
}
