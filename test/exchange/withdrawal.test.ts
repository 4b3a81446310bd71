import { beforeEach, expect, it } from 'vitest'
import { type Json, medicationMessage, permit, rehabilitationSupport } from '../../demo/story-resources.ts'
import { CONSENT_WITHDRAWAL_EXTENSION, GUARDIANSHIP_EXTENSION, HETU_SYSTEM } from '../../src/domain/codes.ts'
import { change, recordConsent } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import type { Answer } from '../support/gateway.ts'
import { expectRefused } from '../support/refusal.ts'
import { describeEachEngine } from '../support/stores.ts'

const HOUR = 3_600_000

describeEachEngine('a withdrawal', (engine) => {
  const scene = enrolledEach(engine, 'withdrawal')
  let told = 0
  beforeEach(async () => {
    await sent()
    await inbox('team')
  })

  const sent = async (): Promise<readonly any[]> => {
    const before = scene.gateway.received.length
    await scene.gateway.drain()
    return scene.gateway.received.slice(before).map(({ body }) => body)
  }
  const kinds = (bodies: readonly any[]): unknown[] => bodies.map(({ category }) => category[0].coding[0].code)
  const cursor: Record<string, number> = {}
  const inbox = async (party: string): Promise<readonly any[]> => {
    const { body } = await scene.gateway.call(
      party,
      'GET',
      `/api/inbox?limit=100&language=en&after=${cursor[party] ?? 0}`,
    )
    cursor[party] = body.next
    return body.items
  }
  const tell = (): Promise<Answer> =>
    scene.gateway.call(
      'hospital',
      'POST',
      '/fhir/Communication',
      medicationMessage(scene.story, scene.client.patient, `m${(told += 1)}`),
    )
  const tellBenefit = (): Promise<Answer> =>
    scene.gateway.call(
      'hospital',
      'POST',
      '/fhir/Observation',
      rehabilitationSupport(
        { ...scene.story, run: `${scene.story.run}-${(told += 1)}` },
        scene.client.patient,
        '2026-06-30',
      ),
    )
  const withdraw = (party: string, patient: string, body: Json = {}): Promise<Answer> =>
    scene.gateway.call(party, 'POST', '/api/withdraw', { client: patient, ...body })
  /** The same person, as another party knows her. */
  const knownTo = async (party: string): Promise<string> => {
    const patient = { resourceType: 'Patient', identifier: [{ system: HETU_SYSTEM, value: scene.story.hetu }] }
    const { body, status } = await scene.gateway.call(party, 'POST', '/fhir/Patient', patient)
    expect(status, JSON.stringify(body)).toBe(201)
    return `Patient/${body.id}`
  }
  const log = async (language = 'en'): Promise<readonly any[]> => {
    const { body } = await scene.gateway.call(
      'hospital',
      'GET',
      `/api/log?client=${scene.client.patient}&language=${language}`,
    )
    return body.entries
  }
  const codesIn = (consent: any): string[] =>
    consent.provision.provision.flatMap(({ code }: any) => code.map(({ coding }: any) => coding[0].code))

  it.each([
    ['what was to be told', 'update_record', 'payload', 'update_id', 'queued'],
    ['the bytes of an attempt', 'disclosure', 'frozen', 'id', 'withheld'],
  ])('is not kept from her by damage to %s, and none of it is sent', async (_what, table, column, key, end) => {
    const { gateway, client } = scene
    gateway.answer = () => ({ outcome: 'failed', why: 'http-500', retryAfterMs: undefined })
    expect([(await tell()).status, (await tellBenefit()).status]).toEqual([201, 201])
    await gateway.drain()
    const where = `channel = 'webhook' and category in ('medication', 'benefit') and state = 'queued'`
    const items = await gateway.opened.rows(`select * from disclosure where ${where} order by position`)
    const id = items[0]?.[key]
    const [row] = await gateway.opened.rows(`select ${column} as whole from ${table} where id = $1`, [id])
    const set = (bytes: unknown) =>
      gateway.opened.rows(`update ${table} set ${column} = $2 where id = $1 returning id`, [id, bytes])
    await set(Buffer.from('spoilt'))
    expect((await withdraw('hospital', client.patient)).status).toBe(200)
    gateway.answer = () => ({ outcome: 'delivered' })
    const first = await sent()
    const ids = items.map(({ id }) => id)
    const ended = `select state from disclosure where id = any($1::uuid[]) order by position`
    expect((await gateway.opened.rows(ended, [ids])).map(({ state }) => state)).toEqual([end, 'withheld'])
    gateway.faults.length = 0
    await set(row?.['whole'])
    gateway.clock.now += HOUR
    expect(kinds([...first, ...(await sent())])).toEqual(['permissions-changed'])
    expect((await gateway.opened.rows(ended, [ids])).map(({ state }) => state)).toEqual(['withheld', 'withheld'])
  })

  it('of one category closes it at once, what is queued and unread too, and nothing else', async () => {
    expect([(await tell()).status, (await tellBenefit()).status]).toEqual([201, 201])
    const done = await withdraw('hospital', scene.client.patient, { category: 'medication' })
    expect([done.status, done.body]).toEqual([200, { consents: [`${scene.client.consent}/_history/2`] }])

    expect(kinds(await sent())).toEqual(['benefit.period', 'permissions-changed'])
    expect((await inbox('team')).map(({ category, text }) => category ?? text)).toEqual([
      'benefit',
      "Permissions changed; see the client's page.",
    ])
    expectRefused(await tell(), { status: 403, error: 'sender-no-permission', at: 'Communication' })
    expect((await tellBenefit()).status).toBe(201)

    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.consent}`)
    expect(body).toMatchObject({ status: 'active', meta: { versionId: '2' } })
    expect(codesIn(body)).toEqual(['identity', 'referral', 'care-meeting.time', 'benefit.period'])
    const history = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.consent}/_history`)
    expect(history.body.entry).toHaveLength(2)
    const entries = await log()
    expect(entries.filter(({ kind }) => kind === 'consent-changed')).toHaveLength(1)
    const stopped = entries.filter(({ category, kind }) => category?.category === 'medication' && kind === 'not-told')
    expect(stopped.map(({ state }) => state)).toEqual(['withheld', 'refused'])
  })

  it('leaves in the log what was in flight, as told and not sure to have arrived, and sends it no further', async () => {
    await tell()
    scene.gateway.answer = async () => {
      expect((await withdraw('hospital', scene.client.patient, { category: 'medication' })).status).toBe(200)
      const [flying] = (await log()).filter(({ category }) => category?.category === 'medication')
      expect([flying.kind, flying.state]).toEqual(['told', 'sending'])
      expect(flying.text).toContain('This is being sent right now.')
      scene.gateway.answer = () => ({ outcome: 'delivered' })
      return { outcome: 'unknown', why: 'timeout' }
    }
    expect(kinds(await sent())).toContain('medication.effect')
    scene.gateway.clock.now += HOUR
    expect(kinds(await sent())).toEqual(['permissions-changed'])
    const [line] = (await log()).filter(({ category }) => category?.category === 'medication')
    expect([line.kind, line.state, line.reason]).toEqual(['told', 'possibly-received', 'no-applicable-consent'])
    for (const [language, words] of [
      ['en', 'not certain that this arrived'],
      ['fi', 'ei ole varmaa, menikö tämä perille'],
      ['sv', 'inte säkert'],
    ] as const) {
      expect((await log(language)).map(({ text }) => text).join('\n')).toMatch(new RegExp(words, 'i'))
    }
  })

  it('of a level leaves the shallower one, told without what goes deeper', async () => {
    const done = await withdraw('hospital', scene.client.patient, { category: 'medication', keep: 'change' })
    expect(done.status).toBe(200)
    await sent()
    expect((await tell()).status).toBe(201)
    const [message] = await sent()
    expect(JSON.stringify(message)).not.toContain('tiredness')
    expect(message.category[0].coding[0].code).toBe('medication.change')
  })

  it('of everything ends the consent, and its provisions stay as they were signed', async () => {
    const before = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.consent}`)
    expect((await withdraw('hospital', scene.client.patient)).status).toBe(200)
    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.consent}`)
    expect([body.status, body.provision]).toEqual(['inactive', before.body.provision])
    expect((await tellBenefit()).status).toBe(403)
    expect((await log()).map(({ kind }) => kind)).toContain('consent-withdrawn')
    expect((await withdraw('hospital', scene.client.patient)).body).toEqual({ consents: [] })
  })

  it('is as good by word to the coach or in the portal: the consent says whose word it was and who heard it', async () => {
    for (const [party, category, heardBy] of [
      ['team', 'medication', 'team'],
      ['portal', 'benefit', undefined],
    ] as const) {
      const patient = party === 'team' ? await teamsPatient() : await knownTo(party)
      const done = await withdraw(party, patient, { category })
      expect(done.status, JSON.stringify(done.body)).toBe(200)
      expect(done.body.consents).toHaveLength(party === 'portal' ? 1 : 0)
      const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.consent}`)
      const parts = body.extension.findLast(({ url }: any) => url === CONSENT_WITHDRAWAL_EXTENSION).extension
      const part = (name: string) => parts.find(({ url }: any) => url === name)
      expect(part('said-by').valueReference.reference).toBe(scene.client.patient)
      expect(part('heard-by')?.valueReference.identifier.value).toBe(heardBy)
      expect(part('category').valueCoding.code).toBe(category)
    }
    expect([(await tell()).status, (await tellBenefit()).status]).toEqual([403, 403])
    // The hospital holds the paper, and hears of it without a word about what.
    expect((await inbox('hospital')).map(({ text }) => text)).toContain("Permissions changed; see the client's page.")
  })

  const teamsPatient = async (): Promise<string> => {
    const { body } = await scene.gateway.call('team', 'GET', '/api/inbox?limit=100')
    return body.items.at(-1).client
  }

  it('tells nobody whether there was anything to withdraw', async () => {
    const stranger = await knownTo('other-team')
    const first = await withdraw('other-team', stranger)
    const patient = await teamsPatient()
    const coach = await withdraw('team', patient, { category: 'medication' })
    const again = await withdraw('team', patient, { category: 'medication' })
    const nobody = await scene.gateway.call('team', 'POST', '/fhir/Patient', {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:test:mrn', value: `nobody-${scene.n}` }],
    })
    const none = await withdraw('team', `Patient/${nobody.body.id}`)
    for (const answer of [first, coach, again, none]) {
      expect([answer.status, answer.body]).toEqual([200, { consents: [] }])
    }
    // Whom the consent does not name has no part in it.
    expect((await tellBenefit()).status).toBe(201)
    for (const consent of [scene.client.consent, 'Consent/00000000-0000-4000-8000-000000000000']) {
      expect((await withdraw('team', patient, { consent })).status).toBe(404)
    }
    expect((await withdraw('team', scene.client.patient)).status).toBe(404)
  })

  it('is taken from nobody who does not work with the client or speak for her', async () => {
    const patient = await knownTo('office')
    expectRefused(await withdraw('office', patient), { status: 403, error: 'sender-not-entitled', at: 'client' })
    for (const body of [
      { category: 'gossip' },
      { keep: 'change' },
      { category: 'medication', keep: 'x' },
      { all: true },
    ]) {
      expect((await withdraw('hospital', scene.client.patient, body)).status).toBe(400)
    }
  })

  it('by a guardian goes as far as the order that was recorded', async () => {
    const guardian = { system: 'urn:test:guardians', value: `g${scene.n}` }
    const covers = {
      url: 'covers',
      valueCoding: { system: 'https://ips-gateway.example/fhir/CodeSystem/ips-information', code: 'medication' },
    }
    const performer = [{ identifier: guardian, extension: [{ url: GUARDIANSHIP_EXTENSION, extension: [covers] }] }]
    await recordConsent(
      scene.gateway,
      { ...scene.story, run: `${scene.story.run}-g` },
      scene.client.patient,
      ['medication.change'],
      {
        performer,
      },
    )
    for (const asked of [
      {},
      { category: 'benefit' },
      { category: 'medication', guardian: { ...guardian, value: 'x' } },
    ]) {
      expectRefused(await withdraw('hospital', scene.client.patient, { guardian, ...asked }), {
        status: 422,
        error: 'sender-guardian-not-entitled',
        at: 'guardian',
      })
    }
    expect((await tell()).status).toBe(201)
    const done = await withdraw('hospital', scene.client.patient, { guardian, category: 'medication' })
    expect(done.body.consents).toHaveLength(2)
    expect([(await tell()).status, (await tellBenefit()).status]).toEqual([403, 201])
  })

  it('by an update of the consent may take codes and levels away, and add none', async () => {
    const codes = (words: readonly string[]) => (resource: any) => {
      const [first] = resource.provision.provision
      resource.provision.provision = [{ ...first, code: words.map((word) => permitCode(word)) }]
    }
    const permitCode = (word: string) => (permit(scene.story, word) as any).code[0]
    const consent = await recordConsent(
      scene.gateway,
      { ...scene.story, run: `${scene.story.run}-u` },
      scene.client.patient,
      [],
      {
        provision: {
          type: 'deny',
          provision: [{ ...permit(scene.story, 'x'), code: ['medication.detail', 'benefit.amount'].map(permitCode) }],
        },
      },
    )
    for (const words of [['medication.detail', 'benefit.amount', 'identity'], ['identity']]) {
      expect((await change(scene.gateway, 'hospital', consent, codes(words))).status).toBe(422)
    }
    expect((await change(scene.gateway, 'hospital', consent, codes(['medication.effect']))).status).toBe(200)
    expect((await change(scene.gateway, 'hospital', consent, codes(['medication.detail']))).status).toBe(422)
  })
})
