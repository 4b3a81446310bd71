import { beforeEach, expect, it } from 'vitest'
import { FINNISH_LABEL_SYSTEM, HETU_SYSTEM, NON_DISCLOSURE_CODE } from '../../src/domain/codes.ts'
import { change } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import type { Answer } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const label = { system: FINNISH_LABEL_SYSTEM, code: NON_DISCLOSURE_CODE }

describeEachEngine('safety non-disclosure', (engine) => {
  const scene = enrolledEach(engine, 'protected')
  beforeEach(async () => {
    await scene.gateway.drain()
    await change(scene.gateway, 'hospital', scene.client.patient, (one) => (one.meta.security = [label]))
  })

  const parameters = (security: unknown) => ({
    resourceType: 'Parameters',
    parameter: [{ name: 'meta', valueMeta: { security } }],
  })
  const lift = (party: string, patient: string, security: unknown = [label]): Promise<Answer> =>
    scene.gateway.call(party, 'POST', `/fhir/${patient}/$meta-delete`, parameters(security))
  const isProtected = async (): Promise<unknown> => {
    const id = scene.client.patient.split('/')[1]
    const [row] = await scene.gateway.opened.rows(
      'select non_disclosure from client join patient_link on client.id = client_id where patient_id = $1',
      [id],
    )
    return row?.['non_disclosure']
  }
  const knownTo = async (party: string, security: readonly unknown[] | null = [label]): Promise<string> => {
    const identifier = [{ system: HETU_SYSTEM, value: scene.story.hetu }]
    const { body } = await scene.gateway.call(party, 'POST', '/fhir/Patient', {
      resourceType: 'Patient',
      identifier,
      ...(security && { meta: { security } }),
    })
    return `Patient/${body.id}`
  }

  it('stays on the record when an update leaves it out, and goes when it is taken off', async () => {
    await change(scene.gateway, 'hospital', scene.client.patient, (one) => delete one.meta.security)
    const kept = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.patient}`)
    expect(kept.body.meta.security).toContainEqual(label)
    const lifted = await lift('hospital', scene.client.patient)
    expect([lifted.status, lifted.body.parameter[0].name]).toEqual([200, 'return'])
    expect(JSON.stringify(lifted.body)).not.toContain(NON_DISCLOSURE_CODE)
    expect(await isProtected()).toBe(false)
    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.patient}`)
    expect(body.meta).toEqual(lifted.body.parameter[0].valueMeta)
    expect(body.meta.versionId).toBe('4')
  })

  it('protects her for as long as anybody says so, and nobody learns who does', async () => {
    const other = await knownTo('other-hospital')
    const alone = await lift('hospital', scene.client.patient)
    expect(alone.status).toBe(200)
    expect(await isProtected()).toBe(true)
    expect((await lift('other-hospital', other)).status).toBe(200)
    expect(await isProtected()).toBe(false)
  })

  it('is unsaid by who said it, and by nobody else', async () => {
    const silent = await knownTo('office', null)
    const patient = await knownTo('team')
    expect([(await lift('hospital', scene.client.patient)).status, (await lift('office', silent)).status]).toEqual([
      200, 200,
    ])
    expect((await lift('other-hospital', scene.client.patient)).status).toBe(404)
    expect(await isProtected()).toBe(true)
    expect((await lift('team', patient)).status).toBe(200)
    expect(await isProtected()).toBe(false)
  })

  it('is the only label that is taken off', async () => {
    for (const security of [[], [{ ...label, code: 'X' }], [label, label], 'x']) {
      expect((await lift('hospital', scene.client.patient, security)).status).toBe(400)
    }
    expect((await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.patient}/$meta-delete`)).status).toBe(405)
    expect(await isProtected()).toBe(true)
  })
})
