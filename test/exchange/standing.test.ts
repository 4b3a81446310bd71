import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import {
  careNegotiation,
  medicationChange,
  medicationMessage,
  rehabilitationSupport,
} from '../../demo/story-resources.ts'
import { FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE } from '../../src/domain/codes.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('when something changes round a client', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  let story = testStory('none')
  let n = 0
  beforeEach(async () => {
    gateway ??= await startTestGateway(engine)
    gateway.answer = () => ({ outcome: 'delivered' })
    n += 1
    story = testStory(`standing-${n}`, hetu(n))
    client = await enrol(gateway, story, [
      'identity',
      'referral',
      'medication.effect',
      'care-meeting.summary',
      'benefit.period',
    ])
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway?.close())

  const down = (): void => {
    gateway.answer = () => ({ outcome: 'not-sent', why: 'connect' })
  }
  const up = (): void => {
    gateway.answer = () => ({ outcome: 'delivered' })
    gateway.clock.now += 3_600_000
  }
  const drained = async (): Promise<unknown[]> => {
    const before = gateway.received.length
    await gateway.drain()
    return gateway.received.slice(before).map(({ body }) => body.category[0].coding[0].code)
  }
  /** Reads the team's inbox to its end. */
  const inbox = async (after = 0): Promise<any[]> => {
    const items: any[] = []
    for (let next = after; ;) {
      const { body } = await gateway.call('team', 'GET', `/api/inbox?language=en&after=${next}&limit=100`)
      items.push(...body.items)
      if (body.next === next) return items
      next = body.next
    }
  }
  const unread = async (): Promise<string[]> => {
    const top = await gateway.opened.rows(
      `select coalesce(max(delivery_number), 0)::int as top from disclosure where channel = 'inbox'`,
    )
    return (await inbox(Number(top[0]?.['top']))).map((item) => item.category ?? item.text)
  }
  const states = async (): Promise<string[]> => {
    const { body } = await gateway.call('hospital', 'GET', `/api/disclosures?client=${client.patient}&language=en`)
    return body.items.map((item: any) =>
      `${item.category.split('.')[0]} ${item.channel ?? '-'} ${item.state} ${item.reason ?? ''}`.trim(),
    )
  }
  const tell = async (name: string): Promise<number> =>
    (await gateway.call('hospital', 'POST', '/fhir/Communication', medicationMessage(story, client.patient, name)))
      .status

  it('a membership that has ended withholds what is queued and unread', async () => {
    await unread()
    await drained()
    down()
    expect(await tell('queued')).toBe(201)
    await gateway.drain()
    const ended = await change(gateway, 'hospital', client.careTeam, (team) => {
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
    const tomorrow = await change(gateway, 'hospital', client.careTeam, (team) => {
      team.participant[1].period = { end: '2026-03-09' }
    })
    expect(tomorrow.status).toBe(200)
    gateway.clock.now = Date.parse('2026-03-09T21:59:00Z')
    expect(await tell('in-time')).toBe(201)
    down()
    await gateway.drain()
    gateway.clock.now = Date.parse('2026-03-09T22:00:01Z')
    up()
    expect(await drained()).not.toContain('medication.effect')
    expect((await inbox()).filter((item) => item.category === 'medication')).toEqual([])
    gateway.clock.now = Date.parse('2026-03-09T08:00:00Z') + n * 60_000
  })

  it('a death stops everything that is told about her, whoever reports it', async () => {
    await drained()
    down()
    expect(await tell('queued')).toBe(201)
    await gateway.drain()
    const dead = await change(gateway, 'hospital', client.patient, (one) => (one.deceasedBoolean = true))
    expect(dead.status).toBe(200)
    up()
    expect(await drained()).not.toContain('medication.effect')
    expect((await inbox()).filter((item) => item.client && item.category === 'medication')).toEqual([])
    const after = await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, client.patient, 'after'))
    expect(after.status).toBe(403)
    expect(after.body.issue[0].diagnostics).toContain('client-deceased')
  })

  it('a safety non-disclosure takes away phone and places everywhere, also from what was queued before', async () => {
    down()
    const meeting = {
      ...careNegotiation(story, client.patient, '2026-03-18T13:00:00+02:00', { identifier: story.team }),
      participant: [
        { actor: { reference: client.patient }, status: 'accepted' },
        { actor: { reference: 'Location/1', display: 'Kanariakuja 3' }, status: 'accepted' },
      ],
    }
    const posted = await gateway.call('hospital', 'POST', '/fhir/Appointment', meeting)
    expect(posted.status, JSON.stringify(posted.body)).toBe(201)
    const other = await gateway.call('other-hospital', 'POST', '/fhir/Patient', {
      resourceType: 'Patient',
      meta: { security: [{ system: FINNISH_LABEL_SYSTEM, code: NON_DISCLOSURE_CODE }] },
      identifier: [{ system: 'urn:oid:1.2.246.21', value: story.hetu }],
    })
    expect(other.status).toBe(201)
    up()
    const before = gateway.received.length
    await gateway.drain()
    const sent = gateway.received.slice(before).filter(({ body }) => body.resourceType === 'Communication')
    expect(sent.length).toBeGreaterThan(2)
    for (const { raw } of sent) expect(raw).not.toMatch(/555 0100|Kanariakuja/)
    const shown = (await inbox()).filter((item) => sent[0]?.body.subject.reference === item.client)
    expect(shown.map((item) => item.category)).toEqual(['identity', 'referral', 'care-meeting'])
    expect(JSON.stringify(shown)).not.toMatch(/555 0100|Kanariakuja/)
  })

  it('a revoked referral does not arrive any more, and a team that knew of it learns that it changed', async () => {
    const [row] = await gateway.opened.rows(
      `select source from disclosure where category = 'referral' order by created_at desc, id desc limit 1`,
    )
    const referral = String(row?.['source'])
    down()
    await gateway.drain()
    const revoked = await change(gateway, 'hospital', referral, (one) => (one.status = 'revoked'))
    expect(revoked.status, JSON.stringify(revoked.body)).toBe(200)
    up()
    expect(await drained()).toEqual([])
    expect((await states()).every((state) => state.includes('superseded'))).toBe(true)
  })

  it('a revoked referral that had arrived is followed by a notice', async () => {
    expect(await drained()).toEqual(['identity', 'referral'])
    const [row] = await gateway.opened.rows(
      `select source from disclosure where category = 'referral' order by created_at desc, id desc limit 1`,
    )
    await change(gateway, 'hospital', String(row?.['source']), (one) => (one.status = 'revoked'))
    expect(await drained()).toEqual(['referral-state-changed'])
  })

  it('a corrected referral replaces what had not arrived, and keeps its Task', async () => {
    const [row] = await gateway.opened.rows(
      `select source from disclosure where category = 'referral' order by created_at desc, id desc limit 1`,
    )
    const corrected = await change(gateway, 'hospital', String(row?.['source']), (one) => {
      one.reasonCode[0].text = 'Haluan takaisin puutarhatöihin.'
    })
    expect(corrected.status).toBe(200)
    const before = gateway.received.length
    await gateway.drain()
    const sent = gateway.received.slice(before)
    expect(sent.map(({ body }) => body.category[0].coding[0].code)).toEqual(['identity', 'referral'])
    expect(sent.map(({ raw }) => raw).join()).not.toContain('keittiö')
    expect((await gateway.call('team', 'GET', `/fhir/${client.task}`)).status).toBe(200)
  })

  it('a corrected message replaces the one that had not arrived, also after failed tries', async () => {
    await drained()
    down()
    const posted = await gateway.call(
      'hospital',
      'POST',
      '/fhir/Observation',
      rehabilitationSupport(story, client.patient, '2026-06-30'),
    )
    await gateway.drain()
    await change(
      gateway,
      'hospital',
      `Observation/${posted.body.id}`,
      (one) => (one.effectivePeriod.end = '2026-09-30'),
    )
    up()
    const before = gateway.received.length
    await gateway.drain()
    const sent = gateway.received.slice(before)
    expect(sent.length).toBe(1)
    expect(sent[0]?.raw).toContain('30.9.2026')
  })

  it('a cancelled Task tells the team that the referral changed, and nothing more', async () => {
    expect(await drained()).toEqual(['identity', 'referral'])
    const cancelled = await change(gateway, 'hospital', client.task, (task) => {
      task.status = 'cancelled'
      task.statusReason = { text: 'asiakas muutti' }
    })
    expect(cancelled.status).toBe(200)
    expect(await drained()).toContain('referral-state-changed')
    expect(gateway.received.map(({ raw }) => raw).join()).not.toContain('muutti')
  })
})
