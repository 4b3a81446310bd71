import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { medicationMessage, referralBundle } from '../../demo/story-resources.ts'
import { INFORMATION_SYSTEM } from '../../src/domain/codes.ts'
import type { Party } from '../../src/domain/party.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const idsIn = ({ body }: Answer): readonly string[] => (body.entry ?? []).map((entry: any) => entry.resource.id)
const nextOf = ({ body }: Answer): string | undefined =>
  body.link.find(({ relation }: any) => relation === 'next')?.url.replace('http://gateway.test', '')

const reader = (): Party => {
  const [hospital] = testParties()
  if (hospital === undefined) throw new Error('there is a hospital among the test parties')
  return { ...hospital, id: 'reader', clientId: 'reader-client', identifiers: [], scopes: ['system/Task.r'] }
}

describeEachEngine('a search', (engine) => {
  let gateway: TestGateway
  const clients: Enrolled[] = []
  const stories = [1, 2, 3].map((n) => testStory(`search-${n}`, hetu(n)))
  const get = (party: string, path: string) => gateway.call(party, 'GET', `/fhir/${path}`)
  const found = async (party: string, path: string): Promise<readonly string[]> => {
    const answer = await get(party, path)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    return idsIn(answer)
  }
  const idOf = (reference = ''): string => reference.split('/')[1] ?? ''
  const [aino, pekka, liisa] = [() => clients[0]!, () => clients[1]!, () => clients[2]!]

  beforeAll(async () => {
    gateway = await startTestGateway(engine, [...testParties(), reader()])
    for (const story of stories) {
      clients.push(await enrol(gateway, story))
      gateway.clock.now += 3_600_000
    }
    const [story] = stories
    const sent = await gateway.call(
      'hospital',
      'POST',
      '/fhir/Communication',
      medicationMessage(story!, aino().patient, 'message'),
    )
    expect(sent.status, JSON.stringify(sent.body)).toBe(201)
    await gateway.drain()
  })
  afterAll(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  it('finds what is asked for, as a read would show it, in a valid searchset', async () => {
    const answer = await get('hospital', `ServiceRequest?patient=${aino().patient}&status=active`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('application/fhir+json')
    const { body } = answer
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'searchset' })
    expect(body).not.toHaveProperty('total')
    expect(body.link).toEqual([
      {
        relation: 'self',
        url: `http://gateway.test/fhir/ServiceRequest?patient=${encodeURIComponent(aino().patient)}&status=active`,
      },
    ])
    expect(body.entry).toHaveLength(1)
    const [{ fullUrl, resource, search }] = body.entry
    expect(search).toEqual({ mode: 'match' })
    expect(fullUrl).toBe(`http://gateway.test/fhir/ServiceRequest/${resource.id}`)
    expect((await get('hospital', `ServiceRequest/${resource.id}`)).body).toEqual(resource)
  })

  it.each([
    ['_id', () => `Patient?_id=${idOf(pekka().patient)}`, () => [pekka().patient]],
    [
      'several ids',
      () => `Patient?_id=${idOf(pekka().patient)},${idOf(aino().patient)},x`,
      () => [aino().patient, pekka().patient],
    ],
    ['identifier', () => `Patient?identifier=urn:oid:1.2.246.21|${stories[1]!.hetu}`, () => [pekka().patient]],
    ['identifier of nobody', () => `Patient?identifier=urn:oid:1.2.246.21|${hetu(77)}`, () => []],
    ['patient', () => `Consent?patient=${pekka().patient}`, () => [pekka().consent]],
    ['a bare patient id', () => `Consent?patient=${idOf(pekka().patient)}`, () => [pekka().consent]],
    ['subject', () => `CareTeam?subject=${liisa().patient}`, () => [liisa().careTeam]],
    [
      'two patients at once, which nothing has',
      () => `Consent?patient=${pekka().patient}&patient=${aino().patient}`,
      () => [],
    ],
    ['status', () => `Consent?status=inactive,rejected`, () => []],
    ['either status', () => `Consent?status=inactive,active&patient=${aino().patient}`, () => [aino().consent]],
    [
      'category with its system',
      () => `Consent?category=http://terminology.hl7.org/CodeSystem/v3-ActCode|IDSCL&patient=${aino().patient}`,
      () => [aino().consent],
    ],
    ['category of another system', () => `Consent?category=urn:x|IDSCL`, () => []],
    ['nobody of mine', () => `Consent?patient=Patient/99999999-9999-4999-8999-999999999999`, () => []],
  ])('finds by %s', async (_, path, expected) => {
    const answer = await get('hospital', path())
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect((answer.body.entry ?? []).map((one: any) => `${one.resource.resourceType}/${one.resource.id}`)).toEqual(
      expected(),
    )
    if (expected().length === 0) expect(answer.body).not.toHaveProperty('entry')
  })

  it.each([
    // Three referrals: at 08:00, 09:00 and 10:00 UTC on 9 March 2026.
    ['2026', 3],
    ['2026-03', 3],
    ['eq2026-03-09', 3],
    ['2026-03-08', 0],
    ['2026-03-09T09:00:00Z', 1],
    ['gt2026-03-09T09:00:00Z', 1],
    ['ge2026-03-09T09:00:00Z', 2],
    ['lt2026-03-09T09:00:00Z', 1],
    ['le2026-03-09T09:00:00Z', 2],
    ['ge2026-03-09T11:00:00%2B02:00', 2],
    ['ge2026-03-09T11:00:00+02:00', 2],
    ['gt2026-03-09', 0],
    ['gt2026-03-08', 3],
    ['le2026-03-09', 3],
    ['lt2026-03-09', 0],
    ['ge2026-03-09T09:00:00Z&_lastUpdated=lt2026-03-09T10:00:00Z', 1],
  ])('finds by _lastUpdated=%s', async (value, many) => {
    expect(await found('hospital', `ServiceRequest?_lastUpdated=${value}`)).toHaveLength(many)
  })

  it.each([
    'name=Aino',
    'identifier:of-type=x',
    'patient.identifier=x',
    '_include=Task:focus',
    '_has:Task:focus:status=requested',
    '_total=accurate',
    '_sort=status',
    '_summary=count',
    'status:not=active',
    '_count=0',
    '_count=-1',
    '_count=all',
    '_count=1&_count=2',
    `identifier=${hetu(1)}`,
    'identifier=|x',
    'status=',
    '_lastUpdated=yesterday',
    '_lastUpdated=ne2026',
    '_lastUpdated=2026-13-01',
    '_lastUpdated=2026-03-09T09:00:00',
    '_page=abc',
  ])('refuses %s and says what may be asked, quoting nothing', async (query) => {
    const answer = await get('hospital', `ServiceRequest?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.body.resourceType).toBe('OperationOutcome')
    expect(answer.body.issue[0].diagnostics).toMatch(/identifier|_count|_lastUpdated|status|next page/)
    for (const word of ['Aino', hetu(1), 'yesterday', 'accurate'])
      expect(JSON.stringify(answer.body)).not.toContain(word)
  })

  it('names the parameters of the type when it refuses one', async () => {
    const { body } = await get('hospital', 'Appointment?category=x')
    expect(body.issue[0]).toMatchObject({ code: 'not-supported' })
    expect(body.issue[0].diagnostics).toContain('_id, _lastUpdated, _count, identifier, patient, status')
  })

  describe('in pages', () => {
    const walk = async (party: string, start: string, between = async (): Promise<void> => {}) => {
      const seen: string[] = []
      let path: string | undefined = `/fhir/${start}`
      let pages = 0
      while (path !== undefined && pages < 20) {
        const answer: Answer = await gateway.call(party, 'GET', path)
        expect(answer.status, JSON.stringify(answer.body)).toBe(200)
        seen.push(...idsIn(answer))
        path = nextOf(answer)
        pages += 1
        await between()
      }
      return { seen, pages }
    }

    it('shows each once, in the order in which they were made', async () => {
      const all = await found('hospital', 'Task')
      expect(all.length).toBe(3)
      for (const count of [1, 2, 3, 4]) {
        const { seen, pages } = await walk('hospital', `Task?_count=${count}`)
        expect(seen).toEqual(all)
        // No empty last page: a `next` is given only when there is something more.
        expect(pages).toBe(Math.ceil(3 / count))
      }
    })

    it('neither repeats nor skips what is changed meanwhile, and leaves out what came after', async () => {
      const before = await found('hospital', 'Patient')
      const touch = async (): Promise<void> => {
        gateway.clock.now += 1000
        for (const { patient } of clients) {
          const { status } = await change(gateway, 'hospital', patient, (one) => {
            one.telecom = [{ system: 'phone', value: String(gateway.clock.now) }]
          })
          expect(status).toBe(200)
        }
      }
      const { seen } = await walk('hospital', 'Patient?_count=1', touch)
      expect(seen).toEqual(before)
    })

    it('cannot be followed by anybody else, for another type, changed, or with more parameters', async () => {
      const next = nextOf(await get('hospital', 'Task?_count=1')) ?? ''
      expect(next).toMatch(/^\/fhir\/Task\?_page=[\w-]+$/)
      const elsewhere = next.replace('Task', 'Patient')
      const altered = next.replace(/.$/, next.endsWith('A') ? 'B' : 'A').replace(/=./, '=Z')
      for (const path of [elsewhere, altered, `${next}&status=requested`, `/fhir/Task?_page=`]) {
        expect((await gateway.call('hospital', 'GET', path)).status, path).toBe(400)
      }
      expect((await gateway.call('other-hospital', 'GET', next)).status).toBe(400)
      expect((await gateway.call('hospital', 'GET', next)).status).toBe(200)
    })

    it('holds no identifier of the question and no id in its links', async () => {
      const body = new URLSearchParams({ identifier: `urn:oid:1.2.246.21|${stories[0]!.hetu},a|b`, _count: '1' })
      const answer = await gateway.call('hospital', 'POST', '/fhir/Patient/_search', body.toString(), form)
      expect(idsIn(answer)).toEqual([idOf(aino().patient)])
      const next = nextOf(await gateway.call('hospital', 'POST', '/fhir/Task/_search', '_count=1', form)) ?? ''
      const opened = Buffer.from(next.split('=')[1] ?? '', 'base64url').toString('latin1')
      for (const id of await found('hospital', 'Task')) expect(opened).not.toContain(id)
    })
  })

  it('takes the parameters of URL and body together, by POST', async () => {
    const body = `status=active&patient=${encodeURIComponent(pekka().patient)}`
    const answer = await gateway.call('hospital', 'POST', '/fhir/Consent/_search?_count=5', body, form)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect(idsIn(answer)).toEqual([idOf(pekka().consent)])
    expect((await gateway.call('hospital', 'POST', '/fhir/Consent/_search', { status: 'active' })).status).toBe(415)
    const long = await gateway.call('hospital', 'POST', '/fhir/Consent/_search', `status=${'x'.repeat(20_000)}`, form)
    expect(long.status).toBe(413)
  })

  it('is offered where a type has it, and nowhere else', async () => {
    const binary = await get('hospital', 'Binary?_id=x')
    expect([binary.status, binary.headers.get('allow')]).toEqual([405, 'POST'])
    const asRead = await get('hospital', 'Task/_search')
    expect([asRead.status, asRead.headers.get('allow')]).toEqual([405, 'POST'])
    const wrong = await gateway.call('hospital', 'DELETE', '/fhir/Task')
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, GET'])
    expect((await get('hospital', 'Account?_id=x')).status).toBe(404)
  })

  it('says until when it is complete, so that whoever polls misses no late commit', async () => {
    const { body } = await get('hospital', 'Task')
    expect(Date.parse(body.meta.lastUpdated)).toBe(gateway.clock.now - 60_000)
  })

  describe('of the asked team', () => {
    it('finds its Tasks and what it was told as a read shows them, by its own names for the clients', async () => {
      const tasks = await get('team', 'Task')
      expect(idsIn(tasks)).toEqual(clients.map(({ task }) => idOf(task)))
      for (const { resource } of tasks.body.entry) {
        expect((await get('team', `Task/${resource.id}`)).body).toEqual(resource)
      }
      const [first] = tasks.body.entry
      expect(await found('team', `Task?patient=${first.resource.for.reference}`)).toEqual([first.resource.id])
      expect(await found('team', `Task?status=requested&_id=${first.resource.id}`)).toEqual([first.resource.id])
      expect(await found('team', `Task?status=completed`)).toEqual([])
      const told = await get('team', 'Communication')
      expect(idsIn(told).length).toBeGreaterThan(0)
      for (const { resource } of told.body.entry) {
        expect((await get('team', `Communication/${resource.id}`)).body).toEqual(resource)
      }
      const toldOf = (reference: string) =>
        told.body.entry.filter((one: any) => one.resource.subject.reference === reference)
      const aboutAino = toldOf(first.resource.for.reference)
      expect(aboutAino.length).toBeGreaterThan(1)
      expect(aboutAino.length).toBeLessThan(told.body.entry.length)
      expect(await found('team', `Communication?patient=${first.resource.for.reference}`)).toEqual(
        aboutAino.map((one: any) => one.resource.id),
      )
      const since = told.body.entry[0].resource.meta.lastUpdated
      expect(await found('team', `Communication?_lastUpdated=${since}`)).toEqual(idsIn(told))
      expect(await found('team', `Communication?_lastUpdated=gt${since}`)).toEqual([])
      const medication = `${INFORMATION_SYSTEM}|medication.effect`
      expect(await found('team', `Communication?category=${medication}`)).toHaveLength(1)
      // What is told is judged, not what was posted: the nurse wrote `medication`.
      expect(await found('team', `Communication?category=${INFORMATION_SYSTEM}|medication`)).toEqual([])
    })

    it('cannot ask by what it does not see: the sender’s numbers, codes and names', async () => {
      const { body: theirs } = await get('hospital', clients[0]!.task)
      for (const { system, value } of theirs.identifier ?? [{ system: 'urn:x', value: 'y' }]) {
        expect(await found('team', `Task?identifier=${system}|${value}`)).toEqual([])
      }
      expect(await found('team', `Task?patient=${clients[0]!.patient}`)).toEqual([])
      expect(await found('team', `Communication?patient=${clients[0]!.patient}`)).toEqual([])
    })

    it('records each disclosure it shows, and nothing for what it passes over', async () => {
      const audited = async (): Promise<number> =>
        Number((await gateway.opened.rows('select count(*)::int as many from audit_event'))[0]?.['many'])
      let before = await audited()
      expect((await found('team', 'Task')).length).toBe(3)
      expect(await audited()).toBe(before + 3)
      before = await audited()
      expect((await found('team', 'Task?status=completed')).length).toBe(0)
      expect((await found('team', 'Task?_count=1')).length).toBe(1)
      expect(await audited()).toBe(before + 1)
    })

    it('passes over what a read withholds, without a gap, a link or a word', async () => {
      const [first, second, third] = clients.map(({ task }) => idOf(task))
      const told = (await get('team', 'Communication')).body.entry
      const names = (await get('team', 'Task')).body.entry.map(({ resource }: any) => resource.for.reference)
      for (const client of [aino(), liisa()]) {
        const { status } = await change(gateway, 'hospital', client.consent, (consent) => {
          consent.status = 'inactive'
        })
        expect(status).toBe(200)
      }
      for (const id of [first, third]) expect((await get('team', `Task/${id}`)).status).toBe(404)
      const left = await get('team', 'Task?_count=1')
      expect(idsIn(left)).toEqual([second])
      // The third is there, but nothing the team may see follows.
      expect(nextOf(left)).toBeUndefined()
      expect(await found('team', `Task?_id=${first}`)).toEqual([])
      const isPekkas = ({ resource }: any): boolean => resource.subject.reference === names[1]
      const pekkas = told.filter(isPekkas).map(({ resource }: any) => resource.id)
      expect(pekkas.length).toBeLessThan(told.length)
      expect(await found('team', 'Communication')).toEqual(pekkas)
      for (const { resource } of told.filter((one: any) => !isPekkas(one))) {
        expect((await get('team', `Communication/${resource.id}`)).status).toBe(404)
      }
      const withheld = await get('team', `Communication?patient=${names[0]}`)
      const nobody = await get('team', 'Communication?patient=Patient/99999999-9999-4999-8999-999999999999')
      expect(withheld.body.link).toHaveLength(1)
      expect({ ...withheld.body, link: [] }).toEqual({ ...nobody.body, link: [] })
    })
  })

  describe.each(['other-hospital', 'other-team', 'office', 'portal'])('of %s, who is nobody here', (stranger) => {
    it('finds nothing of the hospital’s, however it asks, and cannot tell it from what does not exist', async () => {
      const rows = await gateway.opened.rows(
        `select id, type from resource where party = 'hospital' and type <> 'Binary'`,
      )
      expect(rows.length).toBeGreaterThan(15)
      for (const { id, type } of rows) {
        const asked = await get(stranger, `${type}?_id=${id}`)
        const missing = await get(stranger, `${type}?_id=99999999-9999-4999-8999-999999999999`)
        expect(asked.status).toBe(200)
        expect({ ...asked.body, link: [] }).toEqual({ ...missing.body, link: [] })
        expect(asked.body).not.toHaveProperty('entry')
      }
      for (const type of new Set(rows.map((row) => row['type']))) {
        expect(await found(stranger, String(type))).toEqual([])
        expect(await found(stranger, `${type}?_lastUpdated=ge2000`)).toEqual([])
      }
      expect(await found(stranger, `Patient?identifier=urn:oid:1.2.246.21|${stories[0]!.hetu}`)).toEqual([])
      for (const type of ['Task', 'Consent', 'Communication', 'ServiceRequest', 'CareTeam']) {
        expect(await found(stranger, `${type}?patient=${aino().patient}`)).toEqual([])
      }
      const numbers = referralBundle(stories[0]!)['entry'] as readonly { readonly resource: any }[]
      for (const { resource } of numbers) {
        for (const { system, value } of resource.resourceType === 'Binary' ? [] : (resource.identifier ?? [])) {
          expect(await found(stranger, `${resource.resourceType}?identifier=${system}|${value}`)).toEqual([])
        }
      }
    })
  })

  it('needs a token with the scope to search: to read is not enough', async () => {
    for (const call of [get('reader', 'Task'), gateway.call('reader', 'POST', '/fhir/Task/_search', '', form)]) {
      const { status, body } = await call
      expect([status, body.resourceType]).toEqual([403, 'OperationOutcome'])
      expect(body.issue[0].diagnostics).toContain('system/Task.s')
    }
  })
})
