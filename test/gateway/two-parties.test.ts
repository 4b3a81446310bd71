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
import { isFollowed, writableTypes } from '../../src/exchange/submission.ts'
import { enrol, type Enrolled, hetu, referralWithoutConsent, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { furtherResources } from '../support/further-resources.ts'
import { describeEachEngine } from '../support/stores.ts'

const strangers = ['other-hospital', 'other-team', 'office', 'portal'] as const
const missing = '99999999-9999-4999-8999-999999999999'
const version = { 'if-match': 'W/"1"' }

/** What a caller can tell apart: status, headers and body, with the ids and numbers of the two questions taken out. */
const seen = (answer: Answer, words: Readonly<Record<string, string>> = {}): unknown => {
  const plain = (text: string): string =>
    Object.entries(words)
      .reduce((left, [word, stands]) => left.replaceAll(word, stands), text)
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
  const headers = ['allow', 'etag', 'location', 'content-type', 'www-authenticate'].map(
    (name) => answer.headers.get(name) ?? '',
  )
  return {
    status: answer.status,
    headers: headers.map(plain),
    body: JSON.parse(plain(JSON.stringify(answer.body ?? 0))),
  }
}

describeEachEngine('what one party learns about the clients of another', (engine) => {
  let gateway: TestGateway
  let aino: Enrolled
  const story = testStory('aino', hetu(1))
  /** Ids of the hospital's resources by type, and of what was told to the team. */
  const ids = new Map<string, string>()
  const told: string[] = []

  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    aino = await enrol(gateway, story)
    const own = await gateway.opened.rows('select id, type from resource')
    for (const row of own) ids.set(String(row['type']), String(row['id']))
    const post = async (type: string, body: Json): Promise<void> => {
      const answer = await gateway.call('hospital', 'POST', `/fhir/${type}`, body)
      expect(answer.status, JSON.stringify(answer.body)).toBe(201)
      ids.set(type, answer.body.id)
    }
    const change = await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, aino.patient))
    expect(change.status).toBe(200)
    for (const { response } of change.body.entry) {
      const [type, id] = response.location.split('/')
      ids.set(type, id)
    }
    await post(
      'Appointment',
      careNegotiation(story, aino.patient, '2026-03-18T13:00:00+02:00', { identifier: story.team }),
    )
    await post('Observation', rehabilitationSupport(story, aino.patient, '2026-06-30'))
    await post('PractitionerRole', { resourceType: 'PractitionerRole', organization: { identifier: story.hospital } })
    for (const [type, body] of Object.entries(furtherResources(story, aino.patient))) await post(type, body)
    await gateway.drain()
    const inbox = await gateway.call('team', 'GET', '/api/inbox?language=en')
    told.push(...gateway.received.map(({ id }) => id), ...inbox.body.items.map(({ id }: { id: string }) => id))
    expect(told.length).toBe(12)
    expect([...ids.keys()].toSorted()).toEqual([...writableTypes].toSorted())
  })
  afterAll(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  describe.each(strangers)('%s', (stranger) => {
    it.each(writableTypes)(`reads of a foreign %s what it reads of one that does not exist`, async (type) => {
      const foreign = await gateway.call(stranger, 'GET', `/fhir/${type}/${ids.get(type)}`)
      expect(foreign.status).toBe(404)
      for (const id of [missing, 'abc', 'A.b-C', '-'.repeat(36), missing.toUpperCase()]) {
        expect(seen(await gateway.call(stranger, 'GET', `/fhir/${type}/${id}`)), id).toEqual(seen(foreign))
      }
    })

    it.each(writableTypes)('changes a foreign %s as little as one that does not exist', async (type) => {
      const { body: theirs } = await gateway.call('hospital', 'GET', `/fhir/${type}/${ids.get(type)}`)
      const own = bare(theirs)
      for (const headers of [version, {}, { 'if-match': 'W/"7"' }]) {
        for (const content of [own, theirs]) {
          const put = (id: string) => gateway.call(stranger, 'PUT', `/fhir/${type}/${id}`, { ...content, id }, headers)
          const foreign = await put(String(ids.get(type)))
          expect(type === 'Binary' ? [405] : [404, 422]).toContain(foreign.status)
          expect(seen(await put(missing)), JSON.stringify(headers)).toEqual(seen(foreign))
          expect(seen(await put('abc'), { abc: '<id>' })).toEqual(seen(foreign))
          const inBundle = (id: string) =>
            gateway.call(stranger, 'POST', '/fhir', putBundle(type, id, content, headers))
          const bundled = await inBundle(String(ids.get(type)))
          expect([404, 422]).toContain(bundled.status)
          expect(seen(await inBundle(missing))).toEqual(seen(bundled))
        }
      }
    })

    it('cannot refer to anything of another party', async () => {
      const own = await ownPatient(gateway, stranger, `${stranger}-references`, hetu(40 + strangers.indexOf(stranger)))
      for (const [type, make] of Object.entries(referring(story, own))) {
        const target = type.split(' ')[1] ?? ''
        const ask = (id: string) =>
          gateway.call(stranger, 'POST', `/fhir/${type.split(' ')[0]}`, make(`${target}/${id}`))
        const foreign = await ask(String(ids.get(target)))
        if (!isFollowed(target, false)) {
          // Nobody looks behind it: a word like any other, whether or not somebody has such a thing.
          expect(foreign.status, type).toBe(201)
          continue
        }
        expect(foreign.status, type).toBe(422)
        expect(foreign.body.issue[0].details.coding[0].code).toMatch(/^sender-unknown-/)
        expect(seen(await ask(missing)), type).toEqual(seen(foreign))
      }
    })

    it('creates under an identifier another party uses as under a fresh one', async () => {
      for (const [type, name] of [
        ['Organization', 'organization'],
        ['DocumentReference', 'form'],
      ] as const) {
        const make = (value: string): Json => ({
          resourceType: type,
          identifier: [{ system: 'urn:demo:hospital:messages', value }],
          ...(type === 'DocumentReference' && { status: 'current', content: [{ attachment: { title: 'x' } }] }),
        })
        const create = (value: string) =>
          gateway.call(stranger, 'POST', `/fhir/${type}`, make(value), {
            'if-none-exist': `identifier=urn:demo:hospital:messages|${value}`,
          })
        const foreign = await create(`${name}-aino`)
        expect(foreign.status).toBe(201)
        expect(seen(await create(`${name}-nobody-${stranger}`), { [`nobody-${stranger}`]: 'aino' })).toEqual(
          seen(foreign),
        )
        const again = await gateway.call(stranger, 'POST', `/fhir/${type}`, make(`${name}-aino`))
        expect(again.status).toBe(409)
      }
    })

    it('learns nothing from the inbox, the report, the log and the dry run', async () => {
      const same = async (ask: (id: string) => Promise<Answer>, id: string | undefined): Promise<void> => {
        const foreign = await ask(String(id))
        expect([404, 422]).toContain(foreign.status)
        expect(seen(await ask(missing))).toEqual(seen(foreign))
      }
      for (const id of told) {
        await same((one) => gateway.call(stranger, 'POST', `/api/inbox/${one}/read`), id)
        await same((one) => gateway.call(stranger, 'GET', `/fhir/Communication/${one}`), id)
      }
      const patientId = ids.get('Patient')
      await same((one) => gateway.call(stranger, 'GET', `/api/log?client=Patient/${one}`), patientId)
      await same((one) => gateway.call(stranger, 'GET', `/api/disclosures?client=${one}`), patientId)
      const explain = (one: string) =>
        gateway.call(stranger, 'POST', '/api/explain', {
          recipient: 'team',
          input: medicationMessage(story, `Patient/${one}`, 'dry'),
        })
      await same(explain, patientId)
      const report = await gateway.call(stranger, 'GET', '/api/disclosures')
      expect(report.body.items).toEqual([])
      const inbox = await gateway.call(stranger, 'GET', '/api/inbox')
      expect(inbox.body.items ?? []).toEqual([])
    })

    it('cannot find out with a personal identity code whether somebody is a client here', async () => {
      const answers = async (run: string, code: string): Promise<unknown[]> => {
        const words = { [code]: '<code>', [run]: '<run>' }
        const list: unknown[] = []
        const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
          const answer = await gateway.call(stranger, method, path, body)
          list.push([path.replace(/[0-9a-f-]{36}/, '<id>'), seen(answer, words)])
          return answer
        }
        const mine = { ...testStory(run, code), hospital: { system: 'urn:test:parties', value: stranger } }
        await ask('POST', '/fhir/Patient', { ...patient(mine), birthDate: '1980-01-02' })
        const made = await ask('POST', '/fhir/Patient', patient(mine))
        if (made.status !== 201) return list
        const own = `Patient/${made.body.id}`
        for (const event of eventsAbout(mine, own)) {
          await ask(
            'POST',
            event['resourceType'] === 'Bundle' ? '/fhir' : `/fhir/${String(event['resourceType'])}`,
            event,
          )
          for (const recipient of ['team', 'hospital', 'office', stranger]) {
            await ask('POST', '/api/explain', { recipient, input: event })
          }
        }
        await ask('POST', '/fhir', referralBundle({ ...mine, run: `${run}-r` }, []))
        await ask('POST', '/fhir', referralWithoutConsent({ ...mine, run: `${run}-w` }))
        await ask('POST', '/api/explain', { recipient: 'team', input: referralBundle({ ...mine, run: `${run}-r` }) })
        await ask('GET', `/api/disclosures?client=${own}`)
        if (stranger !== 'portal') await ask('GET', `/api/log?client=${own}`)
        await ask('GET', `/fhir/${own}`)
        await ask('PUT', `/fhir/${own}`, { ...patient(mine), id: made.body.id })
        return list
      }
      // The team's Organization is the stranger's own resource: the first run would create it and the second find it.
      const [, organization] = (referralBundle(story)['entry'] ?? []) as readonly { readonly resource: Json }[]
      await gateway.call(stranger, 'POST', '/fhir/Organization', organization?.resource)
      const n = strangers.indexOf(stranger)
      const known = await answers(`known-${stranger}`, story.hetu)
      const unknown = await answers(`other-${stranger}`, hetu(60 + n))
      expect(known.length).toBeGreaterThan(stranger === 'portal' ? 20 : 2)
      expect(known).toEqual(unknown)
    })

    it('gets the same answer for a client known to another party under another name', async () => {
      const person = (code: string, run: string): Json => ({
        resourceType: 'Patient',
        identifier: [
          { system: 'urn:oid:1.2.246.21', value: code },
          { system: 'urn:own', value: run },
        ],
        name: [{ family: 'Toinen', given: ['Henkilö'] }],
      })
      const n = strangers.indexOf(stranger)
      const bella = testStory(`bella-${stranger}`, hetu(70 + n))
      await enrol(gateway, bella)
      const known = await gateway.call(stranger, 'POST', '/fhir/Patient', person(bella.hetu, 'same'))
      const unknown = await gateway.call(stranger, 'POST', '/fhir/Patient', person(hetu(80 + n), 'other'))
      expect(known.status).toBe(201)
      const words = { [bella.hetu]: '<code>', [hetu(80 + n)]: '<code>', '"same"': '"<run>"', '"other"': '"<run>"' }
      expect(seen(known, words)).toEqual(seen(unknown, words))
    })
  })

  it('keeps no trace of a stranger in what the hospital and the client see', async () => {
    const { body } = await gateway.call('hospital', 'GET', `/api/log?client=${aino.patient}&language=en`)
    expect(JSON.stringify(body)).not.toMatch(/other-|office|portal/)
    const report = await gateway.call('hospital', 'GET', '/api/disclosures?language=en')
    expect(JSON.stringify(report.body)).not.toMatch(/other-|office|portal/)
  })

  it('never tells the employment service anything of a health category, whatever care team and consent say', async () => {
    const office: Story = {
      ...testStory('office', hetu(5)),
      team: { system: 'urn:test:parties', value: 'office' },
    }
    const all =
      'identity referral diagnosis.code medication.detail wellbeing.text hospital.unit care-meeting.summary benefit.amount'
    const referred = await gateway.call('hospital', 'POST', '/fhir', referralBundle(office, all.split(' ')))
    expect(referred.status).toBe(422)
    const without = referralBundle(office, all.split(' '))
    const entry = (without['entry'] as Json[]).slice(0, 6)
    const kept = await gateway.call('hospital', 'POST', '/fhir', { ...without, entry })
    expect(kept.status, JSON.stringify(kept.body)).toBe(200)
    const own = kept.body.entry[0].response.location.split('/_history')[0]
    for (const event of eventsAbout(office, own)) {
      const path = event['resourceType'] === 'Bundle' ? '/fhir' : `/fhir/${String(event['resourceType'])}`
      const answer = await gateway.call('hospital', 'POST', path, event)
      expect(answer.status).toBe(403)
      expect(answer.body.issue[0].diagnostics).toContain('teams-only')
    }
    const before = gateway.received.length
    await gateway.drain()
    expect(gateway.received.slice(before).filter(({ endpoint }) => endpoint === 'office-webhook')).toEqual([])
    const inbox = await gateway.call('office', 'GET', '/api/inbox')
    expect(inbox.body.items).toEqual([])
    const stored = await gateway.opened.rows(
      `select state from disclosure where recipient = 'office' and state <> 'refused'`,
    )
    expect(stored).toEqual([])
  })
})

