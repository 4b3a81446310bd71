import { describe, expect, it, vi } from 'vitest'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway } from '../support/gateway.ts'
import { hasEngine } from '../support/stores.ts'

/** On a server with several connections; an embedded store has one. */
describe.skipIf(!hasEngine('postgres'))('an operator who gives up what a withdrawal is ending', () => {
  it('waits for it, and not the two for each other', async () => {
    const gateway = await startTestGateway('postgres')
    const { exchange, opened, clock } = gateway
    const { store } = exchange
    try {
      await enrol(gateway, testStory('given-up', hetu(1)))
      const [item] = await opened.rows(`select id, client_id from disclosure where channel = 'webhook' limit 1`)
      const [id, clientId] = [String(item?.['id']), String(item?.['client_id'])]
      const [locked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const runs = { withdrawal: 0, skip: 0 }
      const withdrawal = store.transaction(async (tx) => {
        runs.withdrawal += 1
        await tx.clients.hold([clientId], 'update')
        await tx.lanes.openOf(clientId)
        locked.resolve()
        await goOn.promise
        await tx.lanes.end({ id, state: 'withheld', at: clock.now, reason: 'no-applicable-consent' })
      })
      await locked.promise
      const skipped = store.transaction((tx) => {
        runs.skip += 1
        return tx.operations.skip(id, clock.now)
      })
      const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      await vi.waitFor(async () => expect((await opened.rows(waits)).length).toBe(1))
      goOn.resolve()
      await withdrawal
      expect([await skipped, runs]).toEqual([undefined, { withdrawal: 1, skip: 1 }])
    } finally {
      await gateway.close()
    }
  })
})
