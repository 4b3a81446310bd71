import { afterAll, beforeAll, expect, it } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const organization = (name: string, more: object = {}) => ({
  resource: { resourceType: 'Organization', name, ...more },
  request: { method: 'POST', url: 'Organization' },
})

describeEachEngine('a batch', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, testStory('batch', hetu(1)))
    await gateway.drain()
    gateway.received.length = 0
  })
  afterAll(() => gateway.close())

  const post = (entry: readonly unknown[], party = 'hospital', headers: Record<string, string> = {}): Promise<Answer> =>
    gateway.call(party, 'POST', '/fhir', { resourceType: 'Bundle', type: 'batch', entry }, headers)
  const statuses = ({ body }: Answer): readonly string[] =>
    body.entry.map(({ response }: { response: { status: string } }) => response.status.slice(0, 3))

  it('is many requests: a fault in one stops that one only, and says where it is', async () => {
    const answer = await post([
      organization('first'),
      organization('second', { active: 'yes' }),
      { resource: { resourceType: 'Basic' }, request: { method: 'POST', url: 'Basic' } },
      organization('third'),
    ])
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ resourceType: 'Bundle', type: 'batch-response' })
    expect(statuses(answer)).toEqual(['201', '400', '404', '201'])
    const { outcome } = answer.body.entry[1].response
    expect(outcome.issue[0].expression).toEqual(['Organization.active'])
    const [place] = answer.body.entry[3].response.location.split('/_history')
    const found = await gateway.call('hospital', 'GET', `/fhir/${place}`)
    expect(found.body.name).toBe('third')
  })

  it('reads after it has written, each answer in the place of its entry', async () => {
    const change = { ...(await gateway.call('hospital', 'GET', `/fhir/${client.careTeam}`)).body, name: 'New name' }
    const answer = await post([
      { request: { method: 'GET', url: client.careTeam } },
      { resource: change, request: { method: 'PUT', url: client.careTeam, ifMatch: 'W/"1"' } },
      organization('beside'),
      { request: { method: 'GET', url: `${client.careTeam}/_history/1` } },
      { request: { method: 'GET', url: client.careTeam, ifNoneMatch: 'W/"2"' } },
    ])
    expect(statuses(answer)).toEqual(['200', '200', '201', '200', '304'])
    expect(answer.body.entry[0].resource.name).toBe('New name')
    expect(answer.body.entry[3].resource.name).not.toBe('New name')
  })

  it('tells what is news, and refuses by itself what nobody may be told', async () => {
    const story = testStory('batch', hetu(1))
    const message = medicationMessage(story, client.patient, 'in-a-batch')
    const refused = { ...message, identifier: [{ system: 'urn:demo:hospital:messages', value: 'nobody' }] }
    const stranger = { ...refused, subject: { reference: 'Patient/00000000-0000-4000-8000-000000000000' } }
    const entry = (resource: object) => ({ resource, request: { method: 'POST', url: 'Communication' } })
    await gateway.drain()
    gateway.received.length = 0
    const answer = await post([entry(stranger), entry(message)])
    expect(statuses(answer)).toEqual(['422', '201'])
    await gateway.drain()
    expect(gateway.received.length).toBe(1)
  })

  it('gives nobody more than the requests by themselves would', async () => {
    const own = await gateway.call('hospital', 'GET', `/fhir/${client.patient}`)
    expect(own.status).toBe(200)
    const answer = await post(
      [{ request: { method: 'GET', url: client.patient } }, { request: { method: 'GET', url: client.consent } }],
      'other-hospital',
    )
    expect(statuses(answer)).toEqual(['404', '404'])
    const none = await post(
      [{ request: { method: 'GET', url: 'Patient/00000000-0000-4000-8000-000000000000' } }],
      'other-hospital',
    )
    expect(answer.body.entry[0]).toEqual(none.body.entry[0])
  })

  it.each([
    ['leaves the address of the batch', { request: { method: 'GET', url: '../api/inbox' } }, 'request.url'],
    ['leaves it by an absolute address', { request: { method: 'GET', url: 'https://x.test/Task/1' } }, 'request.url'],
    ['holds a batch', { ...organization('x'), request: { method: 'POST', url: '' } }, 'request.url'],
    ['deletes', { request: { method: 'DELETE', url: 'Organization/1' } }, 'request.method'],
    ['writes nothing', { request: { method: 'POST', url: 'Organization' } }, 'resource'],
    [
      'smuggles a header',
      { ...organization('x'), request: { method: 'POST', url: 'Organization', ifNoneExist: 'identifier=a|b\r\nX: y' } },
      'request',
    ],
  ])('answers an entry that %s at that entry', async (_what, entry, place) => {
    const answer = await post([entry, organization('unharmed')])
    if (answer.status === 200) {
      expect(statuses(answer)).toEqual(['422', '201'])
      expect(answer.body.entry[0].response.outcome.issue[0].expression).toEqual([`Bundle.entry[0].${place}`])
    } else {
      // What is no R4 at all is refused with the envelope.
      expect(answer.status).toBe(400)
      expect(answer.body.issue[0].expression[0]).toMatch(/^Bundle\.entry\[0\]/)
    }
  })

  it('needs an entry, and the scope of each request in it', async () => {
    const empty = await post([])
    expect([empty.status, empty.body.issue[0].expression]).toEqual([422, ['Bundle.entry']])
    const portal = await post([{ request: { method: 'GET', url: 'Basic/1' } }], 'portal')
    expect(statuses(portal)).toEqual(['404'])
  })

  it.each(['minimal', 'representation', 'OperationOutcome'])(
    'answers with as much as is preferred: %s',
    async (what) => {
      const answer = await post([organization(`preferred ${what}`)], 'hospital', { prefer: `return=${what}` })
      const [{ resource, response }] = answer.body.entry
      expect(response.status).toBe('201 Created')
      expect(resource?.name).toBe(what === 'representation' ? `preferred ${what}` : undefined)
      expect(response.outcome?.resourceType).toBe(what === 'OperationOutcome' ? 'OperationOutcome' : undefined)
    },
  )
})