/** Without references and identifiers: nothing in it can give another reason for an answer than its id. */
const bare = (resource: Json): Json => {
  const kept = JSON.parse(JSON.stringify(resource))
  for (const name of ['identifier', 'meta', 'about', 'extension']) delete kept[name]
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if ('reference' in value && typeof value.reference === 'string') {
      Reflect.deleteProperty(value, 'reference')
      Reflect.set(value, 'display', 'somebody')
    }
    if ('url' in value && String(value.url).startsWith('Binary/')) Reflect.deleteProperty(value, 'url')
    for (const child of Object.values(value)) walk(child)
  }
  walk(kept)
  return kept
}

const putBundle = (type: string, id: string, content: Json, headers: Readonly<Record<string, string>>): Json => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    {
      resource: { ...content, resourceType: type, id },
      request: { method: 'PUT', url: `${type}/${id}`, ...(headers['if-match'] && { ifMatch: headers['if-match'] }) },
    },
  ],
})

const ownPatient = async (gateway: TestGateway, party: string, run: string, code: string): Promise<string> => {
  const { status, body } = await gateway.call(party, 'POST', '/fhir/Patient', patient(testStory(run, code)))
  expect(status).toBe(201)
  return `Patient/${body.id}`
}

/** `<type that refers> <type referred to>`: a resource of the stranger's own that points at something. */
const referring = (story: Story, own: string): Readonly<Record<string, (reference: string) => Json>> => ({
  'Communication Patient': (reference) => medicationMessage(story, reference, 'x'),
  'Communication MedicationRequest': (reference) => medicationMessage(story, own, 'x', [{ reference }]),
  ...Object.fromEntries(
    Object.entries(furtherResources(story, own))
      .filter(([, body]) => JSON.stringify(body).includes(own))
      .map(([type]) => [`${type} Patient`, (reference: string) => furtherResources(story, reference)[type] ?? {}]),
  ),
  'MedicationStatement Medication': (reference) => ({
    ...furtherResources(story, own)['MedicationStatement'],
    medicationCodeableConcept: undefined,
    medicationReference: { reference },
  }),
  'Condition Encounter': (reference) => ({
    ...furtherResources(story, own)['Condition'],
    encounter: { reference },
  }),
  'PractitionerRole Practitioner': (reference) => ({ resourceType: 'PractitionerRole', practitioner: { reference } }),
  'QuestionnaireResponse RelatedPerson': (reference) => ({
    ...furtherResources(story, own)['QuestionnaireResponse'],
    source: { reference },
  }),
  'EpisodeOfCare Condition': (reference) => ({
    ...furtherResources(story, own)['EpisodeOfCare'],
    diagnosis: [{ condition: { reference } }],
  }),
  'Goal Condition': (reference) => ({ ...furtherResources(story, own)['Goal'], addresses: [{ reference }] }),
  'Encounter EpisodeOfCare': (reference) => ({
    ...furtherResources(story, own)['Encounter'],
    episodeOfCare: [{ reference }],
  }),
  'Observation Patient': (reference) => rehabilitationSupport(story, reference, '2026-06-30'),
  'Appointment Patient': (reference) =>
    careNegotiation(story, reference, '2026-03-18T13:00:00+02:00', { display: 'x' }),
  'DocumentReference Patient': (reference) => ({
    resourceType: 'DocumentReference',
    status: 'current',
    subject: { reference },
    content: [{ attachment: { title: 'x' } }],
  }),
  'DocumentReference Binary': (url) => ({
    resourceType: 'DocumentReference',
    status: 'current',
    content: [{ attachment: { url } }],
  }),
  'Consent DocumentReference': (reference) => ({
    resourceType: 'Consent',
    status: 'rejected',
    scope: { text: 'x' },
    category: [{ text: 'x' }],
    patient: { reference: own },
    sourceReference: { reference },
  }),
  'Task ServiceRequest': (reference) => ({
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    for: { reference: own },
    focus: { reference },
  }),
  'CareTeam Organization': (reference) => ({
    resourceType: 'CareTeam',
    status: 'active',
    subject: { reference: own },
    participant: [{ member: { reference } }],
  }),
  'PractitionerRole Organization': (reference) => ({ resourceType: 'PractitionerRole', organization: { reference } }),
  'ServiceRequest CareTeam': (reference) => ({
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject: { reference: own },
    performer: [{ reference }],
  }),
})

const eventsAbout = (story: Story, own: string): readonly Json[] => [
  medicationChange(story, own),
  medicationMessage(story, own, 'alone'),
  careNegotiation(story, own, '2026-03-18T13:00:00+02:00', { identifier: story.team }),
  rehabilitationSupport(story, own, '2026-06-30'),
  furtherResources(story, own)['MedicationStatement'] ?? {},
]
