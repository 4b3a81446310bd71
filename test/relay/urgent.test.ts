import { afterEach, beforeEach, expect, it } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import type { Delivery } from '../../src/relay/channel.ts'
import { change, enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const RETRY_MS = 6000
const delivered: Delivery = { outcome: 'delivered' }
const notSent: Delivery = { outcome: 'not-sent', why: 'connect' }
const failed: Delivery = { outcome: 'failed', why: 'http-422', retryAfterMs: undefined, blames: 'item' }

describeEachEngine('an urgent message', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('urgent', hetu(1))
  beforeEach(async () => {
    gateway = await startTestGateway(engine, testParties())
    client = await enrol(gateway, story, ['identity', 'referral', 'medication.effect'])
    await gateway.drain()
    gateway.received.length = 0
  })
  afterEach(async () => {
    expect(gateway.faults).toEqual([])
    await gateway.close()
  })

  const names = new Map<string, string>()
  const tell = async (name: string, priority?: string) => {
    const message = { ...medicationMessage(story, client.patient, name), ...(priority !== undefined && { priority }) }
    const headers = { prefer: 'return=OperationOutcome' }
    const answer = await gateway.call('hospital', 'POST', '/fhir/Communication', message, headers)
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    const id = String(answer.headers.get('location')).split('Communication/')[1]?.split('/')[0] ?? ''
    names.set(id, name)
    return { id, said: answer.body.issue[0].diagnostics as string }
  }
  /** Sends what is due; the receiver answers so. @returns which messages were tried, in order. */
  const drained = async (answer: Delivery): Promise<readonly string[]> => {
    gateway.received.length = 0
    gateway.answer = () => answer
    await gateway.drain()
    const rows = await gateway.opened.rows(
      'select d.id, u.resource_id from disclosure d join update_record u on u.id = d.update_id',
    )
    const resourceOf = new Map(rows.map((row) => [row['id'], String(row['resource_id'])]))
    return gateway.received.map(({ id }) => names.get(resourceOf.get(id) ?? '') ?? 'notice')
  }
  const numbers = async () =>
    (
      await gateway.opened.rows(
        `select u.resource_id, d.state, d.delivery_number from disclosure d join update_record u on u.id = d.update_id
         where d.channel = 'webhook' and d.category = 'medication' order by d.position`,
      )
    ).map((row) => `${names.get(String(row['resource_id']))} ${row['state']} ${row['delivery_number']}`)

  it('goes before what waits for its next try, which then arrives as ever', async () => {
    await tell('first')
    await drained(failed)
    await tell('second')
    await tell('hurry', 'urgent')
    expect(await drained(delivered)).toEqual(['hurry'])
    gateway.clock.now += RETRY_MS
    expect(await drained(delivered)).toEqual(['first', 'second'])
  })

  it('goes past a dead letter, and is tried again on its own schedule', async () => {
    await tell('dead')
    for (let attempt = 1; attempt <= 11; attempt += 1) {
      await drained(failed)
      gateway.clock.now += 200_000_000
    }
    expect(await numbers()).toEqual(['dead dead 3'])
    await tell('waits')
    await tell('hurry', 'stat')
    expect(await drained(failed)).toEqual(['hurry'])
    gateway.clock.now += RETRY_MS
    expect(await drained(delivered)).toEqual(['hurry'])
    expect(await drained(delivered)).toEqual([])
  })

  it('does not pass another urgent one', async () => {
    await tell('one', 'urgent')
    await drained(failed)
    await tell('other', 'asap')
    expect(await drained(delivered)).toEqual([])
    gateway.clock.now += RETRY_MS
    expect(await drained(delivered)).toEqual(['one', 'other'])
  })

  it.each([undefined, 'routine'])('is none with the priority %j', async (priority) => {
    await tell('first')
    await drained(failed)
    expect((await tell('second', priority)).said).not.toContain('before what waits')
    expect(await drained(delivered)).toEqual([])
  })

  it('takes the number of what has not left, which gets the next one: no gap, whatever becomes of it', async () => {
    await tell('first')
    await drained(notSent)
    expect(await numbers()).toEqual(['first queued 3'])
    await tell('hurry', 'urgent')
    expect(await drained(delivered)).toEqual(['hurry'])
    expect(await numbers()).toEqual(['first queued null', 'hurry delivered 3'])
    gateway.clock.now += RETRY_MS
    await drained(delivered)
    expect(await numbers()).toEqual(['first delivered 4', 'hurry delivered 3'])
  })

  it('leaves no gap when what it passed is withdrawn', async () => {
    await tell('first')
    await drained(notSent)
    await tell('hurry', 'urgent')
    await drained(delivered)
    const withdrawn = await change(gateway, 'hospital', client.consent, (one) => (one.status = 'inactive'))
    expect(withdrawn.status).toBe(200)
    expect(await drained(delivered)).toEqual(['notice'])
    expect(await numbers()).toEqual(['first withheld null', 'hurry delivered 3'])
    const [notice] = await gateway.opened.rows(
      `select delivery_number from disclosure where channel = 'webhook' and kind = 'notice'`,
    )
    expect(notice).toEqual({ delivery_number: 4 })
  })

  it('leaves its number to what may have arrived', async () => {
    await tell('first')
    await drained({ outcome: 'unknown', why: 'timeout' })
    await tell('hurry', 'urgent')
    expect(await drained(delivered)).toEqual(['hurry'])
    expect(await numbers()).toEqual(['first possibly-received 3', 'hurry delivered 4'])
  })

  it('does not pass an earlier version of itself that may have left, and would be taken for the newer one', async () => {
    const { id } = await tell('first')
    await tell('between')
    await drained(failed)
    const [tried] = gateway.received
    const corrected = await change(gateway, 'hospital', `Communication/${id}`, (one) => (one.priority = 'urgent'))
    expect(corrected.status).toBe(200)
    expect(await drained(delivered)).toEqual([])
    gateway.clock.now += RETRY_MS
    expect(await drained(delivered)).toEqual(['first', 'between', 'first'])
    expect(gateway.received.map((one) => one.id === tried?.id)).toEqual([true, false, false])
  })

  it('takes the place of an earlier version of itself that has not left', async () => {
    const { id } = await tell('first')
    await tell('between')
    await drained(notSent)
    await change(gateway, 'hospital', `Communication/${id}`, (one) => (one.priority = 'urgent'))
    expect(await drained(delivered)).toEqual(['first', 'between'])
  })

  it('is taken back as quickly', async () => {
    const { id } = await tell('hurry', 'urgent')
    await drained(delivered)
    await tell('first')
    await drained(failed)
    const retracted = await change(gateway, 'hospital', `Communication/${id}`, (one) => {
      one.status = 'entered-in-error'
    })
    expect(retracted.status).toBe(200)
    expect(await drained(delivered)).toEqual(['hurry'])
    expect(JSON.stringify(gateway.received[0]?.body)).toContain('retracts')
  })

  it('does not say that it is urgent, and its sender hears that nobody is woken by it', async () => {
    expect((await tell('hurry', 'urgent')).said).toContain('nobody watches this channel round the clock')
    await drained(delivered)
    expect(gateway.received[0]?.body.priority).toBe(undefined)
    expect(JSON.stringify(gateway.received[0]?.body)).not.toContain('urgent')
  })

  it('stands first among what is new in an inbox', async () => {
    await gateway.call('team', 'GET', '/api/inbox?language=en&limit=100')
    await tell('first')
    await tell('hurry', 'urgent')
    const { items } = (await gateway.call('team', 'GET', '/api/inbox?language=en&limit=100')).body
    const rows = await gateway.opened.rows(
      `select u.resource_id from disclosure d join update_record u on u.id = d.update_id
       where d.channel = 'inbox' and d.category = 'medication' order by d.delivery_number`,
    )
    expect(rows.map((row) => names.get(String(row['resource_id'])))).toEqual(['hurry', 'first'])
    expect(items.length).toBeGreaterThan(1)
  })
})
