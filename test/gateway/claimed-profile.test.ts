import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { profileUrl } from '../../src/domain/codes.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'

describe('a message that claims a profile of ours', () => {
  let gateway: TestGateway
  let patient: string
  const story = testStory('claims', hetu(61))

  beforeAll(async () => {
    gateway = await startTestGateway('pglite')
    patient = (await enrol(gateway, story)).patient
  })
  afterAll(() => gateway.close())

  const post = (name: string, profile: string, change: object = {}) =>
    gateway.call('hospital', 'POST', '/fhir/Communication', {
      ...medicationMessage(story, patient, name),
      meta: { profile: [profile] },
      ...change,
    })

  it('is taken when it conforms', async () => {
    expect((await post('sound', profileUrl('care-team-message-medication'))).status).toBe(201)
  })

  it('is refused with the element when it does not, and nothing is told', async () => {
    await gateway.drain()
    const told = gateway.received.length
    const answer = await post('prose', profileUrl('care-team-message-medication'), {
      payload: [{ contentString: 'x' }],
    })
    expect(answer.status).toBe(422)
    expect(answer.body.issue[0]).toMatchObject({ code: 'structure', expression: ['Communication.payload'] })
    expect(answer.body.issue[0].details.coding[0].code).toBe('sender-profile-violated')
    await gateway.drain()
    expect(gateway.received.length).toBe(told)
  })

  it('is refused when the profile does not exist or is for another type', async () => {
    for (const profile of ['unheard-of', 'referral']) {
      const { status, body } = await post(profile, profileUrl(profile))
      expect([status, body.issue[0].expression]).toEqual([422, ['Communication.meta.profile[0]']])
    }
  })

  it("is not held to somebody else's profile, nor to one it does not claim", async () => {
    expect((await post('foreign', 'https://example.org/fhir/StructureDefinition/x')).status).toBe(201)
    const words = { meta: undefined, payload: [{ contentString: 'x' }] }
    expect((await post('unclaimed', '', words)).status).toBe(201)
  })
})
