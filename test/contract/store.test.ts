import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { decide, type Permit } from '../../src/consent/decide.ts'
import { clientIdentity, identifierIdentity } from '../../src/domain/identity.ts'
import type { Store, Transaction } from '../../src/store/store.ts'
import type { QueueItem } from '../../src/store/queries/outbox.ts'
import { laneName, type Lease } from '../../src/store/queries/leases.ts'
import { consentRecord, policy } from '../support/consent-record.ts'
import { describeEachEngine, openTestStore, type TestStore } from '../support/stores.ts'

const headOf = async (tx: Transaction, lease: Lease) =>
  (await tx.sendings.heads([{ ...lease, recipient: 'team' }])).get(laneName(lease))

/** What every store engine promises, whichever it is. */
describeEachEngine('the store', (engine) => {
  let opened: TestStore
  let store: Store
  beforeAll(async () => {
    opened = await openTestStore(engine)
    store = opened.store
  })
  afterAll(() => opened.close())

  const newClient = async (tx: Transaction): Promise<string> => {
    const id = randomUUID()
    const client = { id, birthDate: undefined, deceased: false, nonDisclosure: false, createdAt: 1 }
    const names = { birthDate: undefined, familyKey: undefined, givenKey: undefined }
    await tx.clients.create(client, [], {
      party: 'p',
      patientId: randomUUID(),
      clientId: id,
      state: 'linked',
      ...names,
    })
    return id
  }

  const permitFor = (clientId: string): Permit => {
    const recipient = identifierIdentity({ system: 's', value: 'team' })
    const decision = decide(
      {
        client: [clientIdentity(clientId)],
        action: 'disclose',
        purposes: [{ system: 'p', code: 'support' }],
        recipient: [recipient],
        recipientKind: 'ips-team',
        custodian: undefined,
        author: undefined,
        information: { category: 'medication', level: 'change' },
        data: undefined,
        clientState: { deceased: false, minor: false },
      },
      [consentRecord(clientId, recipient)],
      0,
      policy,
    )
    if (decision.outcome === 'deny') throw new Error(`no permit: ${JSON.stringify(decision.record)}`)
    return decision.permit
  }

  const item = (clientId: string, over: Partial<QueueItem> = {}): QueueItem => ({
    id: randomUUID(),
    endpoint: 'e1',
    channel: 'webhook',
    clientId,
    sender: 'hospital',
    recipient: 'team',
    recipientNames: [identifierIdentity({ system: 's', value: 'team' })],
    information: { category: 'medication', level: 'change' },
    purpose: 'employment-support',
    updateId: randomUUID(),
    source: 'Communication/1',
    urgent: false,
    at: 1,
    ...over,
  })

  const resource = (id: string, version = 1) => ({
    id,
    type: 'Communication',
    party: 'p',
    clientId: undefined,
    version,
    updatedAt: version,
    resource: { resourceType: 'Communication', text: `version ${version}` },
  })

  it('keeps nothing of a transaction that failed', async () => {
    const id = randomUUID()
    const failing = store.transaction(async (tx) => {
      await tx.resources.insert([resource(id)], [])
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    expect(await store.transaction((tx) => tx.resources.read([id]))).toEqual([])
  })

  it('keeps nothing of a transaction whose result is a refusal, and returns the refusal', async () => {
    const id = randomUUID()
    const result = await store.transaction(
      async (tx) => {
        await tx.resources.insert([resource(id)], [])
        return 'refused'
      },
      () => false,
    )
    expect(result).toBe('refused')
    expect(await store.transaction((tx) => tx.resources.read([id]))).toEqual([])
  })

  it('shows a transaction what it has written itself, whatever was waited for', async () => {
    const [one, two] = [randomUUID(), randomUUID()]
    const key = `own-${one}`
    await store.transaction(async (tx) => {
      await tx.resources.insert([resource(one)], [{ party: 'p', type: 'Communication', key, resourceId: one }])
      expect((await tx.resources.ofParty('p', [key], [])).map(({ stored }) => stored.id)).toEqual([one])
      expect(await tx.resources.replace(resource(one, 2))).toBe(true)
      await tx.resources.insert([resource(two)], [])
      await tx.resources.erase([two])
      expect((await tx.resources.read([one, two])).map(({ version }) => version)).toEqual([2])
    })
    expect((await store.transaction((tx) => tx.resources.read([one, two]))).length).toBe(1)
  })

  it('writes a row twice in one transaction, the second time over the first', async () => {
    const clientId = await store.transaction(newClient)
    const referral = { serviceRequestId: randomUUID(), clientId, sender: 'p', performer: 'team', live: true }
    await store.transaction(async (tx) => {
      await tx.careTeams.putReferral({ ...referral, taskId: randomUUID() })
      await tx.careTeams.putReferral({ ...referral, taskId: undefined, live: false })
    })
    const found = await store.transaction((tx) => tx.careTeams.referralOf(referral.serviceRequestId))
    expect(found).toMatchObject({ live: false, taskId: expect.any(String) })
  })

  it.each([
    ['is found at the commit', async () => {}],
    ['is met by a later statement', async (tx: Transaction) => void (await tx.resources.read([randomUUID()]))],
  ])('fails a transaction by the write that failed, when it %s, and goes on afterwards', async (_when, then) => {
    const [id, other] = [randomUUID(), randomUUID()]
    await store.transaction((tx) => tx.resources.insert([resource(id)], []))
    const failing = store.transaction(async (tx) => {
      await tx.resources.insert([resource(other)], [])
      await tx.resources.insert([resource(id)], [])
      await then(tx)
    })
    await expect(failing).rejects.toMatchObject({ code: '23505' })
    expect((await store.transaction((tx) => tx.resources.read([id, other]))).length).toBe(1)
  })

  it('keeps every version, and changes only the version that was seen', async () => {
    const id = randomUUID()
    await store.transaction((tx) => tx.resources.insert([resource(id)], []))
    expect(await store.transaction((tx) => tx.resources.replace(resource(id, 2)))).toBe(true)
    expect(await store.transaction((tx) => tx.resources.replace(resource(id, 2)))).toBe(false)
    const [now] = await store.transaction((tx) => tx.resources.read([id]))
    const [before] = await store.transaction((tx) => tx.resources.versions('p', 'Communication', id))
    expect(await store.transaction((tx) => tx.resources.versions('other', 'Communication', id))).toEqual([])
    expect(now?.resource).toMatchObject({ text: 'version 2' })
    expect(before?.resource).toMatchObject({ text: 'version 1' })
  })

  it('runs a transaction again when somebody else was first', async () => {
    let runs = 0
    const key = `race-${randomUUID()}`
    const write = async (): Promise<string> =>
      store.transaction(async (tx) => {
        runs += 1
        const [found] = await tx.resources.ofParty('p', [key], [])
        if (found !== undefined) return found.stored.id
        const id = randomUUID()
        const named = { party: 'p', type: 'Communication', key, resourceId: id }
        await tx.resources.insert([resource(id)], [named])
        return id
      })
    const ids = await Promise.all(Array.from({ length: 20 }, write))
    expect(new Set(ids).size).toBe(1)
    expect(runs).toBeGreaterThanOrEqual(20)
  })

  it('queues only with a genuine, fresh permit for that very information', async () => {
    const clientId = await store.transaction(newClient)
    const enqueue = (permit: Permit, over: Partial<QueueItem> = {}) =>
      store.transaction((tx) => tx.outbox.enqueue([{ permit, item: item(clientId, over) }]))
    const used = permitFor(clientId)
    await enqueue(used)
    await expect(enqueue(used)).rejects.toThrow(/not genuine or was used/)
    await expect(enqueue({ ...permitFor(clientId) })).rejects.toThrow(/not genuine/)
    const deeper = { information: { category: 'medication', level: 'detail' } } as const
    await expect(enqueue(permitFor(clientId), deeper)).rejects.toThrow(/something else/)
    await expect(enqueue(permitFor(clientId), { clientId: randomUUID() })).rejects.toThrow(/something else/)
    const others = { recipientNames: [identifierIdentity({ system: 's', value: 'office' })] }
    await expect(enqueue(permitFor(clientId), others)).rejects.toThrow(/something else/)
  })

  it('hands out a lane in the order in which its items were committed, also when others roll back in between', async () => {
    const clientId = await store.transaction(newClient)
    const order: string[] = []
    const put = (fails: boolean) => async (): Promise<void> => {
      const one = item(clientId, { endpoint: 'order' })
      await store
        .transaction(async (tx) => {
          await tx.outbox.enqueue([{ permit: permitFor(clientId), item: one }])
          if (fails) throw new Error('rolled back')
        })
        .then(
          () => order.push(one.id),
          () => {},
        )
    }
    for (const fails of [false, true, false, true, true, false]) await put(fails)()
    await Promise.all([put(false)(), put(true)(), put(false)()])
    const claim = { endpoints: ['order'], now: 10, until: 1010, most: 5 }
    const [lease] = await store.transaction((tx) => tx.leases.claim(claim))
    const seen: string[] = []
    for (;;) {
      const id = await store.transaction(async (tx) => {
        const head = await headOf(tx, lease!)
        if (head === undefined) return undefined
        await tx.sendings.settle([{ id: head.disclosure.id, state: 'delivered', at: 11 }])
        return head.disclosure.id
      })
      if (id === undefined) break
      seen.push(id)
    }
    expect(seen.slice(0, 3)).toEqual(order.slice(0, 3))
    expect(new Set(seen)).toEqual(new Set(order))
  })

  it('lends a lane to one worker at a time, and takes nothing from one whose lease is over', async () => {
    const clientId = await store.transaction(newClient)
    const one = item(clientId, { endpoint: 'lease' })
    await store.transaction((tx) => tx.outbox.enqueue([{ permit: permitFor(clientId), item: one }]))
    const until = (now: number) => ({ endpoints: ['lease'], now, until: now + 1000, most: 5 })
    const claim = (now: number) => store.transaction((tx) => tx.leases.claim(until(now)))
    const keep = async (lease: Lease) => (await store.transaction((tx) => tx.leases.keep([lease], 9000)))[0]?.state
    const [first] = await claim(10)
    expect(await claim(20)).toEqual([])
    const [second] = await claim(2000)
    expect(second?.clientId).toBe(clientId)
    expect(await keep(first!)).toBe('lost')
    await store.transaction((tx) => tx.leases.release([first!]))
    expect(await keep(second!)).toBe('held')
    expect((await store.transaction((tx) => headOf(tx, second!)))?.disclosure.id).toBe(one.id)
    await store.transaction((tx) => tx.leases.release([second!]))
    expect(await keep(second!)).toBe('lost')
    await store.transaction((tx) => tx.leases.postpone(second!, 5000))
    expect(await claim(4000)).toEqual([])
    expect((await claim(5000)).length).toBe(1)
  })

  it('leases no lane whose client somebody is changing, and the others all the same', async () => {
    if (engine === 'pglite') return
    const [busy, free] = [await store.transaction(newClient), await store.transaction(newClient)]
    for (const clientId of [busy, free]) {
      const one = item(clientId, { endpoint: 'busy' })
      await store.transaction((tx) => tx.outbox.enqueue([{ permit: permitFor(clientId), item: one }]))
    }
    const claim = (now: number) =>
      store.transaction((tx) => tx.leases.claim({ endpoints: ['busy'], now, until: now + 1000, most: 5 }))
    const keep = (leases: readonly Lease[]) => store.transaction((tx) => tx.leases.keep(leases, 9000))
    const [withdrawing, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const withdrawal = store.transaction(async (tx) => {
      await tx.clients.lock([busy], 'update')
      withdrawing.resolve()
      await done.promise
    })
    await withdrawing.promise
    expect((await claim(10)).map(({ clientId }) => clientId)).toEqual([free])
    done.resolve()
    await withdrawal
    const [lease] = await claim(20)
    expect(lease?.clientId).toBe(busy)
    const holding = Promise.withResolvers<void>()
    const again = store.transaction(async (tx) => {
      await tx.clients.lock([busy], 'update')
      expect((await keep([lease!])).map(({ state }) => state)).toEqual(['busy'])
      holding.resolve()
    })
    await Promise.all([holding.promise, again])
    expect((await keep([lease!])).map(({ state }) => state)).toEqual(['held'])
  })

  it('remembers a token assertion for every replica', async () => {
    expect(await store.rememberJti('c', 'j', 100, 1)).toBe(true)
    expect(await store.rememberJti('c', 'j', 100, 1)).toBe(false)
    expect(await store.rememberJti('other', 'j', 100, 1)).toBe(true)
    expect(await store.rememberJti('c', 'j', 300, 200)).toBe(true)
  })

  it('calls back when something is queued, so that nobody has to wait for the poll', async () => {
    const clientId = await store.transaction(newClient)
    const called = new Promise<void>((resolve) => {
      store.onHint(resolve)
    })
    await store.transaction((tx) => tx.outbox.enqueue([{ permit: permitFor(clientId), item: item(clientId) }]))
    await called
  })

  it('reports the newest of a client when there is more than was asked for, oldest first', async () => {
    const ids = await store.transaction(async (tx) => {
      const clientId = await newClient(tx)
      const made = [3, 1, 2].map((at) => item(clientId, { at }))
      await tx.outbox.enqueue(made.map((one) => ({ permit: permitFor(clientId), item: one })))
      return { clientId, byTime: made.toSorted((one, other) => one.at - other.at).map(({ id }) => id) }
    })
    const rows = await store.transaction((tx) => tx.reports.ofClient(ids.clientId, 2))
    expect(rows.map(({ id }) => id)).toEqual(ids.byTime.slice(1))
  })
})
