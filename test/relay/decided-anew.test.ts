import { afterEach, beforeEach, expect, it } from 'vitest'
import { medicationMessage, rehabilitationSupport } from '../../demo/story-resources.ts'
import { FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE } from '../../src/domain/codes.ts'
import type { Delivery } from '../../src/relay/channel.ts'
import { change, enrol, hetu, recordConsent, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const HOUR = 3_600_000
const PHONE = '+358 40 555 0100'
const failed: Delivery = { outcome: 'failed', why: 'http-500', retryAfterMs: undefined }
const story = testStory('anew', hetu(1))

describeEachEngine('what is decided again when it is sent', (engine) => {
  let gateway: TestGateway
  beforeEach(async () => {
    gateway = await startTestGateway(engine)
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  /** Sends what is due; the receiver answers so. @returns what it saw. */
  const drained = async (answer: Delivery = { outcome: 'delivered' }) => {
    gateway.answer = () => answer
    gateway.clock.now += HOUR
    await gateway.drain()
    return gateway.received.splice(0)
  }
  const protect = async (patient: string): Promise<void> => {
    const label = { system: FINNISH_LABEL_SYSTEM, code: NON_DISCLOSURE_CODE }
    const changed = await change(gateway, 'hospital', patient, (one) => (one.meta.security = [label]))
    expect(changed.status).toBe(200)
  }
  const tell = async (path: string, resource: unknown): Promise<void> => {
    expect((await gateway.call('hospital', 'POST', `/fhir/${path}`, resource)).status).toBe(201)
  }

  it.each([failed, { outcome: 'unknown', why: 'timeout' }, { outcome: 'not-sent', why: 'connect' }] as const)(
    'leads nobody to a client who is protected since a first attempt: $outcome',
    async (answer) => {
      const { patient } = await enrol(gateway, story, ['identity', 'referral'])
      const [first] = await drained(answer)
      expect(first?.raw).toContain(PHONE)
      await protect(patient)
      const sent = await drained()
      expect(sent.some(({ raw }) => raw.includes('Aino Esimerkki'))).toBe(true)
      expect(sent.filter(({ id, raw }) => id === first?.id || raw.includes(PHONE))).toEqual([])
      expect(await drained()).toEqual([])
    },
  )

  it('is sent again as it was when nothing in it could lead to her', async () => {
    const { patient } = await enrol(gateway, story, ['identity', 'referral', 'benefit.period'])
    await drained()
    await tell('Observation', rehabilitationSupport(story, patient, '2026-06-30'))
    const [first] = await drained(failed)
    await protect(patient)
    const [again] = await drained()
    expect(again).toEqual(first)
  })

  it('stands in the audit at the level at which it is told, not at that of its arrival', async () => {
    const { patient } = await enrol(gateway, story, ['identity', 'referral', 'medication.effect'])
    await tell('Communication', medicationMessage(story, patient, 'deeper'))
    await recordConsent(gateway, { ...story, run: 'deeper' }, patient, ['medication.detail'])
    await drained()
    expect((await gateway.call('team', 'GET', '/api/inbox')).body.items.length).toBeGreaterThan(0)
    const audits = await gateway.opened.rows(`
      select d.channel, a.outcome, a.payload from audit_event a join disclosure d on d.id = a.disclosure_id
      where d.category = 'medication' order by d.channel, a.seq`)
    const levelIn = (payload: Uint8Array) => /medication\.\w+/.exec(Buffer.from(payload).toString())?.[0]
    expect(audits.map(({ channel, outcome, payload }) => [channel, outcome, levelIn(payload)])).toEqual([
      ['inbox', 'permit', 'medication.effect'],
      ['inbox', 'permit', 'medication.detail'],
      ['inbox', 'read', 'medication.detail'],
      ['webhook', 'permit', 'medication.effect'],
      ['webhook', 'permit', 'medication.detail'],
      ['webhook', 'sending', 'medication.detail'],
      ['webhook', 'delivered', 'medication.detail'],
    ])
  })
})
