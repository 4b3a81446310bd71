import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { medicationMessage, referralBundle, type Story } from '../../demo/story-resources.ts'
import { hetu } from '../support/enrol.ts'
import { runGateway, type RunningGateway } from '../support/running-gateway.ts'
import { fhirKitClient, medplumClient, type OtherClient, type Refusal, smartJsClient } from './other-clients.ts'

const missing = '99999999-9999-4999-8999-999999999999'
const storyOf = (run: string, n: number): Story => ({
  hetu: hetu(n),
  run,
  hospital: { system: 'urn:oid:1.2.246.537.6.202', value: 'demo-psykiatria-1' },
  team: { system: 'urn:oid:1.2.246.10', value: 'demo-ips-tampere' },
  today: new Date().toISOString().slice(0, 10),
})

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await runGateway()
}, 120_000)
afterAll(() => gateway.stop())

/** The clients that other people's systems are built with, unchanged, against the gateway as it runs. */
describe.each([
  ['MedplumClient', medplumClient],
  ['fhir-kit-client', fhirKitClient],
  ['fhirclient', smartJsClient],
] as const)('%s', (name, connect) => {
  let client: OtherClient
  let patient: string
  const number = name.length + 60
  const story = storyOf(name, number)
  const refused = async (asked: Promise<unknown>): Promise<Refusal> => {
    const error = await asked.then(
      () => expect.unreachable('it was not refused'),
      (thrown: unknown) => thrown,
    )
    const refusal = client.refusal(error)
    expect(refusal.outcome.resourceType, String(error)).toBe('OperationOutcome')
    return refusal
  }
  const expectRefusal = async (asked: Promise<unknown>, status: number, error: string): Promise<void> => {
    const refusal = await refused(asked)
    expect(refusal.status ?? status).toBe(status)
    expect(refusal.outcome.issue[0].details.coding[0].code).toBe(error)
  }

  beforeAll(async () => {
    client = await connect(gateway, 'demo-hospital-ehr')
  })

  it('learns what the gateway can do', async () => {
    const statement = await client.capabilities()
    expect(statement).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' })
  })

  it('sends a referral as a transaction', async () => {
    const answer = await client.bundle(referralBundle(story))
    expect(answer).toMatchObject({ resourceType: 'Bundle', type: 'transaction-response' })
    expect(answer.entry.map(({ response }: any) => response.status)).toEqual(
      answer.entry.map((_: unknown, index: number) => expect.stringMatching(index === 1 ? /^20[01] / : /^201 /)),
    )
    patient = answer.entry[0].response.location.split('/')[1]
  })

  it('reads a resource, its version and its history', async () => {
    const read = await client.read('Patient', patient)
    expect(read).toMatchObject({ resourceType: 'Patient', id: patient, meta: { versionId: '1' } })
    expect(await client.version('Patient', patient, '1')).toEqual(read)
    const history = await client.history('Patient', patient)
    expect(history.entry.map(({ resource }: any) => resource)).toEqual([read])
  })

  it('creates a resource once, however often it sends it', async () => {
    const message = medicationMessage(story, `Patient/${patient}`, 'other')
    const query = `identifier=urn:demo:hospital:messages|other-${name}`
    const first = await client.createIfNoneExist(message, query)
    expect(first).toMatchObject({ resourceType: 'Communication', id: expect.any(String) })
    expect(await client.createIfNoneExist(message, query)).toEqual(first)
    await expectRefusal(client.create(message), 409, 'sender-duplicate')
  })

  it('finds what it has sent, page by page', async () => {
    await client.create(medicationMessage(story, `Patient/${patient}`, 'second'))
    const [{ value }] = (await client.read('Patient', patient)).identifier
    const people = await client.search('Patient', { identifier: `urn:oid:1.2.246.21|${value}` })
    expect(people).toMatchObject({ resourceType: 'Bundle', type: 'searchset' })
    expect(people.entry.map(({ resource }: any) => resource.id)).toEqual([patient])
    const first = await client.search('Communication', { patient: `Patient/${patient}`, _count: '1' })
    const all = [first, ...(await client.pages(first))].flatMap(({ entry = [] }) => entry)
    expect(all.length).toBe(2)
    expect(new Set(all.map(({ resource }: any) => resource.identifier[0].value))).toEqual(
      new Set([`other-${name}`, `second-${name}`]),
    )
    await expectRefusal(client.search('Patient', { birthdate: '1980-01-01' }), 400, 'sender-query-invalid')
  })

  it('updates the version it has read, and is told when that is no longer the current one', async () => {
    const read = await client.read('Patient', patient)
    const changed = { ...read, telecom: [{ system: 'phone', value: `+358 40 555 0${number}` }] }
    const updated = await client.update(changed, { 'If-Match': `W/"${read.meta.versionId}"` })
    expect(updated).toMatchObject({ id: patient, meta: { versionId: '2' }, telecom: changed.telecom })
    await expectRefusal(client.update(changed, { 'If-Match': 'W/"1"' }), 412, 'sender-version-conflict')
    expect(await client.read('Patient', patient)).toEqual(updated)
  })

  it('is told in FHIR what it may not do', async () => {
    await expectRefusal(client.read('Patient', missing), 404, 'sender-unknown-resource')
    await expectRefusal(client.create({ resourceType: 'Patient', birthDate: 'x' }), 400, 'sender-invalid-resource')
    await expectRefusal(client.remove('Patient', patient), 405, 'sender-method-not-allowed')
    await expectRefusal(client.patch('Patient', patient), 405, 'sender-method-not-allowed')
    await expectRefusal(client.read('Account', missing), 404, 'sender-type-not-supported')
  })

  it('learns nothing as another party', async () => {
    const team = await connect(gateway, 'demo-ips-team')
    expect(await refused(team.read('Patient', patient))).toMatchObject({
      outcome: { issue: [{ code: 'not-found' }] },
    })
  })
})
