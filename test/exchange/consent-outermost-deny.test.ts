import { afterAll, beforeAll, expect, it } from 'vitest'
import { consent, medicationMessage, type Story } from '../../demo/story-resources.ts'
import { INFORMATION_SYSTEM } from '../../src/domain/codes.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { expectRefused } from '../support/refusal.ts'
import { describeEachEngine } from '../support/stores.ts'

type Client = Enrolled & { readonly story: Story }

/** The outermost deny of our form is its default as long as something is nested in it, and a refusal of all without. */
describeEachEngine('the outermost deny of a consent that changes', (engine) => {
  let gateway: TestGateway
  let clients = 0
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterAll(() => gateway.close())

  const client = async (): Promise<Client> => {
    const story = testStory(`outermost-${(clients += 1)}`, hetu(clients))
    return { story, ...(await enrol(gateway, story)) }
  }
  const told = async ({ story, patient }: Client): Promise<string> => {
    const input = medicationMessage(story, patient, 'asked')
    const { body } = await gateway.call('hospital', 'POST', '/api/explain', { recipient: 'team', input })
    return body.explanations[0].outcome
  }
  const put = async (resource: any, edit: (resource: any) => void): Promise<Answer> => {
    const changed = structuredClone(resource)
    edit(changed)
    const headers = { 'if-match': `W/"${resource.meta.versionId}"`, prefer: 'return=OperationOutcome' }
    return gateway.call('hospital', 'PUT', `/fhir/Consent/${resource.id}`, changed, headers)
  }
  const refusal = async ({ story, patient }: Client): Promise<any> => {
    const one: any = structuredClone(consent(story, patient, 'DocumentReference/1', []))
    for (const name of ['sourceReference', 'verification', 'performer']) delete one[name]
    const { status, body } = await gateway.call('hospital', 'POST', '/fhir/Consent', {
      ...one,
      identifier: [{ system: 'urn:test:refusal', value: story.run }],
      provision: { type: 'deny' },
    })
    expect(status, JSON.stringify(body)).toBe(201)
    return body
  }

  it('which refused everything is not opened by a refusal nested into it', async () => {
    const one = await client()
    expect(await told(one)).toBe('permit')
    const alone = await refusal(one)
    expect(await told(one)).toBe('deny')
    const nested = { type: 'deny', code: [{ coding: [{ system: INFORMATION_SYSTEM, code: 'benefit' }] }] }
    const answer = await put(alone, (resource) => (resource.provision.provision = [nested]))
    expectRefused(answer, { status: 422, error: 'sender-consent-widened', at: 'Consent.provision' })
    expect(await told(one)).toBe('deny')
  })

  it('which is left alone when the last permit goes refuses everything, and whoever wrote it is told so', async () => {
    const one = await client()
    const { body: form } = await gateway.call('hospital', 'GET', `/fhir/${one.consent}`)
    const answer = await put(form, (resource) => (resource.provision = { type: 'deny' }))
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    const said = answer.body.issue.map((issue: any) => [issue.details?.coding[0].code, issue.expression?.[0]])
    expect(said).toContainEqual(['sender-consent-root-deny-alone', 'Consent.provision'])
    expect(await told(one)).toBe('deny')
  })
})
