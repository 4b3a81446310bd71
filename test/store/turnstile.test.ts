import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasEngine, openTestStore, type TestStore } from '../support/stores.ts'

/** On a server with several connections; an embedded store has one. */
describe.skipIf(!hasEngine('postgres'))('a withdrawal that waits for those who tell of the client', () => {
  let opened: TestStore
  beforeAll(async () => {
    opened = await openTestStore('postgres')
  })
  afterAll(() => opened.close())

  const waiting = async (): Promise<number> =>
    (await opened.rows(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
      .length

  const ways = {
    'a sender': (tx, { clientId }) => tx.clients.lock([clientId], 'share'),
    'who names her by a record': (tx, { patientId }) => tx.standings.lockBehind('hospital', [patientId]),
  } satisfies Record<
    string,
    (tx: Parameters<Parameters<TestStore['store']['transaction']>[0]>[0], one: Known) => Promise<unknown>
  >
  type Known = { readonly clientId: string; readonly patientId: string }

  it.each(Object.entries(ways))('is not overtaken by %s who comes after it', async (_who, share) => {
    const { store } = opened
    const known = { clientId: randomUUID(), patientId: randomUUID() }
    const { clientId, patientId } = known
    await store.transaction((tx) =>
      tx.clients.create(
        { id: clientId, birthDate: undefined, deceased: false, nonDisclosure: false, createdAt: 1 },
        [],
        {
          party: 'hospital',
          patientId,
          clientId,
          state: 'linked',
          birthDate: undefined,
          familyKey: undefined,
          givenKey: undefined,
        },
      ),
    )
    const order: string[] = []
    const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const first = store.transaction(async (tx) => {
      await share(tx, known)
      begun.resolve()
      await over.promise
    })
    await begun.promise
    const withdrawal = store.transaction(async (tx) => {
      await tx.clients.lock([clientId], 'update')
      order.push('withdrawal')
    })
    const late: Promise<void>[] = []
    try {
      await vi.waitFor(async () => expect(await waiting()).toBe(1))
      const afterIt = store.transaction(async (tx) => {
        await share(tx, known)
        order.push('late')
      })
      late.push(afterIt)
      await vi.waitFor(async () => expect(await waiting()).toBe(2))
    } finally {
      over.resolve()
      await Promise.all([first, withdrawal, ...late])
    }
    expect(order).toEqual(['withdrawal', 'late'])
  })
})
