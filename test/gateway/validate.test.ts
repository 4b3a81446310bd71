import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { medicationMessage, patient } from '../../demo/story-resources.ts'
import { profileUrl } from '../../src/domain/codes.ts'
import { countRows } from '../support/database.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const errorsOf = ({ body }: Answer): readonly string[] =>
  body.issue
    .filter(({ severity }: any) => severity === 'error')
    .map((one: any) => one.details?.coding?.[0]?.code ?? one.code)

describeEachEngine('$validate', (engine) => {
  let gateway: TestGateway
  let aino: Enrolled
  const story = testStory('validate', hetu(1))
  const ask = (path: string, body: unknown, party = 'hospital', headers = {}) =>
    gateway.call(party, 'POST', `/fhir/${path}`, body, headers)
  const parameters = (resource: unknown, ...more: readonly unknown[]) => ({
    resourceType: 'Parameters',
    parameter: [{ name: 'resource', resource }, ...more],
  })
  const current = async (reference: string, party = 'hospital') =>
    (await gateway.call(party, 'GET', `/fhir/${reference}`)).body

  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    aino = await enrol(gateway, story)
    await gateway.drain()
  })
  afterAll(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  it('answers 200 with an OperationOutcome that has nothing to complain of', async () => {
    const message = medicationMessage(story, aino.patient, 'new')
    for (const body of [message, parameters(message), parameters(message, { name: 'mode', valueCode: 'create' })]) {
      const answer = await ask('Communication/$validate', body)
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
      expect(answer.body).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ severity: 'information' }] })
    }
  })

  it('finds what a real post would be refused for, at the same elements, with 200', async () => {
    const bad: readonly (readonly [string, Record<string, unknown>])[] = [
      ['Communication', { ...medicationMessage(story, aino.patient, 'x'), status: 'nonsense' }],
      ['Communication', medicationMessage(story, 'Patient/99999999-9999-4999-8999-999999999999', 'x')],
      ['Communication', { ...medicationMessage(story, aino.patient, 'x'), meta: { profile: [profileUrl('no-such')] } }],
      ['Patient', patient(story)],
      ['Patient', { ...patient(story), identifier: [{ system: 'urn:oid:1.2.246.21', value: '010180-900X' }] }],
      ['Task', { ...(await current(aino.task)), id: undefined, identifier: undefined, status: 'accepted' }],
      ['Consent', { ...(await current(aino.consent)), id: undefined, identifier: undefined, patient: undefined }],
      ['Patient', { resourceType: 'Task' }],
    ]
    for (const [type, body] of bad) {
      const real = await ask(type, body)
      expect(real.status, type).toBeGreaterThanOrEqual(400)
      const judged = await ask(`${type}/$validate`, body)
      expect(judged.status).toBe(200)
      expect(judged.body.issue).toEqual(real.body.issue)
    }
  })

  it('judges an update of the instance, by the version that is sent back', async () => {
    const stored = await current(aino.patient)
    expect(errorsOf(await ask(`${aino.patient}/$validate`, stored))).toEqual([])
    expect(errorsOf(await ask('Patient/$validate', parameters(stored, { name: 'mode', valueCode: 'update' })))).toEqual(
      [],
    )
    const old = await ask(`${aino.patient}/$validate`, stored, 'hospital', { 'if-match': 'W/"7"' })
    expect(errorsOf(old)).toEqual(['sender-version-conflict'])
    expect(errorsOf(await ask('Patient/$validate?mode=create', stored))).toEqual(['sender-duplicate'])
    const task = await current(aino.task, 'team')
    expect(errorsOf(await ask(`${aino.task}/$validate`, { ...task, status: 'accepted' }, 'team'))).toEqual([])
    expect(errorsOf(await ask(`${aino.task}/$validate`, { ...task, status: 'draft' }, 'team'))).toEqual([
      'sender-task-status-not-allowed',
    ])
    expect((await current(aino.task, 'team')).status).toBe('requested')
  })

  it('holds the resource to the profile that is named, whether it claims it or not', async () => {
    const task = { ...(await current(aino.task)), owner: undefined }
    const named = { name: 'profile', valueUri: profileUrl('referral-task') }
    const profileOnly = { name: 'mode', valueCode: 'profile' }
    const { body } = await ask('Task/$validate', parameters(task, named, profileOnly))
    expect(body.issue).toMatchObject([{ severity: 'error', expression: ['Task.owner'] }])
    expect(errorsOf(await ask('Task/$validate', parameters(task, profileOnly)))).toEqual([])
    for (const url of [profileUrl('referral'), profileUrl('none'), 'http://hl7.org/fhir/StructureDefinition/Task']) {
      const asked = await ask('Task/$validate', parameters(task, { name: 'profile', valueUri: url }, profileOnly))
      expect(asked.status).toBe(200)
      expect(errorsOf(asked)).toEqual(['sender-profile-unknown'])
    }
  })

  it('keeps nothing, not even an audit event, and sends nothing', async () => {
    const before = await countRows(gateway.opened)
    const second = testStory('validate-2', hetu(2))
    await ask('Patient/$validate', patient(second))
    await ask('Communication/$validate', medicationMessage(story, aino.patient, 'nothing-kept'))
    // Nobody is permitted to be told of this: a real post is refused and audited.
    await ask('Communication/$validate', {
      ...medicationMessage(story, aino.patient, 'refused'),
      category: [
        { coding: [{ system: 'https://ips-gateway.example/fhir/CodeSystem/ips-information', code: 'diagnosis' }] },
      ],
    })
    const consent = await current(aino.consent)
    await ask(`${aino.consent}/$validate`, { ...consent, status: 'inactive' })
    await ask(`${aino.task}/$validate`, { ...(await current(aino.task, 'team')), status: 'accepted' }, 'team')
    const after = await countRows(gateway.opened)
    // Reading the Task as the team was audited, once.
    expect({ ...after, audit_event: 0 }).toEqual({ ...before, audit_event: 0 })
    expect(Number(after['audit_event']) - Number(before['audit_event'])).toBe(1)
    expect(await gateway.drain()).toBe(0)
  })

  describe('is no way to ask about people', () => {
    it('says of a client’s permissions nothing', async () => {
      const permitted = testStory('validate-permitted', hetu(3))
      const bare = testStory('validate-bare', hetu(4))
      const with_ = await enrol(gateway, permitted)
      const without = await enrol(gateway, bare, ['referral'])
      const outcomes = await Promise.all(
        [with_, without].map(async ({ patient: reference }, at) => {
          const message = medicationMessage([permitted, bare][at] ?? story, reference, 'probe')
          return (await ask('Communication/$validate', message)).body
        }),
      )
      expect(outcomes[0]).toEqual(outcomes[1])
    })

    it('says of another party’s resources what it says of those that do not exist', async () => {
      const missing = '99999999-9999-4999-8999-999999999999'
      const plain = (answer: Answer) => ({ status: answer.status, issue: answer.body.issue })
      for (const reference of [aino.patient, aino.consent, aino.task, aino.careTeam]) {
        const [type = ''] = reference.split('/')
        const theirs = await current(reference)
        const put = (id: string) => ask(`${type}/${id}/$validate`, { ...theirs, id }, 'other-hospital')
        expect(plain(await put(reference.split('/')[1] ?? '')), type).toEqual(plain(await put(missing)))
      }
      const known = { ...patient(story), identifier: [{ system: 'urn:oid:1.2.246.21', value: story.hetu }] }
      const nobody = { ...patient(story), identifier: [{ system: 'urn:oid:1.2.246.21', value: hetu(50) }] }
      const [first, second] = [
        await ask('Patient/$validate', known, 'other-hospital'),
        await ask('Patient/$validate', nobody, 'other-hospital'),
      ]
      expect(plain(first)).toEqual(plain(second))
    })
  })

  it('refuses what is no question', async () => {
    expect((await ask('Patient/$validate', { resourceType: 'Parameters', parameter: [] })).status).toBe(400)
    expect((await ask('Patient/$validate?mode=delete', patient(story))).status).toBe(400)
    expect((await ask('Patient/$validate', '{')).status).toBe(400)
    expect((await ask('Account/$validate', {})).status).toBe(404)
    const get = await gateway.call('hospital', 'GET', '/fhir/Patient/$validate')
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
  })
})
