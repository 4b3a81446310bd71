import { beforeEach, expect, it } from 'vitest'
import { type Json, medicationMessage, permit } from '../../demo/story-resources.ts'
import { CONSENT_REPLACES_EXTENSION } from '../../src/domain/codes.ts'
import { remindOfEnds } from '../../src/exchange/remind-of-ends.ts'
import { change, recordConsent } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import { describeEachEngine } from '../support/stores.ts'

const DAY = 86_400_000

describeEachEngine('the end of a consent', (engine) => {
  const scene = enrolledEach(engine, 'reminder')
  let consent = ''
  beforeEach(async () => {
    consent = await recordAs('term', inForce({ end: 40 }))
    await scene.gateway.drain()
    scene.gateway.received.length = 0
    await reminders('hospital')
  })

  /** A form whose permits are for a time only, in days from now. */
  const inForce = (period: { readonly start?: number; readonly end?: number }): Json => ({
    provision: {
      type: 'deny',
      period: Object.fromEntries(
        Object.entries(period).map(([name, days]) => [
          name,
          new Date(scene.gateway.clock.now + days * DAY).toISOString(),
        ]),
      ),
      provision: [permit(scene.story, 'medication.effect')],
    },
  })
  const recordAs = (run: string, fields: Json): Promise<string> =>
    recordConsent(scene.gateway, { ...scene.story, run: `${scene.story.run}-${run}` }, scene.client.patient, [], fields)
  const cursor: Record<string, number> = {}
  const text = "A permission ends within a month; see the client's page."
  /** New reminders in an inbox. */
  const reminders = async (party: string): Promise<number> => {
    const { body } = await scene.gateway.call(
      party,
      'GET',
      `/api/inbox?limit=100&language=en&after=${cursor[party] ?? 0}`,
    )
    cursor[party] = body.next
    return body.items.filter((one: any) => one.text === text).length
  }
  const sweepAfter = async (days: number): Promise<void> => {
    scene.gateway.clock.now += days * DAY
    await remindOfEnds(scene.gateway.exchange)
  }

  it('is told 30 days before, once, to whoever holds the paper and whoever was told under it', async () => {
    await sweepAfter(9)
    expect(await reminders('hospital')).toBe(0)
    scene.gateway.clock.now += 2 * DAY
    // As many gateways as there are: each looks at the same moment.
    await Promise.all([1, 2, 3, 4].map(() => remindOfEnds(scene.gateway.exchange)))
    await sweepAfter(1)
    expect([await reminders('hospital'), await reminders('team'), await reminders('other-team')]).toEqual([1, 1, 0])
    await scene.gateway.drain()
    const [notice, ...others] = scene.gateway.received
    expect(others).toEqual([])
    expect(notice?.body.category[0].coding[0].code).toBe('permission-ends-soon')
    expect(notice?.raw).not.toMatch(/Consent\/|medication|ips-information/)
  })

  it('is decided on the day, whether anybody swept or not', async () => {
    scene.gateway.clock.now += 40 * DAY + 1000
    await change(scene.gateway, 'hospital', scene.client.consent, (one) => (one.status = 'inactive'))
    const message = medicationMessage(scene.story, scene.client.patient, 'late')
    expect((await scene.gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(403)
    await remindOfEnds(scene.gateway.exchange)
    expect(await reminders('hospital')).toBe(0)
  })

  const endings: Readonly<Record<string, () => Promise<unknown>>> = {
    withdrawn: () => scene.gateway.call('hospital', 'POST', '/api/withdraw', { client: scene.client.patient, consent }),
    'renewed for later': () =>
      recordAs('next', {
        ...inForce({ start: 35 }),
        extension: [{ url: CONSENT_REPLACES_EXTENSION, valueReference: { reference: consent } }],
      }),
    'of a client who has died': () =>
      change(scene.gateway, 'hospital', scene.client.patient, (one) => (one.deceasedBoolean = true)),
  }
  it.each(Object.keys(endings))('is not told of a consent %s', async (what) => {
    await endings[what]?.()
    await reminders('hospital')
    await sweepAfter(15)
    expect(await reminders('hospital')).toBe(0)
  })
})
