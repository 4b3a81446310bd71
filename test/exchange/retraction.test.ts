import { beforeEach, expect, it } from 'vitest'
import {
  careNegotiation,
  type Json,
  medicationChange,
  medicationMessage,
  rehabilitationSupport,
} from '../../demo/story-resources.ts'
import { change } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import { furtherResources } from '../support/further-resources.ts'
import type { Answer } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

describeEachEngine('what a care team takes back or has not said yet', (engine) => {
  const scene = enrolledEach(engine, 'retraction', [
    'identity',
    'referral',
    'medication.detail',
    'care-meeting.time',
    'benefit.period',
  ])
  beforeEach(async () => {
    await news()
    await inbox()
  })

  const fails = (outcome: 'not-sent' | 'unknown'): void => {
    scene.gateway.answer = () => ({ outcome, why: 'connect' })
  }
  const later = (): void => {
    scene.gateway.answer = () => ({ outcome: 'delivered' })
    scene.gateway.clock.now += 3_600_000
  }
  /** What the team's system receives from here on. */
  const news = async (): Promise<any[]> => {
    const before = scene.gateway.received.length
    await scene.gateway.drain()
    return scene.gateway.received.slice(before).map(({ body }) => body)
  }
  let read = 0
  /** What the team reads for the first time. */
  const inbox = async (): Promise<any[]> => {
    const { body } = await scene.gateway.call('team', 'GET', `/api/inbox?language=en&after=${read}&limit=100`)
    read = body.next
    return body.items
  }
  const post = async (resource: Json, to = `/fhir/${String(resource['resourceType'])}`): Promise<Answer> => {
    const answer = await scene.gateway.call('hospital', 'POST', to, resource, { prefer: 'return=OperationOutcome' })
    expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status)
    return answer
  }
  const placeOf = ({ headers }: Answer): string =>
    /\/fhir\/([^/]+\/[^/]+)/.exec(headers.get('location') ?? '')?.[1] ?? ''
  const setStatus = async (reference: string, status: string): Promise<Answer> => {
    const answer = await change(scene.gateway, 'hospital', reference, (one) => (one.status = status))
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    return answer
  }
  const states = async (): Promise<string[]> => {
    const { body } = await scene.gateway.call(
      'hospital',
      'GET',
      `/api/disclosures?client=${scene.client.patient}&language=en`,
    )
    return body.items
      .filter((item: any) => !['identity', 'referral'].includes(item.category))
      .map((item: any) => `${item.category} ${item.channel ?? '-'} ${item.state} ${item.reason ?? ''}`.trim())
      .toSorted()
  }
  const retractsOf = (message: any): unknown =>
    message.extension.find(({ url }: any) => url.endsWith('/retracts'))?.valueId
  const message = (name = 'm'): Json => medicationMessage(scene.story, scene.client.patient, name)

  it('a message entered in error that had arrived is taken back by its id, without a word of what it said', async () => {
    const place = placeOf(await post(message()))
    const [told] = await news()
    const [shown] = await inbox()
    await setStatus(place, 'entered-in-error')
    const sent = await news()
    expect(sent.map(retractsOf)).toEqual([told.id])
    expect(JSON.stringify(sent)).not.toMatch(/tired|affect|lightly|weeks/i)
    expect(sent[0].payload[0].contentString).toBe('An earlier message has been taken back; do not rely on it')
    expect(sent[0].category[0].coding[0].code).toBe('medication.detail')
    const items = await inbox()
    expect(items.map(({ retracts, fields, text }) => [retracts, fields, text])).toEqual([
      [shown.id, {}, 'An earlier message has been taken back; do not rely on it'],
    ])
    // Nobody reads it any more, and nothing of it is left to be told from.
    expect((await scene.gateway.call('team', 'GET', `/fhir/Communication/${told.id}`)).status).toBe(404)
    const { body } = await scene.gateway.call(
      'team',
      'GET',
      `/api/inbox?language=en&after=${shown.number - 1}&limit=100`,
    )
    expect(body.items.map((item: any) => item.id)).not.toContain(shown.id)
  })

  it('what waits and what was not read disappears without a trace for the team', async () => {
    fails('not-sent')
    const place = placeOf(await post(message()))
    await news()
    await setStatus(place, 'entered-in-error')
    later()
    expect(await news()).toEqual([])
    expect(await inbox()).toEqual([])
    expect(await states()).toEqual(['medication.detail inbox superseded', 'medication.detail webhook superseded'])
    // The lane is open, and the next message is counted as if there had been none before it.
    await post(message('next'))
    expect((await news()).length).toBe(1)
  })

  it('what may have arrived is not tried again, and is taken back', async () => {
    fails('unknown')
    const place = placeOf(await post(message()))
    const [tried] = await news()
    await setStatus(place, 'entered-in-error')
    later()
    expect((await news()).map(retractsOf)).toEqual([tried.id])
    const { body } = await scene.gateway.call('hospital', 'GET', `/api/log?client=${scene.client.patient}&language=en`)
    const [line] = body.entries.filter(({ id }: any) => id === tried.id)
    expect([line?.kind, line?.state]).toEqual(['told', 'possibly-received'])
  })

  it('a dead letter that is taken back blocks its lane no more', async () => {
    scene.gateway.answer = () => ({ outcome: 'gone' })
    const place = placeOf(await post(message()))
    const [tried] = await news()
    await setStatus(place, 'entered-in-error')
    later()
    // Gone is gone for the whole endpoint, until an operator resumes it.
    expect(await news()).toEqual([])
    await scene.gateway.exchange.store.transaction((tx) =>
      tx.endpoints.change('team-webhook', (state) => ({ ...state, disabledAt: undefined })),
    )
    expect((await news()).map(retractsOf)).toEqual([tried.id])
  })

  it('a sending that is under way when it is taken back is not repeated with its content', async () => {
    const place = placeOf(await post(message()))
    let taken: Promise<Answer> | undefined
    scene.gateway.answer = async () => {
      taken ??= setStatus(place, 'entered-in-error')
      await taken
      return { outcome: 'unknown', why: 'timeout' }
    }
    const [tried] = await news()
    later()
    const after = await news()
    expect(after.map(retractsOf)).toEqual([tried.id])
    const { body } = await scene.gateway.call('hospital', 'GET', '/api/disclosures?limit=200&language=en')
    const ended = body.items.filter((one: any) => one.state === 'withheld')
    expect(ended.at(-1)).toMatchObject({ reason: 'taken-back' })
  })

  it('is taken back once, however often the sender says so, and every version of it', async () => {
    const place = placeOf(await post(message()))
    const first = await news()
    await change(scene.gateway, 'hospital', place, (one) => (one.sent = '2026-03-09T11:00:00+02:00'))
    const second = await news()
    fails('not-sent')
    await setStatus(place, 'entered-in-error')
    await news()
    await change(scene.gateway, 'hospital', place, (one) => (one.note = [{ text: 'väärä potilas' }]))
    later()
    expect((await news()).map(retractsOf)).toEqual([...first, ...second].map(({ id }) => id))
  })

  it('nobody is told of it whom the client no longer permits to be told, and the sender sees that', async () => {
    const place = placeOf(await post(message()))
    await news()
    await inbox()
    await change(scene.gateway, 'hospital', scene.client.consent, (consent) => (consent.status = 'inactive'))
    await news()
    await inbox()
    const answer = await setStatus(place, 'entered-in-error')
    expect(answer.status).toBe(200)
    expect(await news()).toEqual([])
    expect(await inbox()).toEqual([])
    expect(await states()).toEqual([
      'medication - refused no-applicable-consent',
      'medication.detail inbox delivered',
      'medication.detail webhook delivered',
    ])
  })

  it.each([
    ['Communication', 'preparation'],
    ['Communication', 'on-hold'],
    ['Communication', 'stopped'],
    ['Communication', 'unknown'],
    ['Communication', 'not-done'],
    ['Communication', 'entered-in-error'],
    ['MedicationRequest', 'draft'],
    ['MedicationRequest', 'unknown'],
    ['MedicationRequest', 'entered-in-error'],
    ['MedicationStatement', 'intended'],
    ['MedicationStatement', 'not-taken'],
    ['MedicationStatement', 'unknown'],
    ['MedicationStatement', 'entered-in-error'],
    ['Appointment', 'entered-in-error'],
    ['Observation', 'registered'],
    ['Observation', 'preliminary'],
    ['Observation', 'cancelled'],
    ['Observation', 'unknown'],
    ['Observation', 'entered-in-error'],
  ])('%s with status %s is kept and told to nobody, and a later version of it is', async (type, status) => {
    const [order] = medicationChange(scene.story, scene.client.patient)['entry'] as any[]
    const resources: Readonly<Record<string, any>> = {
      Communication: message(),
      MedicationRequest: order.resource,
      MedicationStatement: furtherResources(scene.story, scene.client.patient)['MedicationStatement'],
      Appointment: careNegotiation(scene.story, scene.client.patient, '2026-03-18T13:00:00+02:00', {
        identifier: scene.story.team,
      }),
      Observation: rehabilitationSupport(scene.story, scene.client.patient, '2026-06-30'),
    }
    const answer = await post({ ...resources[type], status })
    expect(answer.body.issue.map((issue: any) => issue.details.coding[0].code)).toEqual(['gateway-nothing-told'])
    expect([await news(), await inbox(), await states()]).toEqual([[], [], []])
    const place = placeOf(answer)
    expect((await scene.gateway.call('hospital', 'GET', `/fhir/${place}`)).body.status).toBe(status)
    await setStatus(place, resources[type].status)
    expect((await news()).length).toBe(1)
  })

  it.each([
    ['a proposal', { intent: 'proposal' }],
    ['a plan', { intent: 'plan' }],
    ['an option', { intent: 'option' }],
    ['an order not to give something', { doNotPerform: true }],
  ])(
    '%s is no change of treatment: it is kept and told to nobody, and the order that follows is told',
    async (_what, differs) => {
      const [order] = medicationChange(scene.story, scene.client.patient)['entry'] as any[]
      const answer = await post({ ...order.resource, ...differs })
      expect(answer.body.issue.map((issue: any) => [issue.details?.coding[0].code, issue.expression[0]])).toEqual([
        ['gateway-nothing-told', `MedicationRequest.${Object.keys(differs)[0]}`],
      ])
      expect(await news()).toEqual([])
      const ordered = await change(scene.gateway, 'hospital', placeOf(answer), (one) => {
        one.intent = 'order'
        delete one.doNotPerform
      })
      expect(ordered.status).toBe(200)
      expect((await news()).length).toBe(1)
    },
  )

  it('a message that goes back to its draft is not sent from the queue', async () => {
    fails('not-sent')
    const place = placeOf(await post(message()))
    await news()
    await setStatus(place, 'preparation')
    later()
    expect(await news()).toEqual([])
    expect(await inbox()).toEqual([])
  })

  it('a prescription that only a draft speaks about is told by itself', async () => {
    const bundle: any = structuredClone(medicationChange(scene.story, scene.client.patient))
    bundle.entry[1].resource.status = 'preparation'
    await post(bundle, '/fhir')
    const [told, ...more] = await news()
    expect(more).toEqual([])
    expect(JSON.stringify(told)).toContain('Ketiapiini')
    expect(JSON.stringify(told)).not.toContain('tiredness')
  })

  it('a message about a prescription entered in error says nothing of that prescription', async () => {
    const bundle: any = structuredClone(medicationChange(scene.story, scene.client.patient))
    bundle.entry[0].resource.status = 'entered-in-error'
    await post(bundle, '/fhir')
    const [told] = await news()
    expect(JSON.stringify(told)).toContain('tiredness')
    expect(JSON.stringify(told)).not.toContain('Ketiapiini')
  })

  it('a cancelled care meeting is news; one entered in error is taken back', async () => {
    const meeting = careNegotiation(scene.story, scene.client.patient, '2026-03-18T13:00:00+02:00', {
      identifier: scene.story.team,
    })
    const place = placeOf(await post(meeting))
    const [booked] = await news()
    await setStatus(place, 'cancelled')
    const [cancelled] = await news()
    expect(cancelled.payload[0].contentString).toContain('is cancelled')
    await setStatus(place, 'entered-in-error')
    expect((await news()).map(retractsOf)).toEqual([booked.id, cancelled.id])
  })

  it('no sender can pose as the gateway and take back a message of somebody else', async () => {
    const forged: any = structuredClone(message())
    forged.extension.push({ url: `${forged.extension[0].url.replace('care-team-update', 'retracts')}`, valueId: 'x' })
    await post(forged)
    expect((await news()).map(retractsOf)).toEqual([undefined])
  })
})
