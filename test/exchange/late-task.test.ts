import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Json } from '../../demo/story-resources.ts'
import { change, enrol, hetu, recordConsent, referralWithoutConsent, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { expectRefused } from '../support/refusal.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('a Task that comes after its referral', (engine) => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  const told = async (): Promise<any[]> => {
    const before = gateway.received.length
    await gateway.drain()
    return gateway.received.slice(before).map(({ body }) => body)
  }
  const categories = async (): Promise<unknown[]> => (await told()).map((one) => one.category[0].coding[0].code)
  const taskFor = (patient: string, referral: string, run: string): Json => ({
    resourceType: 'Task',
    identifier: [{ system: 'urn:test:late', value: run }],
    status: 'requested',
    intent: 'order',
    focus: { reference: referral },
    for: { reference: patient },
  })
  const postTask = (task: Json): Promise<Answer> =>
    gateway.call('hospital', 'POST', '/fhir/Task', task, { prefer: 'return=OperationOutcome' })
  const idOf = ({ headers }: Answer): string => /Task\/([^/]+)/.exec(headers.get('location') ?? '')?.[1] ?? ''
  /** Patient, team and referral, without a Task and without a consent. */
  const refer = async (run: string, n: number) => {
    const story = testStory(run, hetu(n))
    const { entry, ...bundle } = referralWithoutConsent(story) as { entry: { resource: Json }[] }
    const withoutTask = { ...bundle, entry: entry.filter(({ resource }) => resource['resourceType'] !== 'Task') }
    const { status, body } = await gateway.call('hospital', 'POST', '/fhir', withoutTask)
    expect(status, JSON.stringify(body)).toBe(200)
    const place = (index: number): string => body.entry[index].response.location.split('/_history')[0]
    return { story, patient: place(0), referral: place(3) }
  }

  it('is told to the team with the referral, and answered by the team', async () => {
    const { story, patient, referral } = await refer('told', 1)
    await recordConsent(gateway, story, patient, ['identity', 'referral'])
    expect(await categories()).toEqual(['identity', 'referral'])
    const posted = await postTask(taskFor(patient, referral, 'told'))
    expect(posted.status, JSON.stringify(posted.body)).toBe(201)
    const again = await told()
    expect(JSON.stringify(again)).toContain(`Task/${idOf(posted)}`)
    expect((await gateway.call('team', 'GET', `/fhir/Task/${idOf(posted)}`)).status).toBe(200)
    const answer = await change(gateway, 'team', `Task/${idOf(posted)}`, (task) => (task.status = 'accepted'))
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect((await gateway.call('hospital', 'GET', `/fhir/Task/${idOf(posted)}`)).body.status).toBe('accepted')
  })

  it('waits with a referral that waits for a consent, and goes out with it once', async () => {
    const { story, patient, referral } = await refer('held', 2)
    const posted = await postTask(taskFor(patient, referral, 'held'))
    expect(posted.body.issue[0].details.coding[0].code).toBe('gateway-waits-for-consent')
    expect((await gateway.call('team', 'GET', `/fhir/Task/${idOf(posted)}`)).status).toBe(404)
    await recordConsent(gateway, story, patient, ['identity', 'referral'])
    const sent = await told()
    expect(sent.map((one) => one.category[0].coding[0].code)).toEqual(['identity', 'referral'])
    expect(JSON.stringify(sent)).toContain(`Task/${idOf(posted)}`)
  })

  it('is linked, too, when a repeated transaction brings it for the first time', async () => {
    const { story } = await refer('repeated', 3)
    const { status, body } = await gateway.call('hospital', 'POST', '/fhir', referralWithoutConsent(story))
    expect(status, JSON.stringify(body)).toBe(200)
    const [row] = await gateway.opened.rows('select task_id from referral where task_id = $1', [
      body.entry[4].response.location.split('/')[1],
    ])
    expect(row).toBeDefined()
  })

  it('is refused when the referral has one already, or is about another client', async () => {
    const { patient, referral } = await refer('second', 4)
    const other = await refer('other', 5)
    expect((await postTask(taskFor(patient, referral, 'first'))).status).toBe(201)
    const second = await postTask(taskFor(patient, referral, 'second'))
    expectRefused(second, { status: 409, error: 'sender-duplicate', at: 'Task.focus' })
    const crossed = await postTask(taskFor(patient, other.referral, 'crossed'))
    expectRefused(crossed, { status: 422, error: 'sender-client-changed', at: 'Task.for' })
  })

  it('that names no referral is kept, and the sender hears that no team sees it', async () => {
    const { patient } = await refer('nothing', 6)
    const { focus: _focus, ...task } = taskFor(patient, 'x', 'nothing')
    const posted = await postTask(task)
    expect(posted.status).toBe(201)
    expect(posted.body.issue[0].details.coding[0].code).toBe('sender-task-without-referral')
  })

  it('cancelled while its referral waits for a consent keeps the referral from being sent', async () => {
    const { story, patient, referral } = await refer('cancelled', 7)
    const posted = await postTask(taskFor(patient, referral, 'cancelled'))
    const cancelled = await change(gateway, 'hospital', `Task/${idOf(posted)}`, (task) => {
      task.status = 'cancelled'
      task.statusReason = { text: 'asiakas muutti' }
    })
    expect(cancelled.status).toBe(200)
    await told()
    await recordConsent(gateway, story, patient, ['identity', 'referral'])
    expect(await categories()).toEqual([])
  })

  it('of the same transaction is told with its referral, once', async () => {
    await enrol(gateway, testStory('together', hetu(8)))
    expect(await categories()).toEqual(['identity', 'referral'])
  })
})
