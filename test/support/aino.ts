import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { enrol, type Enrolled, hetu, testStory } from './enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from './gateway.ts'

export const story = testStory('bad', hetu(1))
/** Live bindings, set before the first test of the file that calls `withAino`. */
export let gateway: TestGateway
export let aino: Enrolled

/** One gateway for a test file, at which the hospital has enrolled Aino; a fault inside fails the test it happened in. */
export const withAino = (): void => {
  beforeAll(async () => {
    gateway = await startTestGateway('pglite')
    aino = await enrol(gateway, story)
  })
  afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
  afterAll(() => gateway.close())
}

/** Posts as the hospital. */
export const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  gateway.call('hospital', 'POST', path, body, headers)
