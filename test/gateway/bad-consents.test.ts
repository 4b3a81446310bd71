import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  consent,
  document,
  type Json,
  medicationMessage,
  type Story,
  storyPermits,
} from '../../demo/story-resources.ts'
import { signedForm } from '../../demo/signed-form.ts'
import { CONSENT_REPLACES_EXTENSION } from '../../src/domain/codes.ts'
import { parseUntrustedJson } from '../../src/fhir/hygiene.ts'
import { parseResource } from '../../src/fhir/parse-resource.ts'
import { hetu, referralWithoutConsent, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'

// What these senders get back is their own words; both judges see such mutants by conformance/mutants.ts.
delete process.env['IPS_EMITTED']

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway('pglite')
})
afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
afterAll(() => gateway.close())

type Client = { readonly story: Story; readonly patient: string; readonly document: string }

let clients = 0
/** A client of a hospital without any consent, with a signed form on file. */
const client = async (party = 'hospital'): Promise<Client> => {
  const story = testStory(`bad-consent-${(clients += 1)}`, hetu(clients))
  const enrolled = await gateway.call(party, 'POST', '/fhir', referralWithoutConsent(story))
  expect(enrolled.status, JSON.stringify(enrolled.body)).toBe(200)
  const patient = enrolled.body.entry[0].response.location.split('/_history')[0]
  const form = signedForm(story.run)
  const pdf = { 'content-type': 'application/pdf' }
  const binary = await gateway.call(party, 'POST', '/fhir/Binary', form, pdf)
  const filed = document(story, patient, `Binary/${binary.body.id}`, form)
  const { body } = await gateway.call(party, 'POST', '/fhir/DocumentReference', filed)
  return { story, patient, document: `DocumentReference/${body.id}` }
}

/** What a dry run says about telling the team that the client's medication changed. */
const told = async ({ story, patient }: Client): Promise<string> => {
  const input = medicationMessage(story, patient, 'asked')
  const { status, body } = await gateway.call('hospital', 'POST', '/api/explain', { recipient: 'team', input })
  expect(status, JSON.stringify(body)).toBe(200)
  return body.explanations[0].outcome
}

const consentOf = ({ story, patient, document: form }: Client, permits: readonly string[] = storyPermits): any =>
  JSON.parse(JSON.stringify(consent(story, patient, form, permits)))

const post = (body: unknown): Promise<Answer> => gateway.call('hospital', 'POST', '/fhir/Consent', body)

type Change = (consent: any, client: Client) => void

const eachPermit =
  (change: (one: any) => void): Change =>
  (one) =>
    one.provision.provision.forEach(change)
const replacing = (reference: string): Json => ({
  url: CONSENT_REPLACES_EXTENSION,
  valueReference: { reference },
})
const deepDenial = (levels: number): Json => {
  let inner: Json = { type: 'deny' }
  for (let level = 0; level < levels; level += 1)
    inner = { type: level % 2 === 0 ? 'permit' : 'deny', provision: [inner] }
  return inner
}

