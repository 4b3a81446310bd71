import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writableTypes } from '../../src/exchange/submission.ts'
import { countRows } from '../support/database.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'

let gateway: TestGateway
const story = testStory('bad', hetu(1))

beforeAll(async () => {
  gateway = await startTestGateway('pglite')
  await enrol(gateway, story)
})
afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
afterAll(() => gateway.close())

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  gateway.call('hospital', 'POST', path, body, headers)

describe('messages that others wrote', () => {
  const root = join(import.meta.dirname, '../examples')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(json|hl7)$/.test(name))

  it('are all looked at', () => expect(files.length).toBe(11))

  it.each(files.toSorted())('%s is answered exactly, and leaves nothing half-stored', async (file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const type = /"resourceType"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? 'Communication'
    const before = await countRows(gateway.opened)
    const single = writableTypes.some((one) => one === type)
    const answer = await post(single ? `/fhir/${type}` : '/fhir', text)
    const accepted = expectedOf[file.split('/').at(-1) ?? '']
    const [issue] = answer.body.issue ?? []
    expect([answer.status, issue?.details.coding[0].code, issue?.expression?.[0]]).toEqual(accepted)
    if (answer.status !== 201) expect(await countRows(gateway.opened)).toEqual(before)
  })
})

const field = 'MedicationRequest.extension[11].extension[1].value'

/** Status, code of the first issue and where it points; see the README beside the files for what is wrong with them. */
const expectedOf: Readonly<Record<string, readonly [number, string | undefined, string | undefined]>> = {
  'medicationesim1.json': [201, undefined, undefined],
  'medicationesim2.json': [201, undefined, undefined],
  'medicationrequestesim1.json': [400, 'sender-invalid-resource', field],
  'medicationrequestesim2.json': [400, 'sender-invalid-resource', field],
  'medicationrequestesim3.json': [400, 'sender-invalid-resource', field],
  'medicationrequestesim4.json': [400, 'sender-invalid-resource', field],
  'patientesim1.json': [422, 'sender-identity-code-invalid', 'Patient.identifier[0].value'],
  'practitionerRoleesim1.json': [422, 'sender-unknown-reference', 'PractitionerRole.organization.reference'],
  'practitioneresim1.json': [201, undefined, undefined],
  'mdm-t02.hl7': [400, 'sender-json-not-json', undefined],
  'servicerequest-request.message.json': [400, 'sender-invalid-resource', 'Bundle.entry[2].resource'],
}
