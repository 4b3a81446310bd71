import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Json, medicationMessage, permit } from '../../demo/story-resources.ts'
import { tablesWith } from '../support/database.ts'
import { change, enrol, type Enrolled, hetu, recordConsent, testStory } from '../support/enrol.ts'
import { furtherResources, quetiapine } from '../support/further-resources.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('a statement of what medicine is taken', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('statement', hetu(1))
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story, ['identity', 'referral', 'medication.detail'])
    await gateway.drain()
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())

  let run = 0
  const statement = (differs: Json = {}, patient = client.patient): Json => {
    run += 1
    return { ...furtherResources({ ...story, run: `statement-${run}` }, patient)['MedicationStatement'], ...differs }
  }
  const medication = (differs: Json = {}): Json => ({ resourceType: 'Medication', code: quetiapine, ...differs })
  const byReference = (reference: string): Json => ({
    medicationCodeableConcept: undefined,
    medicationReference: { reference },
  })
  const post = (body: Json, to = `/fhir/${String(body['resourceType'])}`): Promise<Answer> =>
    gateway.call('hospital', 'POST', to, body, { prefer: 'return=OperationOutcome' })
  const news = async (): Promise<string[]> => {
    const before = gateway.received.length
    await gateway.drain()
    return gateway.received.slice(before).map(({ body }) => body.payload[0].contentString)
  }

  it('is told like a prescription: the day, the drug and the dose, at the level permitted', async () => {
    const answer = await post(statement())
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    expect(answer.body.issue[0].details.coding[0].code).toBe('gateway-queued')
    const [told, ...more] = await news()
    expect(more).toEqual([])
    expect(told).toContain('Ketiapiini 300 mg')
    expect(told).toContain('1 tabletti illalla')
    expect(gateway.received.at(-1)?.raw).not.toContain('MedicationStatement')
  })

  it('names the drug of a contained Medication, and of one posted before', async () => {
    const contained = { contained: [medication({ id: 'drug' })], ...byReference('#drug') }
    expect((await post(statement(contained))).status).toBe(201)
    expect(await news()).toEqual([expect.stringContaining('Ketiapiini 300 mg')])
    const posted = await gateway.call('hospital', 'POST', '/fhir/Medication', medication())
    expect((await post(statement(byReference(`Medication/${posted.body.id}`)))).status).toBe(201)
    expect(await news()).toEqual([expect.stringContaining('Ketiapiini 300 mg')])
  })

  it('is told once when a message of the same transaction explains it, also by a reference to a version', async () => {
    const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
    const create = (resource: Json, fullUrl?: string): Json => ({
      ...(fullUrl && { fullUrl }),
      resource,
      request: { method: 'POST', url: resource['resourceType'] },
    })
    const message = medicationMessage(story, client.patient, `about-${run}`, [{ reference: urn }])
    const entry = [create(statement(), urn), create(message)]
    const answer = await post({ resourceType: 'Bundle', type: 'transaction', entry }, '/fhir')
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    const [told, ...more] = await news()
    expect(more).toEqual([])
    expect(told).toMatch(/Ketiapiini 300 mg/)
    const place = answer.body.entry[0].response.location
    const later = medicationMessage(story, client.patient, `later-${run}`, [{ reference: place }])
    expect((await post(later)).status).toBe(201)
    expect(await news()).toEqual([expect.stringContaining('Ketiapiini 300 mg')])
  })

  it('says since when, or is not taken', async () => {
    const answer = await post(statement({ effectivePeriod: undefined }))
    expect([answer.status, answer.body.issue[0].details.coding[0].code]).toEqual([422, 'sender-update-field-missing'])
    const paused = await post(statement({ status: 'on-hold' }))
    expect(paused.body.issue[0].expression).toEqual(['MedicationStatement.dateAsserted'])
    expect(await news()).toEqual([])
  })

  it('is taken back when it was entered in error', async () => {
    const answer = await post(statement())
    const [, id] = /MedicationStatement\/([^/]+)/.exec(answer.headers.get('location') ?? '') ?? []
    await news()
    const wrong = await change(gateway, 'hospital', `MedicationStatement/${id}`, (one) => {
      one.status = 'entered-in-error'
    })
    expect(wrong.status).toBe(200)
    await gateway.drain()
    expect(gateway.received.at(-1)?.raw).toContain('retracts')
  })

  it('of a drug the client will not have named is refused, wherever the drug stands, and nothing of it is kept', async () => {
    const other = testStory('denies', hetu(2))
    const her = await enrol(gateway, other, ['identity', 'referral', 'medication.detail'])
    await gateway.drain()
    const no = {
      ...permit(other, 'medication'),
      type: 'deny',
      code: [{ coding: quetiapine['coding'] }],
    }
    const permits = { type: 'deny', provision: [permit(other, 'medication.detail'), no] }
    await recordConsent(gateway, { ...other, run: 'denies-2' }, her.patient, [], { provision: permits })
    await news()

    const lithium = { coding: [{ system: 'http://www.whocc.no/atc', code: 'N05AN01' }], text: 'kanarialitium' }
    const allowed = await post(statement({ medicationCodeableConcept: lithium }, her.patient))
    expect(allowed.status, JSON.stringify(allowed.body)).toBe(201)
    expect(await news()).toEqual([expect.stringContaining('kanarialitium')])

    const drug = async (body: Json): Promise<Json> => {
      const { body: made } = await gateway.call('hospital', 'POST', '/fhir/Medication', body)
      return byReference(`Medication/${made.id}`)
    }
    const named: readonly (readonly [string, Json])[] = [
      ['by its code', { medicationCodeableConcept: quetiapine }],
      ['contained', { contained: [medication({ id: 'd' })], ...byReference('#d') }],
      ['posted before', await drug(medication())],
      [
        'as an ingredient',
        await drug({ resourceType: 'Medication', code: lithium, ingredient: [{ itemCodeableConcept: quetiapine }] }),
      ],
      ['in words only', await drug({ resourceType: 'Medication', code: { text: 'kanariadoni' } })],
      [
        'in a Medication of another system',
        { medicationCodeableConcept: undefined, medicationReference: { display: 'kanariadoni' } },
      ],
    ]
    for (const [how, differs] of named) {
      const dosage = [{ text: 'kanarianannos' }]
      const answer = await post(statement({ ...differs, dosage }, her.patient))
      expect([how, answer.status, answer.body.issue[0].details.coding[0].code]).toEqual([
        how,
        403,
        'sender-no-permission',
      ])
      const about = await post(
        {
          resourceType: 'Bundle',
          type: 'transaction',
          entry: [
            {
              fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000002',
              resource: statement({ ...differs, dosage }, her.patient),
              request: { method: 'POST', url: 'MedicationStatement' },
            },
            {
              resource: medicationMessage(other, her.patient, `denied-${how}`, [
                { reference: 'urn:uuid:00000000-0000-4000-8000-000000000002' },
              ]),
              request: { method: 'POST', url: 'Communication' },
            },
          ],
        },
        '/fhir',
      )
      expect([how, about.status]).toEqual([how, 403])
      const order = {
        ...statement(differs, her.patient),
        resourceType: 'MedicationRequest',
        intent: 'order',
        effectivePeriod: undefined,
        dosage: undefined,
        dosageInstruction: dosage,
      }
      expect([how, (await post(order)).status]).toEqual([how, 403])
    }
    expect(await tablesWith(gateway.opened, 'kanarianannos')).toEqual([])
    expect(await news()).toEqual([])
  })
})
