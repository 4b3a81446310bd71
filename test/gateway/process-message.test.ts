import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Json, medicationMessage, referralBundle, type Story } from '../../demo/story-resources.ts'
import { MESSAGE_SYSTEM } from '../../src/domain/codes.ts'
import type { Store } from '../../src/store/store.ts'
import { countRows } from '../support/database.ts'
import { hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

type Entry = { readonly fullUrl?: string; readonly resource: any }

const message = (id: string | undefined, event: string, focus: readonly string[], entries: readonly Entry[]) => ({
  resourceType: 'Bundle',
  type: 'message',
  entry: [
    {
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-0000000000ff',
      resource: {
        resourceType: 'MessageHeader',
        ...(id !== undefined && { id }),
        eventCoding: { system: MESSAGE_SYSTEM, code: event },
        source: { name: 'EHR', endpoint: 'https://ehr.test/messages' },
        focus: focus.map((reference) => ({ reference })),
      },
    },
    ...entries,
  ],
})

/** The referral of the story as a message; what is created when is the gateway's to find out. */
const referral = (id: string, story: Story) => {
  const entries = (referralBundle(story)['entry'] as readonly (Entry & Json)[]).map(({ fullUrl, resource }) => ({
    ...(fullUrl !== undefined && { fullUrl }),
    resource,
  }))
  const named = entries.map((entry, at) => ({ ...entry, fullUrl: entry.fullUrl ?? `urn:uuid:${at}` }))
  const about = named.filter(({ resource }) => ['ServiceRequest', 'Task'].includes(resource.resourceType))
  const focus = about.map(({ fullUrl }) => fullUrl)
  return message(id, 'referral', focus, named)
}
const news = (id: string, story: Story, patient: string, name: string, change: Json = {}) =>
  message(
    id,
    'care-team-update',
    ['urn:uuid:news'],
    [{ fullUrl: 'urn:uuid:news', resource: { ...medicationMessage(story, patient, name), ...change } }],
  )

const headerOf = ({ body }: Answer) => body.entry[0].resource
const issuesOf = ({ body }: Answer): readonly any[] => body.entry[1].resource.issue
const codeOf = (answer: Answer): string => headerOf(answer).response.code

describeEachEngine('a message', (engine) => {
  let gateway: TestGateway
  let patient: string
  let task: string
  let breaks = false
  const story = testStory('message', hetu(1))
  const send = (body: unknown, party = 'hospital') => gateway.call(party, 'POST', '/fhir/$process-message', body)
  const rows = async () => {
    const { used_jti: _, ...rest } = await countRows(gateway.opened)
    return rest
  }

  beforeAll(async () => {
    const wrap = (store: Store): Store => ({
      ...store,
      transaction: async (work, keeps) => {
        if (breaks) throw new Error('the store is gone')
        return store.transaction(work, keeps)
      },
    })
    gateway = await startTestGateway(engine, undefined, { wrap })
    const answer = await send(referral('referral-1', story))
    expect(codeOf(answer), JSON.stringify(answer.body)).toBe('ok')
    ;[, task = ''] = headerOf(answer).focus.map(({ reference }: any) => reference)
    patient = (await gateway.call('hospital', 'GET', `/fhir/${task}`)).body.for.reference
    await gateway.drain()
  })
  afterAll(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  it('is carried out as a transaction would be and answered with a message that says under which ids', async () => {
    const answer = await send(referral('referral-2', testStory('message-2', hetu(2))))
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ resourceType: 'Bundle', type: 'message' })
    const header = headerOf(answer)
    expect(header).toMatchObject({
      resourceType: 'MessageHeader',
      eventCoding: { system: MESSAGE_SYSTEM, code: 'referral' },
      destination: [{ endpoint: 'https://ehr.test/messages' }],
      source: { endpoint: 'http://gateway.test/fhir/$process-message' },
      response: { identifier: 'referral-2', code: 'ok' },
    })
    expect(header.response.details.reference).toBe(answer.body.entry[1].fullUrl)
    expect(answer.body.entry[1].resource.resourceType).toBe('OperationOutcome')
    expect(header.focus).toHaveLength(2)
    for (const { reference } of header.focus) {
      expect((await gateway.call('hospital', 'GET', `/fhir/${reference}`)).status).toBe(200)
    }
    expect((await gateway.call('team', 'GET', `/fhir/${header.focus[1].reference}`)).status).toBe(200)
  })

  it('that comes again is answered with the same bytes, and nothing is done again', async () => {
    const sent = news('news-1', story, patient, 'once')
    const first = await send(sent)
    expect(codeOf(first), JSON.stringify(first.body)).toBe('ok')
    const before = await rows()
    gateway.clock.now += 60_000
    // The envelope is new at each transmission, the message is the same.
    const again = await send({ ...sent, id: 'another-envelope', timestamp: '2026-03-09T10:00:00Z' })
    expect(again.body).toEqual(first.body)
    expect(await rows()).toEqual(before)
  })

  it('that comes several times at once is done once, and all get the same answer', async () => {
    const sent = news('news-2', story, patient, 'at-once')
    const before = await rows()
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send(sent)))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(codeOf(answers[0]!)).toBe('ok')
    const after = await rows()
    const more = (table: string): number => Number(after[table]) - Number(before[table])
    expect([more('resource'), more('message'), more('update_record')]).toEqual([1, 1, 1])
  })

  it('that is refused is answered so, leaves nothing behind, and is refused the same again', async () => {
    const sent = news('news-3', story, 'Patient/99999999-9999-4999-8999-999999999999', 'unknown')
    const before = await rows()
    const first = await send(sent)
    expect(first.status).toBe(200)
    expect(codeOf(first)).toBe('fatal-error')
    // Where the element stands in the message, behind its header.
    expect(issuesOf(first)[0]).toMatchObject({
      severity: 'error',
      expression: ['Bundle.entry[1].resource.subject.reference'],
      details: { coding: [{ code: 'sender-unknown-client' }] },
    })
    expect(await rows()).toEqual({ ...before, message: Number(before['message']) + 1 })
    expect((await send(sent)).body).toEqual(first.body)
  })

  it('with the id of another message is refused, and with the id of somebody else’s is not', async () => {
    await send(news('news-4', story, patient, 'four'))
    const other = await send(news('news-4', story, patient, 'five'))
    expect([codeOf(other), issuesOf(other)[0].code]).toEqual(['fatal-error', 'duplicate'])
    const theirs = await send(referral('news-4', testStory('message-other', hetu(3))), 'other-hospital')
    expect(issuesOf(theirs)[0].code).not.toBe('duplicate')
  })

  it('lets the asked team answer a referral, once', async () => {
    const { body } = await gateway.call('team', 'GET', `/fhir/${task}`)
    const fullUrl = `http://gateway.test/fhir/${task}`
    const sent = message(
      'answer-1',
      'referral-answer',
      [fullUrl],
      [{ fullUrl, resource: { ...body, status: 'accepted' } }],
    )
    const answers = [await send(sent, 'team'), await send(sent, 'team')]
    expect(answers.map(codeOf), JSON.stringify(answers[0]?.body)).toEqual(['ok', 'ok'])
    expect(answers[1]?.body).toEqual(answers[0]?.body)
    expect(headerOf(answers[0]!).focus).toEqual([{ reference: task }])
    expect((await gateway.call('hospital', 'GET', `/fhir/${task}`)).body.status).toBe('accepted')
    const late = {
      ...sent,
      entry: sent.entry.map((one: any, at) =>
        at === 0 ? { ...one, resource: { ...one.resource, id: 'answer-2' } } : one,
      ),
    }
    expect(codeOf(await send(late, 'team'))).toBe('fatal-error')
  })

  it('that meets a failing store is answered as such, and taken when it is sent again', async () => {
    const sent = news('news-6', story, patient, 'six')
    breaks = true
    const failed = await send(sent)
    breaks = false
    expect([failed.status, codeOf(failed), issuesOf(failed)[0].code]).toEqual([200, 'transient-error', 'transient'])
    expect(gateway.faults.splice(0)).toHaveLength(1)
    expect(codeOf(await send(sent))).toBe('ok')
  })

  it.each([
    ['event', (one: any) => (one.entry[0].resource.eventCoding.code = 'party'), 'event'],
    ['focus', (one: any) => delete one.entry[0].resource.focus, 'focus'],
    [
      'focus on an entry',
      (one: any) => (one.entry[0].resource.focus = [{ reference: 'urn:uuid:nothing' }]),
      'focus[0]',
    ],
    ['question', (one: any) => (one.entry[0].resource.response = { identifier: 'x', code: 'ok' }), 'response'],
  ])('without its %s is refused at that element', async (_, spoil, element) => {
    const sent = structuredClone(news(`spoilt-${element.length}`, story, patient, 'spoilt'))
    spoil(sent)
    const answer = await send(sent)
    expect(codeOf(answer)).toBe('fatal-error')
    expect(issuesOf(answer)[0].expression).toEqual([`Bundle.entry[0].resource.${element}`])
  })

  it('is held to the profile of what it is about, claimed or not', async () => {
    const answer = await send(news('news-7', story, patient, 'seven', { identifier: undefined }))
    expect(codeOf(answer)).toBe('fatal-error')
    expect(issuesOf(answer)[0]).toMatchObject({
      expression: ['Bundle.entry[1].resource.identifier'],
      details: { coding: [{ code: 'sender-profile-violated' }] },
    })
  })

  it('is no message without an id, a header and a Bundle of its type', async () => {
    const [first, ...others] = news('x', story, patient, 'x').entry
    for (const body of [
      message(undefined, 'care-team-update', [], []),
      { resourceType: 'Bundle', type: 'message', entry: others },
      { resourceType: 'Bundle', type: 'transaction', entry: [first] },
      { resourceType: 'Patient' },
      { resourceType: 'Bundle' },
    ]) {
      const { status, body: answered } = await send(body)
      expect([status, answered.resourceType]).toEqual([400, 'OperationOutcome'])
    }
    expect((await gateway.call('hospital', 'POST', '/fhir/$process-message?async=true', {})).status).toBe(400)
    const get = await gateway.call('hospital', 'GET', '/fhir/$process-message')
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
  })
})
