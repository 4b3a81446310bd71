import { expect, it } from 'vitest'
import {
  careNegotiation,
  medicationChange,
  medicationMessage,
  rehabilitationSupport,
} from '../../demo/story-resources.ts'
import { FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE } from '../../src/domain/codes.ts'
import { change } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('when something changes round a client', (engine) => {
  const scene = enrolledEach(engine, 'standing', [
    'identity',
    'referral',
    'medication.effect',
    'care-meeting.summary',
    'benefit.period',
  ])

  const down = (): void => {
    scene.gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
  }
  const up = (): void => {
    scene.gateway.answer = () => ({ outcome: 'delivered' })
    scene.gateway.clock.now += 3_600_000
  }
  const drained = async (): Promise<unknown[]> => {
    const before = scene.gateway.received.length
    await scene.gateway.drain()
    return scene.gateway.received.slice(before).map(({ body }) => body.category[0].coding[0].code)
  }
  /** Reads the team's inbox to its end. */
  const inbox = async (after = 0): Promise<any[]> => {
    const items: any[] = []
    for (let next = after; ;) {
      const { body } = await scene.gateway.call('team', 'GET', `/api/inbox?language=en&after=${next}&limit=100`)
      items.push(...body.items)
      if (body.next === next) return items
      next = body.next
    }
  }
  const unread = async (): Promise<string[]> => {
    const top = await scene.gateway.opened.rows(
      `select coalesce(max(delivery_number), 0)::int as top from disclosure where channel = 'inbox'`,
    )
    return (await inbox(Number(top[0]?.['top']))).map((item) => item.category ?? item.text)
  }
  const states = async (): Promise<string[]> => {
    const { body } = await scene.gateway.call(
      'hospital',
      'GET',
      `/api/disclosures?client=${scene.client.patient}&language=en`,
    )
    return body.items.map((item: any) =>
      `${item.category.split('.')[0]} ${item.channel ?? '-'} ${item.state} ${item.reason ?? ''}`.trim(),
    )
  }
  const tell = async (name: string): Promise<number> =>
    (
      await scene.gateway.call(
        'hospital',
        'POST',
        '/fhir/Communication',
        medicationMessage(scene.story, scene.client.patient, name),
      )
    ).status

  it('a membership that has ended withholds what is queued and unread', async () => {
    await unread()
    await drained()
    down()
    expect(await tell('queued')).toBe(201)
    await scene.gateway.drain()
    const ended = await change(scene.gateway, 'hospital', scene.client.careTeam, (team) => {
      team.participant[1].period = { end: '2026-03-08' }
    })
    expect(ended.status, JSON.stringify(ended.body)).toBe(200)
    up()
    expect(await drained()).toEqual(['permissions-changed'])
    expect(await unread()).toEqual([expect.stringContaining('ermission')])
    expect((await states()).filter((state) => state.includes('medication')).toSorted()).toEqual([
      'medication inbox withheld recipient-not-in-care-team',
      'medication webhook withheld recipient-not-in-care-team',
    ])
    expect(await tell('after')).toBe(422)
  })

  it('a membership that ends by itself stops the next sending and the next reading', async () => {
    const tomorrow = await change(scene.gateway, 'hospital', scene.client.careTeam, (team) => {
      team.participant[1].period = { end: '2026-03-09' }
    })
    expect(tomorrow.status).toBe(200)
    scene.gateway.clock.now = Date.parse('2026-03-09T21:59:00Z')
    expect(await tell('in-time')).toBe(201)
    down()
    await scene.gateway.drain()
    scene.gateway.clock.now = Date.parse('2026-03-09T22:00:01Z')
    up()
    expect(await drained()).not.toContain('medication.effect')
    expect((await inbox()).filter((item) => item.category === 'medication')).toEqual([])
    scene.gateway.clock.now = Date.parse('2026-03-09T08:00:00Z') + scene.n * 60_000
  })

  it('a death stops everything that is told about her, whoever reports it', async () => {
    await drained()
    down()
    expect(await tell('queued')).toBe(201)
    await scene.gateway.drain()
    const dead = await change(scene.gateway, 'hospital', scene.client.patient, (one) => (one.deceasedBoolean = true))
    expect(dead.status).toBe(200)
    up()
    expect(await drained()).not.toContain('medication.effect')
    expect((await inbox()).filter((item) => item.client && item.category === 'medication')).toEqual([])
    const after = await scene.gateway.call(
      'hospital',
      'POST',
      '/fhir',
      medicationChange(scene.story, scene.client.patient, 'after'),
    )
    expect(after.status).toBe(403)
    expect(after.body.issue[0].diagnostics).toContain('client-deceased')
  })

  it('a safety non-disclosure takes away phone and places everywhere, also from what was queued before', async () => {
    down()
    const meeting = {
      ...careNegotiation(scene.story, scene.client.patient, '2026-03-18T13:00:00+02:00', {
        identifier: scene.story.team,
      }),
      participant: [
        { actor: { reference: scene.client.patient }, status: 'accepted' },
        { actor: { reference: 'Location/1', display: 'Kanariakuja 3' }, status: 'accepted' },
      ],
    }
    const posted = await scene.gateway.call('hospital', 'POST', '/fhir/Appointment', meeting)
    expect(posted.status, JSON.stringify(posted.body)).toBe(201)
    const other = await scene.gateway.call('other-hospital', 'POST', '/fhir/Patient', {
      resourceType: 'Patient',
      meta: { security: [{ system: FINNISH_LABEL_SYSTEM, code: NON_DISCLOSURE_CODE }] },
      identifier: [{ system: 'urn:oid:1.2.246.21', value: scene.story.hetu }],
    })
    expect(other.status).toBe(201)
    up()
    const before = scene.gateway.received.length
    await scene.gateway.drain()
    const sent = scene.gateway.received.slice(before).filter(({ body }) => body.resourceType === 'Communication')
    expect(sent.length).toBeGreaterThan(2)
    for (const { raw } of sent) expect(raw).not.toMatch(/555 0100|Kanariakuja/)
    const shown = (await inbox()).filter((item) => sent[0]?.body.subject.reference === item.client)
    expect(shown.map((item) => item.category)).toEqual(['identity', 'referral', 'care-meeting'])
    expect(JSON.stringify(shown)).not.toMatch(/555 0100|Kanariakuja/)
  })

  it('a revoked referral does not arrive any more, and a team that knew of it learns that it changed', async () => {
    const [row] = await scene.gateway.opened.rows(
      `select source from disclosure where category = 'referral' order by created_at desc, id desc limit 1`,
    )
    const referral = String(row?.['source'])
    down()
    await scene.gateway.drain()
    const revoked = await change(scene.gateway, 'hospital', referral, (one) => (one.status = 'revoked'))
    expect(revoked.status, JSON.stringify(revoked.body)).toBe(200)
    up()
    expect(await drained()).toEqual([])
    expect((await states()).every((state) => state.includes('superseded'))).toBe(true)
  })

  it('a revoked referral that had arrived is followed by a notice', async () => {
    expect(await drained()).toEqual(['identity', 'referral'])
    const [row] = await scene.gateway.opened.rows(
      `select source from disclosure where category = 'referral' order by created_at desc, id desc limit 1`,
    )
    await change(scene.gateway, 'hospital', String(row?.['source']), (one) => (one.status = 'revoked'))
    expect(await drained()).toEqual(['referral-state-changed'])
  })

  it('a corrected referral replaces what had not arrived, and keeps its Task', async () => {
    const [row] = await scene.gateway.opened.rows(
      `select source from disclosure where category = 'referral' order by created_at desc, id desc limit 1`,
    )
    const corrected = await change(scene.gateway, 'hospital', String(row?.['source']), (one) => {
      one.reasonCode[0].text = 'Haluan takaisin puutarhatöihin.'
    })
    expect(corrected.status).toBe(200)
    const before = scene.gateway.received.length
    await scene.gateway.drain()
    const sent = scene.gateway.received.slice(before)
    expect(sent.map(({ body }) => body.category[0].coding[0].code)).toEqual(['identity', 'referral'])
    expect(sent.map(({ raw }) => raw).join()).not.toContain('keittiö')
    expect((await scene.gateway.call('team', 'GET', `/fhir/${scene.client.task}`)).status).toBe(200)
  })

  it('a corrected message replaces the one that had not arrived, also after failed tries', async () => {
    await drained()
    down()
    const posted = await scene.gateway.call(
      'hospital',
      'POST',
      '/fhir/Observation',
      rehabilitationSupport(scene.story, scene.client.patient, '2026-06-30'),
    )
    await scene.gateway.drain()
    await change(
      scene.gateway,
      'hospital',
      `Observation/${posted.body.id}`,
      (one) => (one.effectivePeriod.end = '2026-09-30'),
    )
    up()
    const before = scene.gateway.received.length
    await scene.gateway.drain()
    const sent = scene.gateway.received.slice(before)
    expect(sent.length).toBe(1)
    expect(sent[0]?.raw).toContain('30.9.2026')
  })

  it('a cancelled Task tells the team that the referral changed, and nothing more', async () => {
    expect(await drained()).toEqual(['identity', 'referral'])
    const cancelled = await change(scene.gateway, 'hospital', scene.client.task, (task) => {
      task.status = 'cancelled'
      task.statusReason = { text: 'asiakas muutti' }
    })
    expect(cancelled.status).toBe(200)
    expect(await drained()).toContain('referral-state-changed')
    expect(scene.gateway.received.map(({ raw }) => raw).join()).not.toContain('muutti')
  })
})
