import { beforeAll, describe, expect, it } from 'vitest'
import {
  careNegotiation,
  type Json,
  medicationMessage,
  patient,
  rehabilitationSupport,
} from '../../demo/story-resources.ts'
import { aino, gateway, post, story, withAino } from '../support/aino.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { type Answer } from '../support/gateway.ts'
import { expectRefused } from '../support/refusal.ts'

withAino()

describe('changes', () => {
  it('a change without the version, with an old one, or of something that is not there', async () => {
    const { body } = await gateway.call('hospital', 'GET', `/fhir/${aino.patient}`)
    const put = (headers: Record<string, string>) =>
      gateway.call('hospital', 'PUT', `/fhir/${aino.patient}`, body, headers)
    for (const headers of [{}, { 'if-match': 'W/"7"' }, { 'if-match': '**' }, { 'if-match': 'Aino' }]) {
      expectRefused(await put(headers), {
        status: 412,
        error: 'sender-version-conflict',
        at: 'Patient',
      })
    }
    const missing = '99999999-9999-4999-8999-999999999999'
    const nowhere = await gateway.call('hospital', 'PUT', `/fhir/Patient/${missing}`, {
      ...body,
      id: missing,
      identifier: [{ system: 'urn:x', value: 'y' }],
    })
    expectRefused(nowhere, { status: 404, error: 'sender-unknown-resource', at: 'Patient' })
    const other = await gateway.call('hospital', 'PUT', `/fhir/Patient/${missing}`, body)
    expectRefused(other, { status: 422, error: 'sender-invalid-request', at: 'Patient.id' })
  })

  it('a change that takes an identifier of another resource, and two changes of one resource in one Bundle', async () => {
    const make = (value: string): Json => ({ resourceType: 'Organization', identifier: [{ system: 'urn:o', value }] })
    await post('/fhir/Organization', make('one'))
    const two = await post('/fhir/Organization', make('two'))
    const id = two.body.id
    const taken = await gateway.call(
      'hospital',
      'PUT',
      `/fhir/Organization/${id}`,
      { ...make('one'), id },
      { 'if-match': 'W/"1"' },
    )
    expectRefused(taken, { status: 409, error: 'sender-duplicate', at: 'Organization.identifier' })
    const change = (name: string): Json => ({
      resource: { resourceType: 'Organization', id, name },
      request: { method: 'PUT', url: `Organization/${id}`, ifMatch: 'W/"1"' },
    })
    const twice = await post('/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [change('a'), change('b')],
    })
    expectRefused(twice, { status: 422, error: 'sender-duplicate', at: 'Bundle.entry[1].resource' })
  })

  it('two entries of a Bundle under one address', async () => {
    const entry = (value: string): Json => ({
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
      resource: { ...patient(story), identifier: [{ system: 'urn:p', value }] },
      request: { method: 'POST', url: 'Patient' },
    })
    const answer = await post('/fhir', { resourceType: 'Bundle', type: 'transaction', entry: [entry('a'), entry('b')] })
    expectRefused(answer, { status: 422, error: 'sender-duplicate', at: 'Bundle.entry[1].fullUrl' })
  })

  it('a change that moves news from one client to another', async () => {
    const bella = await enrol(gateway, testStory('bella', hetu(2)))
    const events: Json[] = [
      medicationMessage(story, aino.patient, 'moved'),
      rehabilitationSupport({ ...story, run: 'moved' }, aino.patient, '2026-06-30'),
      careNegotiation({ ...story, run: 'moved' }, aino.patient, '2026-03-18T13:00:00+02:00', { display: 'x' }),
    ]
    for (const event of events) {
      const type = String(event['resourceType'])
      const made = await post(`/fhir/${type}`, event)
      expect(made.status).toBe(201)
      const moved = JSON.parse(JSON.stringify(made.body).replaceAll(aino.patient, bella.patient))
      const put = await gateway.call('hospital', 'PUT', `/fhir/${type}/${made.body.id}`, moved, { 'if-match': 'W/"1"' })
      expect(put.status, JSON.stringify(put.body)).toBe(422)
      expect(put.body.issue[0].details.coding[0].code).toBe('sender-client-changed')
    }
  })

  it('moves of a referral that a sender may not make', async () => {
    const { body: task } = await gateway.call('hospital', 'GET', `/fhir/${aino.task}`)
    for (const status of ['accepted', 'received', 'completed', 'in-progress', 'ready', 'draft']) {
      const put = await gateway.call(
        'hospital',
        'PUT',
        `/fhir/${aino.task}`,
        { ...task, status },
        { 'if-match': 'W/"1"' },
      )
      expect(put.status, status).toBe(422)
      expect(put.body.issue[0].expression).toEqual(['Task.status'])
      const { id: _id, identifier: _identifier, focus: _focus, ...rest } = task
      const fresh = await post('/fhir/Task', { ...rest, status })
      expect(fresh.status, `a new Task that is ${status}`).toBe(status === 'draft' ? 201 : 422)
    }
    const silent = await gateway.call(
      'hospital',
      'PUT',
      `/fhir/${aino.task}`,
      { ...task, status: 'cancelled' },
      { 'if-match': 'W/"1"' },
    )
    expectRefused(silent, { status: 422, error: 'sender-reason-missing', at: 'Task.statusReason.text' })
  })
})

