import { beforeEach, expect, it } from 'vitest'
import { change } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import type { Answer } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('the asked team answers a referral', (engine) => {
  const scene = enrolledEach(engine, 'answers')
  beforeEach(async () => {
    await scene.gateway.drain()
  })

  const answer = (status: string, reason?: string, party = 'team'): Promise<Answer> =>
    change(scene.gateway, party, scene.client.task, (task) => {
      task.status = status
      if (reason === undefined) delete task.statusReason
      else task.statusReason = { text: reason }
    })
  const notices = async (party: string): Promise<string[]> => {
    const { body } = await scene.gateway.call(party, 'GET', '/api/inbox?language=en&limit=100')
    return body.items.filter((item: any) => item.kind === 'notice').map((item: any) => item.client)
  }

  it('sees the workflow and nothing of the sender', async () => {
    const { body, headers } = await scene.gateway.call('team', 'GET', `/fhir/${scene.client.task}`)
    expect(headers.get('etag')).toBe('W/"1"')
    expect(Object.keys(body).toSorted()).toEqual([
      'authoredOn',
      'code',
      'for',
      'id',
      'intent',
      'meta',
      'owner',
      'requester',
      'resourceType',
      'status',
    ])
    expect(body.for.reference).not.toBe(scene.client.patient)
  })

  it('receives, accepts and closes; the sender gets a notice without content each time and reads its own Task', async () => {
    const before = (await notices('hospital')).length
    for (const status of ['received', 'accepted', 'in-progress', 'completed']) {
      const done = await answer(status)
      expect(done.status, JSON.stringify(done.body)).toBe(200)
      expect((await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.task}`)).body.status).toBe(status)
    }
    const after = await notices('hospital')
    expect(after.length).toBe(before + 4)
    expect(new Set(after.slice(before))).toEqual(new Set([scene.client.patient]))
    const raw = JSON.stringify((await scene.gateway.call('hospital', 'GET', '/api/inbox?language=en&limit=100')).body)
    expect(raw).not.toMatch(/received|accepted|completed|Aino/)
  })

  it('gives a reason when it says no, and the sender can read it', async () => {
    const silent = await answer('rejected')
    expect(silent.status).toBe(422)
    expect(silent.body.issue[0]).toMatchObject({ expression: ['Task.statusReason.text'] })
    expect(silent.body.issue[0].details.coding[0].code).toBe('sender-reason-missing')
    expect((await answer('rejected', 'jono on täynnä')).status).toBe(200)
    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.task}`)
    expect([body.status, body.statusReason.text]).toEqual(['rejected', 'jono on täynnä'])
  })

  it('cannot make the moves of the sender, nor undo an answer', async () => {
    for (const status of ['draft', 'entered-in-error', 'completed', 'failed']) {
      expect((await answer(status, 'x')).status, status).toBe(422)
    }
    expect((await answer('rejected', 'x')).status).toBe(200)
    for (const status of ['accepted', 'received', 'requested', 'in-progress']) {
      const again = await answer(status)
      expect([404, 422], status).toContain(again.status)
    }
  })

  it('changes status and reason and nothing else', async () => {
    const done = await change(scene.gateway, 'team', scene.client.task, (task) => {
      task.status = 'accepted'
      task.description = 'lisätty'
      task.for = { display: 'joku muu' }
      task.owner = { identifier: { system: 'urn:test:parties', value: 'other-team' } }
    })
    expect(done.status).toBe(200)
    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.task}`)
    expect(body.for.reference).toBe(scene.client.patient)
    expect(JSON.stringify(body)).not.toMatch(/lisätty|joku muu|other-team/)
  })

  it('says which version it answers, and two answers at once are one', async () => {
    const { body } = await scene.gateway.call('team', 'GET', `/fhir/${scene.client.task}`)
    const put = (headers: Record<string, string>, status = 'accepted') =>
      scene.gateway.call('team', 'PUT', `/fhir/${scene.client.task}`, { ...body, status }, headers)
    expect((await put({})).status).toBe(412)
    const both = await Promise.all([put({ 'if-match': 'W/"1"' }), put({ 'if-match': 'W/"1"' }, 'received')])
    expect(both.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 412])
  })

  it('has no Task any more when the client withdraws her permission for the referral', async () => {
    const withdrawn = await change(
      scene.gateway,
      'hospital',
      scene.client.consent,
      (consent) => (consent.status = 'inactive'),
    )
    expect(withdrawn.status).toBe(200)
    expect((await scene.gateway.call('team', 'GET', `/fhir/${scene.client.task}`)).status).toBe(404)
    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.task}`)
    const late = await scene.gateway.call(
      'team',
      'PUT',
      `/fhir/${scene.client.task}`,
      { ...body, status: 'accepted' },
      { 'if-match': 'W/"1"' },
    )
    expect([404, 422]).toContain(late.status)
    // The team asked twice, and both refusals stand in the audit, also that of the answer nobody took.
    const denials = await scene.gateway.opened.rows(
      `select id from audit_event where kind = 'decision' and outcome = 'deny' and disclosure_id = $1`,
      [scene.client.task.split('/')[1]],
    )
    expect(denials.length).toBe(2)
    expect((await scene.gateway.call('hospital', 'GET', `/fhir/${scene.client.task}`)).body.status).toBe('requested')
  })

  it('is no business of another team, and the sender may cancel what was accepted', async () => {
    expect((await scene.gateway.call('other-team', 'GET', `/fhir/${scene.client.task}`)).status).toBe(404)
    expect((await answer('accepted')).status).toBe(200)
    expect((await answer('cancelled', 'muutto', 'hospital')).status).toBe(200)
    expect((await scene.gateway.call('team', 'GET', `/fhir/${scene.client.task}`)).body.status).toBe('cancelled')
  })
})
