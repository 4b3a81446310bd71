import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Transaction } from '../../src/store/store.ts'
import { hasEngine, openTestStore, type TestStore } from '../support/stores.ts'

const link = { state: 'linked', birthDate: undefined, familyKey: undefined, givenKey: undefined } as const

/** A party meets a client for the first time twice at once: a worker sends to its webhook while it reads its inbox. */
describe.skipIf(!hasEngine('postgres'))("two transactions that make a party's name for a client", () => {
  let opened: TestStore
  beforeAll(async () => {
    opened = await openTestStore('postgres')
  })
  afterAll(() => opened.close())

  const newClient = (tx: Transaction): Promise<string> => {
    const id = randomUUID()
    const client = { id, birthDate: undefined, deceased: false, nonDisclosure: false, createdAt: 1 }
    const first = { ...link, party: 'hospital', patientId: randomUUID(), clientId: id }
    return tx.clients.create(client, [], first).then(() => id)
  }
  const isSomebodyWaiting = async (): Promise<boolean> =>
    (
      await opened.rows(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
    ).length > 0

  it.each([
    ['commits', undefined],
    ['is rolled back', new Error('rolled back on purpose')],
  ])('agree on one, whichever is first, when the first %s', async (_how, failure) => {
    const { store } = opened
    const clientId = await store.transaction(newClient)
    const named = Promise.withResolvers<string>()
    const over = Promise.withResolvers<void>()
    const first = store.transaction(async (tx) => {
      named.resolve(await tx.clients.handle('team', clientId, randomUUID()))
      await over.promise
      if (failure !== undefined) throw failure
    })
    const name = await named.promise
    const second = store.transaction((tx) => tx.clients.handle('team', clientId, randomUUID()))
    await vi.waitFor(async () => expect(await isSomebodyWaiting()).toBe(true))
    over.resolve()
    await first.catch((error: unknown) => expect(error).toBe(failure))
    const other = await second
    const [row] = await opened.rows(`select patient_id from patient_link where client_id = $1 and party = 'team'`, [
      clientId,
    ])
    expect(other).toBe(row?.['patient_id'])
    if (failure === undefined) expect(other).toBe(name)
  })

  it('keep it for good, and write nothing when it is there already', async () => {
    const { store } = opened
    const clientId = await store.transaction(newClient)
    const handle = (): Promise<string> => store.transaction((tx) => tx.clients.handle('team', clientId, randomUUID()))
    const place = `select ctid::text, xmin::text, xmax::text, patient_id from patient_link where client_id = $1 and party = 'team'`
    const name = await handle()
    const [before] = await opened.rows(place, [clientId])
    expect(await handle()).toBe(name)
    expect(await opened.rows(place, [clientId])).toEqual([before])
  })
})
