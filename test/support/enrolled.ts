import { afterAll, afterEach, beforeEach, expect } from 'vitest'
import { type Story, storyPermits } from '../../demo/story-resources.ts'
import { enrol, type Enrolled, hetu, testStory } from './enrol.ts'
import { startTestGateway, type TestGateway } from './gateway.ts'
import type { Engine } from './stores.ts'

/** Where a test stands when it begins. `n` is the number of the test within its suite, for names of its own. */
export type Scene = {
  readonly gateway: TestGateway
  readonly client: Enrolled
  readonly story: Story
  readonly n: number
  /** Enrols one more client, who takes the place of the one before. */
  enrolAnother(permits: readonly string[]): Promise<void>
}

/**
 * One gateway for a suite, and for each of its tests a client of her own, whose referral and consent stand. No test may
 * leave a fault of the gateway behind.
 */
export const enrolledEach = (engine: Engine, name: string, permits: readonly string[] = storyPermits): Scene => {
  let gateway: TestGateway | undefined
  let current: Pick<Scene, 'client' | 'story'> | undefined
  let n = 0
  const standing = () => {
    if (gateway === undefined || current === undefined) throw new Error('nobody is enrolled before the first test')
    return { ...current, gateway }
  }
  const enrolNext = async (asked: readonly string[]): Promise<void> => {
    gateway ??= await startTestGateway(engine)
    n += 1
    const story = testStory(`${name}-${n}`, hetu(n))
    current = { story, client: await enrol(gateway, story, asked) }
  }
  beforeEach(async () => {
    if (gateway !== undefined) gateway.answer = () => ({ outcome: 'delivered' })
    await enrolNext(permits)
  })
  afterEach(() => expect(gateway?.faults.splice(0)).toEqual([]))
  afterAll(() => gateway?.close())
  return {
    get gateway() {
      return standing().gateway
    },
    get client() {
      return standing().client
    },
    get story() {
      return standing().story
    },
    get n() {
      return n
    },
    enrolAnother: enrolNext,
  }
}
