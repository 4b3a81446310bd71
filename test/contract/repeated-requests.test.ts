import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Json, medicationChange, medicationMessage, patient, referralBundle } from '../../demo/story-resources.ts'
import { countRows, tablesWith } from '../support/database.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine, type TestStore } from '../support/stores.ts'

const many = 50
/** The same request many times at once. */
const atOnce = (send: (index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: many }, (_, index) => send(index)))

const statuses = (answers: readonly Answer[]): Readonly<Record<string, number>> => {
  const counted: Record<string, number> = {}
  for (const { status } of answers) counted[status] = (counted[status] ?? 0) + 1
  return counted
}
const oneCreated = { 201: 1, 200: many - 1 }

const conditional = (resource: Json): Readonly<Record<string, string>> => {
  const [one] = resource['identifier'] as readonly { readonly system: string; readonly value: string }[]
  return { 'if-none-exist': `identifier=${one?.system}|${one?.value}` }
}
/** Every create of the Bundle on condition that its identifier is new. */
const conditionally = (bundle: Json): Json => ({
  ...bundle,
  entry: (bundle['entry'] as readonly { readonly request: Json; readonly resource: Json }[]).map((entry) => ({
    ...entry,
    request: { ...entry.request, ifNoneExist: conditional(entry.resource)['if-none-exist'] },
  })),
})
const locations = ({ body }: Answer): readonly string[] => body.entry.map((entry: any) => entry.response.location)

/**
 * Transactions that wait for each other in a ring then wait until the test gives up. PostgreSQL would break the ring
 * after a second, which is slow and tells a caller that somebody else was at the same person: there are to be none.
 */
const leaveRingsAlone = ({ rows }: TestStore): Promise<unknown> =>
  rows(`do $$ begin
    execute format('alter database %I set deadlock_timeout to ''10min''', current_database()); end $$`)

