import { afterAll, beforeAll, expect, it } from 'vitest'
import { signedForm } from '../../demo/signed-form.ts'
import { consent, document, referralBundle } from '../../demo/story-resources.ts'
import { enrol, type Enrolled, hetu, referralWithoutConsent, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

/** What a nurse hears about a form while the client is still sitting next to her. */
describeEachEngine('a consent that is written down', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, testStory('findings', hetu(1)))
  })
  afterAll(() => gateway.close())

  const record = async (party: string, patient: string, run: string, edit: (resource: any) => void) => {
    const story = testStory(run, hetu(1))
    const own = { ...story, hospital: { system: 'urn:test:parties', value: party } }
    const form = signedForm(run)
    const post = async (path: string, body: unknown, headers = {}) => gateway.call(party, 'POST', path, body, headers)
    const binary = await post('/fhir/Binary', form, { 'content-type': 'application/pdf' })
    const source = await post('/fhir/DocumentReference', document(own, patient, `Binary/${binary.body.id}`, form))
    const resource: any = structuredClone(
      consent(own, patient, `DocumentReference/${source.body.id}`, ['medication.effect']),
    )
    edit(resource)
    const answer = await post('/fhir/Consent', resource, { prefer: 'return=OperationOutcome' })
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    return answer.body.issue.map((issue: any) => ({
      code: issue.details?.coding[0].code,
      severity: issue.severity,
      at: issue.expression?.[0],
    }))
  }

  it('is taken with a word about a permit that permits nothing, at its place', async () => {
    const notes = await record('hospital', client.patient, 'no-purpose', (resource) => {
      delete resource.provision.purpose
      for (const one of resource.provision.provision) delete one.purpose
    })
    expect(notes).toContainEqual({
      code: 'sender-consent-purpose-missing',
      severity: 'warning',
      at: 'Consent.provision.provision[0]',
    })
  })

  it('is told to overlap with another one of the same sender, for withdrawing one would leave the other', async () => {
    const notes = await record('hospital', client.patient, 'twice', () => {})
    expect(notes.map(({ code }: any) => code)).toContain('sender-consent-overlapping-consents')
  })

  it('says nothing of what another hospital has recorded', async () => {
    const bundle: any = referralWithoutConsent({
      ...testStory('second', hetu(1)),
      hospital: { system: 'urn:test:parties', value: 'other-hospital' },
    })
    const patient = bundle.entry[0].resource
    const { body, status } = await gateway.call('other-hospital', 'POST', '/fhir/Patient', patient)
    expect(status, JSON.stringify(body)).toBe(201)
    const notes = await record('other-hospital', `Patient/${body.id}`, 'second', () => {})
    expect(notes.map(({ code }: any) => code)).not.toContain('sender-consent-overlapping-consents')
  })

  it('gets no findings when it is written as our own form is', async () => {
    const { status, body } = await gateway.call(
      'hospital',
      'POST',
      '/fhir',
      referralBundle(testStory('clean', hetu(2))),
    )
    expect(status).toBe(200)
    const said = body.entry.flatMap(({ response }: any) => response.outcome?.issue ?? [])
    const codes = said.map((issue: any) => String(issue.details?.coding[0].code))
    expect(codes.length).toBeGreaterThan(0)
    expect(codes.filter((code: string) => code.startsWith('sender-consent'))).toEqual([])
  })
})
