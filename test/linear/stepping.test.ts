import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { hetu } from '../support/enrol.ts'
import { startTestGateway, testParties, type TestGateway } from '../support/gateway.ts'
import { hasEngine, openTestStore, type TestStore } from '../support/stores.ts'
import { chosenSeeds, meetingOf, modelPlayed } from './chosen-meetings.ts'
import { Astray, follow, type Follower } from './follow.ts'
import { type GatedStore, openGatedStore } from './gated-store.ts'
import { changers, prepare, readAll, takers } from './meetings.ts'
import type { Played } from './model/play.ts'
import type { Turn } from './model/run.ts'
import { modelItems, realItems } from './outcome.ts'
import { createSide, type Side } from './side.ts'
import { printed } from './schedule-text.ts'

/** `IPS_STEPPED=5000 vitest run test/linear/stepping.test.ts` for more of them, `IPS_FIRST=17` to begin with that seed. */
const COUNT = Number(process.env['IPS_STEPPED'] ?? 190)
const FIRST = Number(process.env['IPS_FIRST'] ?? 1)

const { seeds, unseen } = chosenSeeds(FIRST, COUNT)

describe.skipIf(!hasEngine('postgres'))('two connections that step through each other', () => {
  let opened: TestStore
  let office: TestGateway
  const sides: {
    readonly gateway: TestGateway
    readonly follower: Follower
    readonly side: Side
    readonly store: GatedStore
  }[] = []
  let cases = 0

  const openSide = async (seed: string, wrap: (store: Store) => Store = (store) => store): Promise<void> => {
    const side = createSide()
    const store = await openGatedStore(opened.url, side.gate)
    const gateway = await startTestGateway('postgres', testParties(), {
      opened: { ...opened, store: store.store },
      seed,
      wrap,
    })
    const blocked = 'select 1 from pg_stat_activity where pid = $1 and wait_event_type = $2'
    const isBlocked = async (): Promise<boolean> => (await opened.rows(blocked, [store.pid, 'Lock'])).length > 0
    sides.push({ gateway, side, store, follower: { side, isBlocked } })
  }
  beforeAll(async () => {
    opened = await openTestStore('postgres')
    office = await startTestGateway('postgres', testParties(), { opened, seed: 'office' })
    await openSide('one')
    await openSide('other')
    await openSide('careless', careless)
  })
  afterAll(async () => {
    for (const { store } of sides) await store.close()
    await opened.close()
  })

  const setTime = (now: number): void => {
    for (const { clock } of [office, ...sides.map(({ gateway }) => gateway)]) clock.now = now
  }

  /** Plays one seed in the model and follows it on the server. */
  const meet = async (seed: number, chosen = meetingOf(seed), used = sides.slice(0, 2)): Promise<Played> => {
    const played = modelPlayed(seed, chosen)
    expect(played.broken).toBe(undefined)
    const start = office.clock.now
    const n = (cases += 1)
    const day = `${String(1 + (Math.floor(n / 100) % 28)).padStart(2, '0')}${String(1 + (Math.floor(n / 2800) % 12)).padStart(2, '0')}80`
    const one = await prepare(office, { ...chosen, run: `meet-${n}`, hetu: hetu(n, day) })
    const followers = new Map<string, Follower>()
    for (const [index, deed] of chosen.deeds.entries()) {
      const { gateway, side, follower } = used[index]!
      followers.set(deed.name, follower)
      side.start(() => deed.act(gateway, side, one))
    }
    try {
      await follow(played.turns, followers, (seconds) => setTime(start + seconds * 1000))
      expect(await realItems(opened, one), 'items when both were done').toEqual(modelItems(played.items))
    } catch (error) {
      throw new Astray(`seed ${seed}: ${String(error)}\n${printed(played.turns)}`)
    } finally {
      for (const { side } of used) side.open()
      for (const { side } of used) await side.result().catch(() => {})
    }
    setTime(office.clock.now + 1_000_000)
    await office.drain()
    await readAll(office, one.after)
    expect(await realItems(opened, one), `seed ${seed}: items at the end\n${printed(played.turns)}`).toEqual(
      modelItems(played.end),
    )
    return played
  }

  it(
    `do what the model does, and end as it ends, in ${seeds.length} interleavings that show every statement`,
    { timeout: 120_000 + seeds.length * 10_000 },
    async () => {
      const began = performance.now()
      const turns: Turn[] = []
      for (const seed of seeds) turns.push(...(await meet(seed)).turns)
      const seconds = Math.round((performance.now() - began) / 1000)
      const [waits, kills] = [turns.filter(({ waits }) => waits), turns.filter(({ step }) => step === 'is killed')]
      const starts = turns.filter(({ actor, step }) => step === 'start sendings' && actor.endsWith('starting at once'))
      console.log(
        `${seeds.length} interleavings: ${turns.length} steps, ${waits.length} waits, ${kills.length} kills, ` +
          `${starts.length} sendings started where they were queued, ${seconds} s`,
      )
      expect(unseen, 'what no seed shows').toEqual(new Set())
      expect(waits.length).toBeGreaterThan(seeds.length / 10)
      expect(kills.length).toBeGreaterThan(seeds.length / 50)
      expect(starts.length).toBeGreaterThan(seeds.length / 10)
    },
  )

  it('would be found out by it when a reader did not lock the client', { timeout: 60_000 }, async () => {
    const reader = takers.find(({ name }) => name === 'reader')!
    const withdrawal = changers[0]!
    const meeting = { deeds: [reader, withdrawal], actors: [reader, withdrawal], isDrained: true, isToldBefore: true }
    await expect(
      (async () => {
        for (let seed = 1; seed <= 20; seed += 1) await meet(seed, meeting, [sides[2]!, sides[1]!])
      })(),
    ).rejects.toThrow(Astray)
  })
})

/** A gateway that does not lock what it only reads. */
const careless = (store: Store): Store => ({
  ...store,
  transaction: (work, keeps) =>
    store.transaction((tx) => {
      const hold: typeof tx.clients.hold = async (ids, mode) => {
        if (mode === 'update') await tx.clients.hold(ids, mode)
      }
      return work({ ...tx, clients: { ...tx.clients, hold } })
    }, keeps),
})
