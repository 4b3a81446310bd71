import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { careNegotiation, medicationMessage, permit } from '../../demo/story-resources.ts'
import { deadLetters, relayLanes, relayStatus } from '../../src/exchange/look-at-relay.ts'
import { pauseEndpoint, replay, resumeEndpoint, skipItem } from '../../src/exchange/operate-relay.ts'
import { readInbox } from '../../src/exchange/read-inbox.ts'
import type { Delivery } from '../../src/relay/channel.ts'
import { sendMailNotices } from '../../src/relay/mail-notices.ts'
import { enrol, type Enrolled, hetu, recordConsent, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { address, EVERY_MS, partiesWithAddresses, testMailer } from '../support/mailer.ts'
import { describeEachEngine } from '../support/stores.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const DAY = 86_400_000

describeEachEngine('a notice by e-mail', (engine) => {
  let gateway: TestGateway
  let post: ReturnType<typeof testMailer>
  let client: Enrolled
  let story = testStory('none')
  let n = 0
  beforeEach(async () => {
    n += 1
    gateway = await startTestGateway(
      engine,
      partiesWithAddresses({ team: [address('kaisa')], office: [address('clerk')] }),
    )
    post = testMailer(gateway)
    story = testStory(`mail-${n}`, hetu(n))
    client = await enrol(gateway, story)
    await readAll()
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  const look = (): Promise<number> => sendMailNotices(post.mailer)
  const readAll = async (party = 'team'): Promise<void> => {
    const caller = gateway.exchange.parties.byId(party)!
    await readInbox(gateway.exchange, caller, { after: 0, limit: 100, language: 'en', reader: undefined })
  }
  const tell = async (name: string, about = client): Promise<void> => {
    const message = medicationMessage({ ...story, run: `${story.run}-${name}` }, about.patient, name)
    expect((await gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
  }
  const operator = () => ({ party: gateway.exchange.parties.byId('portal')!, requestId: undefined })
  const line = async () => (await relayStatus(gateway.exchange)).find(({ endpoint }) => endpoint === 'kaisa')
  const laterBy = (ms: number): void => void (gateway.clock.now += ms)

  it('goes once for what has come, to the party it came for, and again only for something else', async () => {
    expect(await look()).toBe(0)
    await tell('one')
    await tell('two')
    expect(await look()).toBe(1)
    expect(post.mails.map(({ to }) => to)).toEqual(['kaisa@team.example.fi'])
    laterBy(2 * EVERY_MS)
    expect(await look()).toBe(0)
    await tell('three')
    expect(await look()).toBe(1)
    expect(new Set(post.mails.map(({ id }) => id)).size).toBe(2)
  })

  it('goes at most once in its time, whatever comes meanwhile', async () => {
    await tell('first')
    await look()
    for (const name of ['a', 'b', 'c']) {
      await tell(name)
      expect(await look()).toBe(0)
    }
    laterBy(EVERY_MS - 1)
    expect(await look()).toBe(0)
    laterBy(1)
    expect([await look(), await look(), post.mails.length]).toEqual([1, 0, 2])
  })

  it('does not go for what somebody has read', async () => {
    await tell('read at once')
    await readAll()
    expect(await look()).toBe(0)
  })

  it('does not go for what may no longer be read when it would go', async () => {
    const before = gateway.clock.now
    const other = { ...testStory(`brief-${n}`, hetu(n + 40)) }
    const brief = await enrol(gateway, other, ['identity', 'referral'])
    const period = { start: new Date(before - DAY).toISOString(), end: new Date(before + DAY).toISOString() }
    const provision = { type: 'deny', period, provision: [permit(other, 'medication.effect')] }
    await recordConsent(gateway, { ...other, run: `${other.run}-brief` }, brief.patient, [], { provision })
    await readAll()
    await tell('under a consent that ends', brief)
    expect(
      await gateway.opened.rows(`select 1 from disclosure where endpoint = 'team-inbox' and state = 'queued'`),
    ).toHaveLength(1)
    laterBy(2 * DAY)
    expect(await look()).toBe(0)
  })

  it('does not go for a meeting that is over', async () => {
    const start = gateway.clock.now + 3_600_000
    const meeting = careNegotiation(story, client.patient, new Date(start).toISOString(), { identifier: story.team })
    expect((await gateway.call('hospital', 'POST', '/fhir/Appointment', meeting)).status).toBe(201)
    laterBy(DAY)
    expect(await look()).toBe(0)
  })

  it('is the same to the last byte at every attempt, and one that nobody needs any more is not tried again', async () => {
    await tell('hard to send')
    for (const outcome of ['not-sent', 'unknown', 'failed'] as const) {
      post.answers.next = () => ({ outcome, why: 'x', retryAfterMs: undefined })
      expect(await look()).toBe(1)
      expect(await look()).toBe(0)
      laterBy(400_000)
    }
    expect(new Set(post.mails.map((mail) => JSON.stringify(mail))).size).toBe(1)
    expect(await line()).toMatchObject({ pending: 1, channel: 'notice', party: 'team', state: 'works' })
    await readAll()
    laterBy(DAY)
    expect(await look()).toBe(0)
    expect(await line()).toMatchObject({ pending: 0, dead: 0 })
  })

  it('is a dead letter when its schedule is used up, and an operator replays it as it was or gives it up', async () => {
    await tell('never sent')
    post.answers.next = () => ({ outcome: 'not-sent', why: 'connect' })
    const which = { id: undefined, endpoint: 'kaisa', since: undefined, until: undefined, delivered: false }
    await look()
    const [waiting] = (await relayLanes(gateway.exchange, 'kaisa', 10)) ?? []
    expect(waiting).toMatchObject({ waits: 'retry', attempts: 1, lastFailure: 'connect', client: undefined })
    expect(await look()).toBe(0)
    expect(await replay(gateway.exchange, operator(), which)).toEqual([waiting?.head])
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      await look()
      laterBy(2 * DAY)
    }
    expect(post.mails.length).toBe(12)
    expect(await line()).toMatchObject({ pending: 0, dead: 1, blockedLanes: 1 })
    const [dead] = (await deadLetters(gateway.exchange, 'kaisa', 10)) ?? []
    expect(dead).toMatchObject({ endpoint: 'kaisa', attempts: 11, client: undefined, lastFailure: 'connect' })
    await tell('waits behind it')
    expect(await look()).toBe(0)
    expect(await replay(gateway.exchange, operator(), which)).toEqual([dead?.id])
    expect(await look()).toBe(1)
    expect(post.mails.at(-1)).toEqual(post.mails[0])
    expect(await skipItem(gateway.exchange, operator(), dead?.id ?? '')).toBe(true)
    expect([await look(), (await line())?.pending]).toEqual([0, 0])
    laterBy(EVERY_MS)
    await tell('comes after it')
    expect(await look()).toBe(1)
    expect(post.mails.at(-1)?.id).not.toBe(dead?.id)
  })

  it('is dead at once when the server says never, and the address is left alone when nobody is there', async () => {
    await tell('refused for good')
    post.answers.next = () => ({ outcome: 'failed', why: 'smtp-554', retryAfterMs: undefined, permanent: true })
    await look()
    expect(await line()).toMatchObject({ dead: 1, state: 'works' })
    await replay(gateway.exchange, operator(), {
      id: undefined,
      endpoint: 'kaisa',
      since: undefined,
      until: undefined,
      delivered: false,
    })
    post.answers.next = () => ({ outcome: 'gone' })
    await look()
    expect(await line()).toMatchObject({ dead: 1, state: 'gone' })
    await resumeEndpoint(gateway.exchange, operator(), 'kaisa')
    await replay(gateway.exchange, operator(), {
      id: undefined,
      endpoint: 'kaisa',
      since: undefined,
      until: undefined,
      delivered: false,
    })
    post.answers.next = () => ({ outcome: 'delivered' })
    expect(await look()).toBe(1)
    expect(await line()).toMatchObject({ dead: 0, pending: 0, state: 'works' })
  })

  it('goes to others while what stands in one inbox cannot be read', async () => {
    await tell('unreadable')
    await gateway.opened.rows(`update update_record set payload = 'not what was written'`)
    const [row] = await gateway.opened.rows(`select id from client limit 1`)
    const notice = { clientId: String(row?.['id']), sender: 'hospital', recipient: 'office', at: gateway.clock.now }
    const place = { endpoint: 'office-inbox', channel: 'inbox', template: 'permissions-changed' } as const
    await gateway.opened.store.transaction((tx) =>
      tx.outbox.notify([{ ...notice, ...place, id: gateway.relay.newId() }]),
    )
    expect(await look()).toBe(1)
    expect(post.mails.map(({ to }) => to)).toEqual(['clerk@team.example.fi'])
    expect(gateway.faults.splice(0).length).toBe(1)
  })

  it('does not go to an address that an operator has paused', async () => {
    await pauseEndpoint(gateway.exchange, operator(), 'kaisa')
    await tell('while it was paused')
    expect(await look()).toBe(0)
    await resumeEndpoint(gateway.exchange, operator(), 'kaisa')
    expect(await look()).toBe(1)
  })

  it('goes once however many processes look, and again under the same id when one of them dies over it', async () => {
    await tell('seen by all')
    expect((await Promise.all([1, 2, 3, 4].map(look))).reduce((sum, sent) => sum + sent, 0)).toBe(1)
    laterBy(EVERY_MS)
    await tell('its process dies')
    const reached = Promise.withResolvers<void>()
    post.answers.next = () => {
      reached.resolve()
      return new Promise(() => {})
    }
    void look()
    await reached.promise
    post.answers.next = () => ({ outcome: 'delivered' })
    expect(await look()).toBe(0)
    laterBy(gateway.relay.leaseMs)
    expect(await look()).toBe(1)
    expect(post.mails.at(-1)).toEqual(post.mails.at(-2))
  })

  it('changes nothing when it comes back after its lease was lost', async () => {
    await tell('slow')
    /** An attempt that comes back when it is told to. */
    const attempt = async () => {
      const reached = Promise.withResolvers<void>()
      const delivery = Promise.withResolvers<Delivery>()
      post.answers.next = () => {
        reached.resolve()
        return delivery.promise
      }
      const looking = look()
      await reached.promise
      return async (what: Delivery) => {
        delivery.resolve(what)
        await looking
      }
    }
    const endSlow = await attempt()
    laterBy(gateway.relay.leaseMs)
    const endSecond = await attempt()
    await endSlow({ outcome: 'delivered' })
    expect(await line()).toMatchObject({ sending: 1, pending: 0 })
    await endSecond({ outcome: 'not-sent', why: 'connect' })
    expect(await line()).toMatchObject({ sending: 0, pending: 1 })
  })

  it('is not lost when the clock jumps back an hour', async () => {
    await tell('before the jump')
    await look()
    laterBy(-3_600_000)
    await tell('after the jump')
    expect(await look()).toBe(1)
    expect(await look()).toBe(0)
  })
})