/** Interface engines repeat what they got no answer to, from several workers at once: one effect, one answer. */
describeEachEngine(`one request, ${many} times at once`, (engine) => {
  let gateway: TestGateway
  let replica: TestGateway
  let aino: Enrolled
  const story = testStory('races', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    if (engine === 'postgres') await leaveRingsAlone(gateway.opened)
    replica = await startTestGateway(engine, undefined, { opened: gateway.opened, seed: 'replica' })
    aino = await enrol(gateway, story)
    await gateway.drain()
  })
  afterEach(() => expect([...gateway.faults.splice(0), ...replica.faults.splice(0)]).toEqual([]))
  afterAll(() => gateway.close())

  /** Alternately at two gateways on one store. */
  const call = (index: number): TestGateway['call'] => (index % 2 === 0 ? gateway : replica).call
  const count = async (query: string, values: readonly unknown[] = []): Promise<number> =>
    Number((await gateway.opened.rows(query, values))[0]?.['many'])
  const told = async (): Promise<number> => {
    const before = gateway.received.length
    await gateway.drain()
    return gateway.received.length - before
  }

  it('makes one resource of a conditional create and tells it once', async () => {
    const message = medicationMessage(story, aino.patient, 'once')
    const before = await countRows(gateway.opened)
    const answers = await atOnce((index) =>
      call(index)('hospital', 'POST', '/fhir/Communication', message, conditional(message)),
    )
    expect(statuses(answers)).toEqual(oneCreated)
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1)
    expect(new Set(answers.map(({ headers }) => headers.get('etag'))).size).toBe(1)
    const after = await countRows(gateway.opened)
    expect(after['resource']).toBe(before['resource']! + 1)
    // One endpoint by webhook and one inbox.
    expect(after['disclosure']).toBe(before['disclosure']! + 2)
    expect(await told()).toBe(1)
    const again = await call(0)('hospital', 'POST', '/fhir/Communication', message, conditional(message))
    expect({ status: again.status, body: again.body }).toEqual({ status: 200, body: answers[0]?.body })
    expect(await countRows(gateway.opened)).toMatchObject({
      disclosure: after['disclosure'],
      resource: after['resource'],
    })
    expect(await told()).toBe(0)
  })

  it('makes one of an unconditional create and calls the others duplicates', async () => {
    const message = medicationMessage(story, aino.patient, 'plain')
    const answers = await atOnce((index) => call(index)('hospital', 'POST', '/fhir/Communication', message))
    expect(statuses(answers)).toEqual({ 201: 1, 409: many - 1 })
    expect(await told()).toBe(1)
  })

  it('makes one of a conditional create inside a transaction, and of what stands beside it', async () => {
    const bundle = conditionally(medicationChange(story, aino.patient, 'bundled'))
    const answers = await atOnce((index) => call(index)('hospital', 'POST', '/fhir', bundle))
    expect(statuses(answers)).toEqual({ 200: many })
    expect(new Set(answers.map((answer) => JSON.stringify(locations(answer)))).size).toBe(1)
    const created = answers.filter(({ body }) => body.entry[0].response.status === '201 Created')
    expect(created.length).toBe(1)
    expect(await told()).toBe(1)
  })

  it('adds of a whole referral what it adds when it is sent once', async () => {
    const added = async (send: () => Promise<unknown>): Promise<unknown> => {
      const before = await countRows(gateway.opened)
      await send()
      const after = await countRows(gateway.opened)
      return Object.fromEntries(Object.keys(after).map((table) => [table, after[table]! - before[table]!]))
    }
    const once = await added(async () => {
      await enrol(gateway, testStory('single', hetu(4)))
      expect(await told()).toBe(2)
    })
    const often = await added(async () => {
      const bundle = referralBundle(testStory('whole', hetu(2)))
      const answers = await atOnce((index) => call(index)('hospital', 'POST', '/fhir', bundle))
      expect(statuses(answers)).toEqual({ 200: many })
      expect(new Set(answers.map((answer) => JSON.stringify(locations(answer)))).size).toBe(1)
      expect(await told()).toBe(2)
    })
    expect(often).toEqual(once)
  })

  it('makes one of each when the same creates and updates come in different orders', async () => {
    const organizations = Array.from({ length: 8 }, (_, n) => ({
      resourceType: 'Organization',
      identifier: [{ system: 'urn:test:order', value: `organization-${n}` }],
      name: `Organization ${n}`,
    }))
    const turned = <T>(list: readonly T[], by: number): readonly T[] => {
      const from = by % list.length
      const rotated = [...list.slice(from), ...list.slice(0, from)]
      return by % 3 === 0 ? rotated : rotated.toReversed()
    }
    const transaction = (entry: readonly Json[]): Json => ({ resourceType: 'Bundle', type: 'transaction', entry })
    const create = (resource: Json): Json => ({ resource, request: { method: 'POST', url: 'Organization' } })
    const made = await atOnce((index) =>
      call(index)('hospital', 'POST', '/fhir', conditionally(transaction(turned(organizations, index).map(create)))),
    )
    expect(statuses(made)).toEqual({ 200: many })
    const ids = [...new Set(made.flatMap(locations))].map((location) => location.split('/')[1] ?? '')
    expect(ids.length).toBe(organizations.length)

    const update = (id: string, index: number): Json => ({
      resource: { resourceType: 'Organization', id, name: `changed by ${index}` },
      request: { method: 'PUT', url: `Organization/${id}`, ifMatch: 'W/"1"' },
    })
    const changed = await atOnce((index) =>
      call(index)('hospital', 'POST', '/fhir', transaction(turned(ids, index).map((id) => update(id, index)))),
    )
    expect(statuses(changed)).toEqual({ 200: 1, 412: many - 1 })
    const names = await Promise.all(ids.map((id) => gateway.call('hospital', 'GET', `/fhir/Organization/${id}`)))
    expect(new Set(names.map(({ body }) => body.name)).size).toBe(1)
  })

  it('gives each of several parties its own of one business key, and links them to one client', async () => {
    const senders = ['hospital', 'other-hospital', 'other-team', 'portal', 'office']
    const shared = patient(testStory('shared', hetu(3)))
    const answers = await atOnce((index) =>
      call(index)(senders[index % senders.length] ?? '', 'POST', '/fhir/Patient', shared, conditional(shared)),
    )
    expect(statuses(answers)).toEqual({ 201: senders.length, 200: many - senders.length })
    for (const [index] of senders.entries()) {
      const own = answers.filter((_, at) => at % senders.length === index)
      expect(new Set(own.map(({ body }) => body.id)).size).toBe(1)
      expect(statuses(own)).toEqual({ 201: 1, 200: many / senders.length - 1 })
    }
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(senders.length)
    const clients = `select count(distinct l.client_id)::int as many from patient_link l where l.patient_id = any($1::uuid[])`
    expect(await count(clients, [answers.map(({ body }) => body.id)])).toBe(1)
  })

  it('lets several parties record the same persons at the same moment, none waiting for another', async () => {
    const others = ['other-hospital', 'other-team', 'portal', 'office', 'team']
    const persons = Array.from({ length: many / others.length }, (_, n) => patient(testStory(`p${n}`, hetu(50 + n))))
    for (const person of persons) {
      expect((await gateway.call('hospital', 'POST', '/fhir/Patient', person)).status).toBe(201)
    }
    const answers = await atOnce((index) => {
      const person = persons[Math.floor(index / others.length)]
      return call(index)(others[index % others.length] ?? '', 'POST', '/fhir/Patient', person)
    })
    expect(statuses(answers)).toEqual({ 201: many })
    const clients = `select count(distinct l.client_id)::int as many from patient_link l where l.patient_id = any($1::uuid[])`
    expect(await count(clients, [answers.map(({ body }) => body.id)])).toBe(persons.length)
  })

  it.each([
    ['Patient', (one: any) => (one.telecom = [{ system: 'phone', value: '+358 40 555 0199' }])],
    ['Consent', (one: any) => one.provision.provision.pop()],
    ['CareTeam', (one: any) => one.participant.pop()],
  ])('lets exactly one of the updates of one version of a %s win', async (type, edit) => {
    const own = await enrol(gateway, testStory(`put-${type.toLowerCase()}`, hetu(10 + type.length)))
    const reference = Object.values(own).find((one) => one.startsWith(`${type}/`))
    const { body } = await gateway.call('hospital', 'GET', `/fhir/${reference}`)
    const next = structuredClone(body)
    edit(next)
    const answers = await atOnce((index) =>
      call(index)('hospital', 'PUT', `/fhir/${reference}`, next, { 'if-match': 'W/"1"' }),
    )
    expect(statuses(answers)).toEqual({ 200: 1, 412: many - 1 })
    const now = await gateway.call('hospital', 'GET', `/fhir/${reference}/_history`)
    expect(now.body.entry.map((entry: any) => entry.resource.meta.versionId)).toEqual(['2', '1'])
  })

  it('lets exactly one of a team’s answers to a referral win, and tells the sender once', async () => {
    const own = await enrol(gateway, testStory('answers', hetu(30)))
    await gateway.drain()
    const { body, headers } = await gateway.call('team', 'GET', `/fhir/${own.task}`)
    const match = { 'if-match': String(headers.get('etag')) }
    const before = await countRows(gateway.opened)
    const answers = await atOnce((index) =>
      call(index)('team', 'PUT', `/fhir/${own.task}`, { ...body, status: 'accepted' }, match),
    )
    expect(statuses(answers)).toEqual({ 200: 1, 412: many - 1 })
    expect(await countRows(gateway.opened)).toMatchObject({
      resource_history: before['resource_history']! + 1,
      disclosure: before['disclosure']! + 1,
    })
  })

  it('refuses each time what nobody may be told, and keeps nothing of it', async () => {
    const own = await enrol(gateway, testStory('refused', hetu(31)), ['identity', 'referral'])
    await gateway.drain()
    const message = medicationMessage(testStory('refused', hetu(31)), own.patient, 'never-told')
    const answers = await atOnce((index) =>
      call(index)('hospital', 'POST', '/fhir/Communication', message, conditional(message)),
    )
    expect(statuses(answers)).toEqual({ 403: many })
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(await tablesWith(gateway.opened, 'never-told')).toEqual([])
    expect(await told()).toBe(0)
  })
})
