import { array, assert, asyncProperty, constantFrom, integer } from 'fast-check'
import { expect, it } from 'vitest'
import { careNegotiation, medicationMessage, rehabilitationSupport } from '../../demo/story-resources.ts'
import { change, enrol, hetu, recordConsent, testStory } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import { startTestGateway, testParties } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('an inbox', (engine) => {
  const scene = enrolledEach(engine, 'inbox', [
    'identity',
    'referral',
    'medication.effect',
    'benefit.period',
    'care-meeting.time',
  ])

  const page = async (after: number, limit = 100): Promise<{ readonly items: readonly any[]; readonly next: number }> =>
    (await scene.gateway.call('team', 'GET', `/api/inbox?language=en&after=${after}&limit=${limit}`)).body
  const end = async (): Promise<number> => {
    for (let after = 0; ;) {
      const { next } = await page(after)
      if (next === after) return next
      after = next
    }
  }
  const tell = async (name: string): Promise<void> => {
    const message = medicationMessage(scene.story, scene.client.patient, name)
    expect((await scene.gateway.call('hospital', 'POST', '/fhir/Communication', message)).status).toBe(201)
  }
  const benefit = async (name: string): Promise<void> => {
    const body = rehabilitationSupport(
      { ...scene.story, run: `${scene.story.run}-${name}` },
      scene.client.patient,
      '2026-06-30',
    )
    expect((await scene.gateway.call('hospital', 'POST', '/fhir/Observation', body)).status).toBe(201)
  }
  /** Takes one category out of the consent. */
  const withdraw = async (category: string): Promise<void> => {
    const answer = await change(scene.gateway, 'hospital', scene.client.consent, (consent) => {
      consent.provision.provision = consent.provision.provision.filter(
        (one: any) => !one.code[0].coding[0].code.startsWith(category),
      )
    })
    expect(answer.status).toBe(200)
  }

  it('does not stop at what a sender left behind who is configured no longer', async () => {
    const start = await end()
    for (const name of ['left', 'behind']) await tell(name)
    const { clock, opened } = scene.gateway
    clock.now += 1000
    const other = { ...testStory('other', hetu(99)), hospital: { system: 'urn:test:parties', value: 'other-hospital' } }
    await enrol(scene.gateway, other, undefined, 'other-hospital')
    const parties = testParties().filter(({ id }) => id !== 'hospital')
    const without = await startTestGateway(engine, parties, { opened, seed: 'without' })
    without.clock.now = clock.now
    const read = async () => (await without.call('team', 'GET', `/api/inbox?after=${start}&limit=2`)).body.items
    expect((await read()).length).toBe(0)
    expect((await read()).map(({ from }: any) => from)).toEqual(['other-hospital', 'other-hospital'])
  })

  it('leaves out what is damaged, says so to the log and nobody else, and shows it once it is whole', async () => {
    const { opened, noticed } = scene.gateway
    const start = await end()
    for (const name of ['spoilt', 'whole']) await tell(name)
    const [item] = await opened.rows(
      `select d.id, u.id as update_id, u.payload from disclosure d join update_record u on u.id = d.update_id
       where d.channel = 'inbox' and d.state = 'queued' and d.category = 'medication' order by d.position limit 1`,
    )
    const set = (bytes: unknown) =>
      opened.rows('update update_record set payload = $2 where id = $1 returning id', [item?.['update_id'], bytes])
    await set(Buffer.from('spoilt'))
    const { items, next } = await page(start)
    expect(items.length).toBe(1)
    expect(noticed.splice(0)).toEqual([`an item of an inbox cannot be read: ${item?.['id']}`])
    await set(item?.['payload'])
    expect((await page(next)).items.map(({ id }) => id)).toEqual([item?.['id']])
    expect(noticed).toEqual([])
    // Once it was shown, what is damaged later is not shown again, and its reader goes on.
    await set(Buffer.from('spoilt'))
    expect((await page(start)).items.map(({ id }) => id)).toEqual([items[0]?.id])
    await set(item?.['payload'])
  })

  it('counts what was shown, without a gap for what was withheld in between', async () => {
    const start = await end()
    await tell('a')
    await benefit('a')
    await withdraw('medication')
    await benefit('b')
    const { items } = await page(start)
    expect(items.map((item) => [item.number, item.category ?? item.kind])).toEqual(
      [
        [start + 1, 'benefit'],
        [start + 2, 'notice'],
        [start + 3, 'benefit'],
      ].toSorted((one, other) => Number(one[0]) - Number(other[0])),
    )
  })

  it('loses an unread item at a withdrawal, and a read one at the next reading', async () => {
    const start = await end()
    await tell('read')
    const first = await page(start)
    expect(first.items.map((item) => item.category)).toEqual(['medication'])
    await tell('unread')
    await withdraw('medication')
    const { items } = await page(start)
    expect(items.filter((item) => item.kind === 'update')).toEqual([])
    const marked = await scene.gateway.call('team', 'POST', `/api/inbox/${first.items[0].id}/read`)
    expect(marked.status).toBe(204)
    // A new consent opens what was told before again, at most at the level at which it was told.
    await recordConsent(scene.gateway, { ...scene.story, run: `${scene.story.run}-again` }, scene.client.patient, [
      'medication.detail',
    ])
    const again = await page(start)
    expect(again.items.filter((item) => item.category === 'medication').map((item) => item.level)).toEqual(['effect'])
  })

  it('shows a read item never at a deeper level than it was told at', async () => {
    const start = await end()
    await tell('shallow')
    expect((await page(start)).items.map((item) => item.level)).toEqual(['effect'])
    await recordConsent(scene.gateway, { ...scene.story, run: `${scene.story.run}-deep` }, scene.client.patient, [
      'medication.detail',
    ])
    expect((await page(start)).items.filter((item) => item.category).map((item) => item.level)).toEqual(['effect'])
  })

  it('forgets a meeting that has passed before anybody read of it', async () => {
    const start = await end()
    const meeting = careNegotiation(scene.story, scene.client.patient, '2026-03-18T13:00:00+02:00', {
      identifier: scene.story.team,
    })
    expect((await scene.gateway.call('hospital', 'POST', '/fhir/Appointment', meeting)).status).toBe(201)
    scene.gateway.clock.now = Date.parse('2026-03-18T11:01:00Z')
    expect((await page(start)).items).toEqual([])
    scene.gateway.clock.now = Date.parse('2026-03-09T08:00:00Z')
  })

  it('shows a second reader everything a first one saw, also behind what was withdrawn since', async () => {
    const start = await end()
    await tell('first')
    for (const name of ['x', 'y', 'z']) await benefit(name)
    expect((await page(start)).items.length).toBe(4)
    await withdraw('medication')
    await benefit('new')
    const seen: number[] = []
    for (let after = start; ;) {
      const { items, next } = await page(after, 2)
      seen.push(...items.map((item) => item.number))
      if (next === after) break
      after = next
    }
    expect(seen).toEqual([2, 3, 4, 5, 6].map((one) => start + one))
  })

  it('is read page by page without missing or repeating anything, while news and withdrawals come in', async () => {
    const steps = array(constantFrom('tell', 'benefit', 'page', 'withdraw', 'reread'), {
      minLength: 10,
      maxLength: 16,
    })
    await assert(
      asyncProperty(steps, integer({ min: 1, max: 3 }), async (list, limit) => {
        await scene.enrolAnother(['identity', 'referral', 'medication.effect', 'benefit.period'])
        let after = await end()
        const cursor = after
        const got: any[] = []
        let withdrawn = false
        const read = async (): Promise<boolean> => {
          const { items, next } = await page(after, limit)
          expect(items.every((item) => item.number > after)).toBe(true)
          got.push(...items)
          const moved = next !== after
          after = next
          return moved
        }
        for (const [index, step] of list.entries()) {
          if (step === 'tell' && !withdrawn) await tell(`t${index}`)
          if (step === 'benefit') await benefit(`b${index}`)
          if (step === 'page') await read()
          if (step === 'reread') await page(cursor, limit)
          if (step === 'withdraw' && !withdrawn) {
            withdrawn = true
            await withdraw('medication')
          }
        }
        while (await read());
        const numbers = got.map((item) => item.number)
        expect(new Set(numbers).size).toBe(numbers.length)
        expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
        // Everything that was shown to anybody and may still be seen has passed this cursor.
        const all: any[] = []
        for (let next = cursor; ;) {
          const one = await page(next)
          all.push(...one.items)
          if (one.next === next) break
          next = one.next
        }
        expect(all.filter(({ id }) => !got.some((item) => item.id === id))).toEqual([])
      }),
      { numRuns: 12, seed: 4711 },
    )
  }, 120_000)

  it('gives every reader the same numbers when several read at once', async () => {
    const start = await end()
    for (let one = 0; one < 6; one += 1) await benefit(`r${one}`)
    const pages = await Promise.all(Array.from({ length: 6 }, () => page(start)))
    const [first] = pages
    expect(first?.items.map((item) => item.number)).toEqual([1, 2, 3, 4, 5, 6].map((one) => start + one))
    for (const other of pages)
      expect(other.items.map(({ id, number }) => [id, number])).toEqual(
        first?.items.map(({ id, number }) => [id, number]),
      )
  })

  it('keeps no gap and fails no reader when a correction overtakes an item while it is being read', async () => {
    const start = await end()
    const made = await scene.gateway.call(
      'hospital',
      'POST',
      '/fhir/Observation',
      rehabilitationSupport(scene.story, scene.client.patient, '2026-06-30'),
    )
    await Promise.all([
      page(start),
      change(
        scene.gateway,
        'hospital',
        `Observation/${made.body.id}`,
        (one) => (one.effectivePeriod.end = '2026-09-30'),
      ),
      page(start),
    ])
    const { items } = await page(start)
    expect(items.map((item) => item.number)).toEqual(items.map((_, index) => start + 1 + index))
    expect(items.at(-1).text).toContain('30.9.2026')
  })

  it('belongs to its party: nobody else marks its items, and a hospital reads its own only', async () => {
    const start = await end()
    await benefit('own')
    const { items } = await page(start)
    for (const party of ['other-team', 'hospital', 'office']) {
      expect((await scene.gateway.call(party, 'POST', `/api/inbox/${items[0].id}/read`)).status).toBe(404)
    }
    expect((await scene.gateway.call('team', 'POST', `/api/inbox/${items[0].id}/read`)).status).toBe(204)
    expect((await page(start)).items[0].read).toBe(true)
    expect((await scene.gateway.call('portal', 'GET', '/api/inbox')).status).toBe(404)
  })

  it('keeps the order of a client also when the clock ran backwards between two items', async () => {
    const start = await end()
    scene.gateway.clock.now += 60_000
    await tell('first')
    scene.gateway.clock.now -= 60_000
    await benefit('second')
    const { items } = await page(start)
    expect(items.map((item) => item.category)).toEqual(['medication', 'benefit'])
  })
})