describe('a new version of a consent', () => {
  let consent: any
  let put: (change: (one: any) => void) => Promise<Answer>
  beforeAll(async () => {
    const carla = await enrol(gateway, testStory('carla', hetu(50)), ['identity', 'referral', 'medication.change'])
    consent = (await gateway.call('hospital', 'GET', `/fhir/${carla.consent}`)).body
    put = (change) => {
      const next = JSON.parse(JSON.stringify(consent))
      change(next)
      return gateway.call('hospital', 'PUT', `/fhir/${carla.consent}`, next, {
        'if-match': `W/"${consent.meta.versionId}"`,
      })
    }
  })

  it.each<[string, (one: any) => void]>([
    [
      'another category',
      (one) =>
        one.provision.provision.push({
          ...one.provision.provision[2],
          code: [{ coding: [{ system: one.provision.provision[0].code[0].coding[0].system, code: 'benefit.period' }] }],
        }),
    ],
    ['a deeper level', (one) => (one.provision.provision[2].code[0].coding[0].code = 'medication.detail')],
    [
      'another recipient',
      (one) =>
        (one.provision.provision[2].actor[0].reference = {
          identifier: { system: 'urn:test:parties', value: 'other-team' },
        }),
    ],
    ['no custodian', (one) => one.provision.provision[2].actor.pop()],
    [
      'another purpose',
      (one) =>
        one.provision.provision[2].purpose.push({
          system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
          code: 'TREAT',
        }),
    ],
    ['a permit for everything', (one) => (one.provision.type = 'permit')],
    ['another scope', (one) => (one.scope = { coding: [{ code: 'research' }, ...one.scope.coding] })],
    ['another policy', (one) => one.policy.push({ uri: 'urn:another' })],
    ['another category of consent', (one) => one.category.push({ coding: [{ code: '59284-0' }] })],
  ])('cannot permit more under the old signature: %s', async (_what, change) => {
    const answer = await put(change)
    expectRefused(answer, { status: 422, error: 'sender-consent-widened', at: 'Consent.provision' })
  })

  it('cannot be made active again once withdrawn', async () => {
    const withdrawn = await put((one) => (one.status = 'inactive'))
    expect(withdrawn.status).toBe(200)
    consent = withdrawn.body
    expectRefused(await put((one) => (one.status = 'active')), {
      status: 422,
      error: 'sender-consent-widened',
      at: 'Consent.provision',
    })
  })
})