describe('a consent that is not what it should be', () => {
  it('would permit otherwise', async () => {
    const one = await client()
    expect((await post(consentOf(one))).status).toBe(201)
    expect(await told(one)).toBe('permit')
  })

  it.each<[string, Change, number, string]>([
    ['nested fifty deep', (one) => one.provision.provision.push(deepDenial(50)), 400, 'Consent.provision'],
    [
      'that begins on 30 February',
      eachPermit((one) => (one.period = { start: '2025-02-30' })),
      400,
      'Consent.provision.provision[0].period.start',
    ],
    [
      'that begins before our era',
      eachPermit((one) => (one.period = { start: '-0001-01-01' })),
      400,
      'Consent.provision.provision[0].period.start',
    ],
    ['of the year 0', (one) => (one.dateTime = '0000'), 400, 'Consent.dateTime'],
    ['of nobody', (one) => delete one.patient, 422, 'Consent.patient'],
    ['of somebody without a name', (one) => (one.patient = { display: 'A' }), 422, 'Consent.patient'],
    [
      'of itself',
      (one) => (one.patient = { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' }),
      422,
      'Consent.patient.reference',
    ],
    [
      'whose form is nowhere',
      (one) => (one.sourceReference = { reference: 'DocumentReference/1' }),
      422,
      'Consent.sourceReference.reference',
    ],
    ['with the status of a wish', (one) => (one.status = 'wished'), 400, 'Consent.status'],
  ])('%s is refused where it is wrong', async (_what, change, status, at) => {
    const one = await client()
    const posted = consentOf(one)
    change(posted, one)
    const answer = await post(posted)
    expect(
      [answer.status, answer.body.issue[0].expression[0].slice(0, at.length)],
      JSON.stringify(answer.body),
    ).toEqual([status, at])
    expect(await told(one)).toBe('deny')
  })

  it.each<[string, Change]>([
    ['ends before it begins', eachPermit((one) => (one.period = { start: '9999', end: '0001' }))],
    ['begins in the year 9999', eachPermit((one) => (one.period = { start: '9999-12-31' }))],
    [
      'speaks of categories of a code system nobody knows',
      eachPermit((one) => (one.code[0].coding[0].system = 'urn:x')),
    ],
    ['speaks of categories without a code system', eachPermit((one) => delete one.code[0].coding[0].system)],
    ['is for purposes nobody knows', eachPermit((one) => (one.purpose[0].system = 'urn:x'))],
    [
      'permits actions nobody knows',
      eachPermit((one) => one.action.forEach((action: any) => (action.coding[0].system = 'urn:x'))),
    ],
    [
      'is for roles nobody knows',
      eachPermit((one) => one.actor.forEach((actor: any) => (actor.role.coding[0].code = 'XXX'))),
    ],
    [
      'is about data that refers to itself',
      eachPermit((one) => (one.data = [{ meaning: 'instance', reference: { reference: '#self' } }])),
    ],
    [
      'has one exception among a thousand',
      (one) => {
        const many = Array.from({ length: 1_000 }, (): Json => ({ type: 'deny', code: [{ text: 'x' }] }))
        one.provision.provision.push(...many)
      },
    ],
    ['denies at the bottom of fifteen levels', (one) => one.provision.provision.push(deepDenial(14))],
  ])('that %s never permits', async (_what, change) => {
    const one = await client()
    const posted = consentOf(one)
    change(posted, one)
    const answer = await post(posted)
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500)
    expect(await told(one)).toBe('deny')
  })

  it('of two that replace each other is no endless story', async () => {
    const one = await client()
    const [a, b] = ['urn:uuid:00000000-0000-4000-8000-00000000000a', 'urn:uuid:00000000-0000-4000-8000-00000000000b']
    const entry = [
      [a, b],
      [b, a],
    ].map(([own = '', other = '']) => ({
      fullUrl: own,
      request: { method: 'POST', url: 'Consent' },
      resource: { ...consentOf(one), identifier: [{ system: 'urn:x', value: own }], extension: [replacing(other)] },
    }))
    const answer = await gateway.call('hospital', 'POST', '/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry,
    })
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500)
    // Two permits that stand: whatever they say of each other takes nothing away and adds nothing.
    expect(await told(one)).toBe(answer.status === 200 ? 'permit' : 'deny')
  })

  it('about another hospital’s client is answered as one about nobody', async () => {
    const [own, other] = [await client(), await client('other-hospital')]
    const about = async (patient: string): Promise<Answer> =>
      post({ ...consentOf(own), patient: { reference: patient } })
    const [theirs, nobodys] = [await about(other.patient), await about('Patient/00000000-0000-4000-8000-000000000000')]
    expect(theirs.status).toBe(422)
    expect(theirs.body).toEqual(nobodys.body)
  })

  it('on the form of another client permits nothing', async () => {
    const [own, other] = [await client(), await client()]
    const answer = await post({ ...consentOf(own), sourceReference: { reference: other.document } })
    expect([answer.status, answer.body.issue?.[0].expression]).toEqual([422, ['Consent.source']])
    expect(await told(own)).toBe('deny')
  })

  it('costs the reader no more than 50 ms of processor time', async () => {
    const one = await client()
    const bodies = [
      deepDenial(17),
      deepDenial(1_000),
      { type: 'deny', provision: Array.from({ length: 1_000 }, () => ({ type: 'deny' })) },
    ].map((provision) => JSON.stringify({ ...consentOf(one), provision }))
    for (const body of bodies) {
      const times = Array.from({ length: 3 }, () => {
        const begun = process.cpuUsage()
        const json = parseUntrustedJson(body)
        if (json.outcome === 'parsed') parseResource(json.value)
        const { user, system } = process.cpuUsage(begun)
        return (user + system) / 1000
      })
      expect(Math.min(...times)).toBeLessThan(50)
    }
  })
})
