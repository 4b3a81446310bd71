import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  careNegotiation,
  type Json,
  medicationChange,
  medicationMessage,
  patient,
  referralBundle,
  rehabilitationSupport,
  type Story,
} from '../../demo/story-resources.ts'
import type { Store, Transaction } from '../../src/store/store.ts'
import { enrol, hetu, referralWithoutConsent, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'

/** Every call of the store's promise, by name, in the order in which they are made. */
const calls: string[] = []
type Method = (...values: unknown[]) => unknown
const noting = (store: Store): Store => {
  const noted =
    (name: string, method: Method): Method =>
    (...values) => {
      calls.push(name)
      return method(...values)
    }
  const room = (name: string, methods: object): object =>
    Object.fromEntries(Object.entries(methods).map(([key, one]) => [key, noted(`${name}.${key}`, one as Method)]))
  return {
    ...store,
    transaction: (work, keeps) =>
      store.transaction((tx) => {
        const rooms = Object.entries(tx).map(([name, one]) => [
          name,
          typeof one === 'function' ? noted(name, one as Method) : room(name, one),
        ])
        return work(Object.fromEntries(rooms) as Transaction)
      }, keeps),
  }
}

/** Writes that differ between a known and a new person: they travel with the next question, so nobody waits for them. */
const unawaited = new Set(['clients.create', 'clients.addIdentifierKeys', 'clients.link', 'clients.hold'])

/** What a caller can tell of one answer, and the calls to the store behind it. */
type Seen = { readonly what: string; readonly answer: unknown; readonly work: readonly string[] }

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway('pglite', undefined, { wrap: noting })
})
afterAll(async () => {
  expect(gateway.faults).toEqual([])
  await gateway.close()
})

const ask = async (words: ReadonlyMap<string, string>, party: string, request: Request): Promise<Seen> => {
  calls.length = 0
  const [method, path, body, headers] = request
  const answer = await gateway.call(party, method, path, body, headers)
  const plain = (text: string): string =>
    [...words]
      .reduce((left, [word, stands]) => left.replaceAll(word, stands), text)
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
  const seen = [answer.status, Object.fromEntries(answer.headers), answer.body ?? null]
  const work = calls.filter((call) => !unawaited.has(call))
  return { what: plain(`${method} ${path}`), answer: JSON.parse(plain(JSON.stringify(seen))), work }
}
type Request = readonly [string, string, unknown?, Record<string, string>?]

const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
const missing = '99999999-9999-4999-8999-999999999999'
const strangers = ['other-hospital', 'other-team', 'office', 'portal'] as const

