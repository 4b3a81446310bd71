import { beforeEach, expect, it } from 'vitest'
import { type Json, medicationMessage } from '../../demo/story-resources.ts'
import { FINNISH_LABEL_SYSTEM, HETU_SYSTEM, NON_DISCLOSURE_CODE } from '../../src/domain/codes.ts'
import { change, enrol, hetu } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import type { Answer } from '../support/gateway.ts'
import { expectRefused } from '../support/refusal.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('a changed patient record', (engine) => {
  const scene = enrolledEach(engine, 'patient')
  beforeEach(async () => {
    await drained()
  })

  const drained = async (): Promise<unknown[]> => {
    const before = scene.gateway.received.length
    await scene.gateway.drain()
    return scene.gateway.received.slice(before).map(({ body }) => body.category[0].coding[0].code)
  }
  let told = 0
  const tell = (patient = scene.client.patient): Promise<Answer> => {
    const message = medicationMessage(scene.story, patient, `told-${(told += 1)}`)
    return scene.gateway.call('hospital', 'POST', '/fhir/Communication', message)
  }
  const post = (party: string, resource: Json): Promise<Answer> =>
    scene.gateway.call(
      party,
      'POST',
      '/fhir/Patient',
      { resourceType: 'Patient', ...resource },
      { prefer: 'return=OperationOutcome' },
    )
  const code = { system: HETU_SYSTEM, value: '' }
  const own = (value: string) => ({ system: 'urn:test:mrn', value: `${value}-${scene.n}` })
  const placeOf = ({ headers }: Answer): string =>
    /\/fhir\/([^/]+\/[^/]+)/.exec(headers.get('location') ?? '')?.[1] ?? ''
  const clientBehind = async (patient: string): Promise<unknown> =>
    (
      await scene.gateway.opened.rows('select client_id from patient_link where patient_id = $1', [
        patient.split('/')[1],
      ])
    )[0]?.['client_id']

  it('with another phone number tells nobody of changed permissions', async () => {
    const done = await change(
      scene.gateway,
      'hospital',
      scene.client.patient,
      (one) => (one.telecom[0].value = '+358 40 555 0199'),
    )
    expect(done.status).toBe(200)
    expect(await drained()).toEqual([])
  })

  it('with a death tells the team, once, that permissions have changed', async () => {
    await change(scene.gateway, 'hospital', scene.client.patient, (one) => (one.deceasedBoolean = true))
    expect(await drained()).toEqual(['permissions-changed'])
    expect((await change(scene.gateway, 'hospital', scene.client.patient, (one) => delete one.telecom)).status).toBe(
      200,
    )
    expect(await drained()).toEqual([])
  })

  it.each(['team', 'office', 'portal'])('of %s stops nothing by saying that the client has died', async (party) => {
    const posted = await post(party, { identifier: [{ ...code, value: scene.story.hetu }], deceasedBoolean: true })
    expect(posted.status).toBe(201)
    expect(posted.body.issue[0].details.coding[0].code).toBe('gateway-death-not-heeded')
    const stored = await scene.gateway.call(party, 'GET', `/fhir/${placeOf(posted)}`)
    expect(stored.body.deceasedBoolean).toBe(true)
    expect((await tell()).status).toBe(201)
    const dated = await change(scene.gateway, party, placeOf(posted), (one) => {
      delete one.deceasedBoolean
      one.deceasedDateTime = '2026-03-01'
    })
    expect(dated.status).toBe(200)
    expect((await tell()).status).toBe(201)
  })

  it('of a party that knew the client first stops nothing either', async () => {
    const early = { ...scene.story, hetu: hetu(50 + scene.n), run: `${scene.story.run}-early` }
    const posted = await post('team', { identifier: [{ ...code, value: early.hetu }], deceasedBoolean: true })
    expect(posted.status).toBe(201)
    const enrolled = await enrol(scene.gateway, early)
    expect((await tell(enrolled.patient)).status).toBe(201)
  })

  it('takes a death back that the care side recorded in error, unless another hospital says it too', async () => {
    await change(scene.gateway, 'hospital', scene.client.patient, (one) => (one.deceasedBoolean = true))
    expect((await tell()).status).toBe(403)
    const other = await post('other-hospital', {
      identifier: [{ ...code, value: scene.story.hetu }],
      deceasedBoolean: true,
    })
    await change(scene.gateway, 'hospital', scene.client.patient, (one) => (one.deceasedBoolean = false))
    expect((await tell()).status).toBe(403)
    await change(scene.gateway, 'other-hospital', placeOf(other), (one) => delete one.deceasedBoolean)
    expect((await tell()).status).toBe(201)
  })

  it('never takes safety non-disclosure away, whoever set it and whoever leaves the label out', async () => {
    const label = { system: FINNISH_LABEL_SYSTEM, code: NON_DISCLOSURE_CODE }
    const posted = await post('team', {
      identifier: [{ ...code, value: scene.story.hetu }],
      meta: { security: [label] },
    })
    expect(posted.status).toBe(201)
    for (const [party, place] of [
      ['team', placeOf(posted)],
      ['hospital', scene.client.patient],
    ] as const) {
      expect((await change(scene.gateway, party, place, (one) => delete one.meta.security)).status).toBe(200)
    }
    const [row] = await scene.gateway.opened.rows('select non_disclosure from client where id = $1', [
      await clientBehind(scene.client.patient),
    ])
    expect(row?.['non_disclosure']).toBe(true)
  })

  it('cannot become another person: a changed or removed identity code is refused at its place', async () => {
    const edits: readonly (readonly [(identifier: any[]) => void, string])[] = [
      [(identifier) => (identifier[0].value = hetu(50 + scene.n)), 'Patient.identifier[0].value'],
      [(identifier) => identifier.push({ ...code, value: hetu(50 + scene.n) }), 'Patient.identifier[1].value'],
      [(identifier) => identifier.splice(0, 1, own('x')), 'Patient.identifier'],
    ]
    for (const [edit, at] of edits) {
      const answer = await change(scene.gateway, 'hospital', scene.client.patient, (one) => edit(one.identifier))
      expectRefused(answer, { status: 422, error: 'sender-identity-changed', at })
    }
    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.patient}`)
    expect([body.meta.versionId, body.identifier[0].value]).toEqual(['1', scene.story.hetu])
  })

  it('may get its first identity code, and then is the person everybody else knows', async () => {
    const first = await post('hospital', { identifier: [own('a')] })
    const added = await change(scene.gateway, 'hospital', placeOf(first), (one) => {
      one.identifier.push({ ...code, value: hetu(50 + scene.n) })
    })
    expect(added.status, JSON.stringify(added.body)).toBe(200)
    const other = await post('other-hospital', { identifier: [{ ...code, value: hetu(50 + scene.n) }] })
    expect(await clientBehind(placeOf(other))).toBe(await clientBehind(placeOf(first)))
  })

  it('that gets the code of somebody whom others know is kept apart, and the caller is told nothing', async () => {
    const first = await post('other-hospital', { identifier: [own('b')] })
    const apart = await clientBehind(placeOf(first))
    const added = await change(scene.gateway, 'other-hospital', placeOf(first), (one) => {
      one.identifier.push({ ...code, value: scene.story.hetu })
    })
    expect(added.status).toBe(200)
    expect(await clientBehind(placeOf(first))).toBe(apart)
    expect(apart).not.toBe(await clientBehind(scene.client.patient))
    const cases = await scene.gateway.opened.rows('select reason from quarantine where patient_id = $1', [
      placeOf(first).split('/')[1],
    ])
    expect(cases).toEqual([{ reason: 'identifiers-of-two-clients' }])
  })

  it('gives a local number free, so that a record under the wrong code can be replaced', async () => {
    const wrong = await post('hospital', { identifier: [{ ...code, value: hetu(50 + scene.n) }, own('c')] })
    await change(scene.gateway, 'hospital', placeOf(wrong), (one) => one.identifier.pop())
    const right = await post('hospital', { identifier: [own('c')] })
    expect(right.status, JSON.stringify(right.body)).toBe(201)
    expect(await clientBehind(placeOf(right))).not.toBe(await clientBehind(placeOf(wrong)))
  })
})