describe.each(strangers)('%s', (stranger) => {
  const n = strangers.indexOf(stranger)
  /** All a system can ask about a person it records itself. */
  const everything = async (run: string, code: string): Promise<readonly Seen[]> => {
    const story: Story = { ...testStory(run, code), hospital: { system: 'urn:test:parties', value: stranger } }
    const words = new Map([
      [code, '<code>'],
      [run, '<run>'],
    ])
    const seen: Seen[] = []
    const note = async (...request: Request): Promise<void> => void seen.push(await ask(words, stranger, request))
    const person = patient(story)
    const condition = { 'if-none-exist': `identifier=urn:oid:1.2.246.21|${code}` }
    await note('POST', '/fhir/Patient', { ...person, birthDate: '1980-01-02' })
    // Refused as a whole, so that it could be asked a thousand times.
    const unknown = [{ reference: 'Observation/unknown' }]
    for (const about of [undefined, unknown]) {
      await note('POST', '/fhir', {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          { fullUrl: urn, resource: person, request: { method: 'POST', url: 'Patient' } },
          {
            resource: medicationMessage(story, urn, 'refused', about),
            request: { method: 'POST', url: 'Communication' },
          },
        ],
      })
    }
    await note('POST', '/fhir/Patient', person, condition)
    await note('POST', '/fhir/Patient', person, condition)
    await note('POST', '/fhir/Patient', person)
    const found = await gateway.call(stranger, 'POST', '/fhir/Patient', person, condition)
    const own = `Patient/${found.body.id}`
    const events: readonly Json[] = [
      medicationChange(story, own),
      medicationMessage(story, own, 'alone'),
      careNegotiation(story, own, '2026-03-18T13:00:00+02:00', { identifier: story.team }),
      rehabilitationSupport(story, own, '2026-06-30'),
    ]
    for (const event of events) {
      await note('POST', event['resourceType'] === 'Bundle' ? '/fhir' : `/fhir/${String(event['resourceType'])}`, event)
      await note('POST', '/api/explain', { recipient: 'team', input: event })
    }
    await note('POST', '/fhir', referralBundle({ ...story, run: `${run}-r` }, []))
    await note('POST', '/fhir', referralWithoutConsent({ ...story, run: `${run}-w` }))
    for (const address of [`/fhir/${own}`, `/fhir/${own}/_history`, `/api/disclosures?client=${own}`]) {
      await note('GET', address)
    }
    await note('PUT', `/fhir/${own}`, { ...person, id: found.body.id, gender: 'female' }, { 'if-match': 'W/"1"' })
    await note('PUT', `/fhir/${own}`, { ...person, id: found.body.id, gender: 'female' }, { 'if-match': 'W/"1"' })
    return seen
  }

  it('gets the same answers for the same work about what is another party’s and what is nowhere', async () => {
    const theirs = await enrol(gateway, testStory(`theirs-${stranger}`, hetu(50 + n)))
    await gateway.drain()
    const message = medicationMessage(testStory(`theirs-${stranger}`, hetu(50 + n)), theirs.patient, 'theirs')
    const sent = await gateway.call('hospital', 'POST', '/fhir/Communication', message)
    expect(sent.status).toBe(201)
    for (const reference of [...Object.values(theirs), `Communication/${sent.body.id}`]) {
      const [type = ''] = reference.split('/')
      const { body } = await gateway.call('hospital', 'GET', `/fhir/${reference}`)
      const asked = async (place: string): Promise<readonly Seen[]> => {
        const put = { resourceType: type, status: body.status, id: place.split('/')[1] }
        const requests: readonly Request[] = [
          ['GET', `/fhir/${place}`],
          ['GET', `/fhir/${place}/_history`],
          ['GET', `/fhir/${place}/_history/1`],
          ['GET', `/fhir/${type}?_id=${place.split('/')[1]}`],
          ['PUT', `/fhir/${place}`, put, { 'if-match': 'W/"1"' }],
          ['GET', `/api/log?client=${place}`],
          ['GET', `/api/disclosures?client=${place}`],
        ]
        const seen: Seen[] = []
        for (const request of requests) seen.push(await ask(new Map(), stranger, request))
        return seen
      }
      expect(await asked(reference), reference).toEqual(await asked(`${type}/${missing}`))
    }
  })

  it('gets the same answers for the same work, whoever knows the person', async () => {
    await enrol(gateway, testStory(`known-${stranger}`, hetu(10 + n)))
    await gateway.call('team', 'POST', '/fhir/Patient', patient(testStory(`team-${stranger}`, hetu(20 + n))))
    // What the stranger shares between its own clients is there before the first of them.
    await everything(`first-${stranger}`, hetu(30 + n))
    const nobody = await everything(`nobody-${stranger}`, hetu(40 + n))
    const others = {
      'a client of the hospital': await everything(`client-${stranger}`, hetu(10 + n)),
      'a person the team has recorded': await everything(`record-${stranger}`, hetu(20 + n)),
    }
    for (const [who, seen] of Object.entries(others)) {
      expect(
        seen.map(({ what, answer }) => [what, answer]),
        who,
      ).toEqual(nobody.map(({ what, answer }) => [what, answer]))
      expect(
        seen.map(({ what, work }) => [what, work]),
        who,
      ).toEqual(nobody.map(({ what, work }) => [what, work]))
    }
  })
})
