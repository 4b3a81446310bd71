import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { medicationMessage } from '../demo/story-resources.ts'
import { enrolment, storyOf } from './clients.ts'
import { hospitalCalls } from './hospital-calls.ts'
import { keepRunning } from './processes.ts'
import type { Scene } from './scene.ts'

/** How many messages are under way when the gateway is killed. */
const AT_ONCE = 3

/**
 * Kills a gateway on the embedded store right after it has acknowledged a message, with others under way, and looks after
 * the next start whether what it acknowledged is there.
 *
 * @param whileOpen called once, while a gateway has the directory open.
 * @returns counts; `lost` of acknowledged messages that could not be read any more, after their own kill or at the end.
 * @throws when a gateway does not come up within a minute.
 */
export const killEmbedded = async (
  directory: string,
  kills: number,
  whileOpen: () => Promise<void> = async () => {},
): Promise<{ readonly kills: number; readonly acknowledged: number; readonly lost: number }> => {
  const scene: Scene = {
    databaseUrl: '',
    hooks: 'http://127.0.0.1:9',
    tokenKey: randomBytes(32).toString('base64'),
    pseudonymKey: randomBytes(32).toString('base64'),
    seed: 0,
    producers: 0,
  }
  const said: string[] = []
  const slot = keepRunning(
    () => new URL('embedded.ts', import.meta.url),
    () => [JSON.stringify(scene), directory],
    (line) => said.push(line),
  )
  const hospital = async () => {
    for (let tries = 0; slot.port() === undefined; tries += 1) {
      if (tries > 6000) throw new Error(`the gateway did not come up: ${said.slice(-3).join(' ')}`)
      await sleep(10)
    }
    return hospitalCalls(scene, slot.port() ?? 0, () => {})
  }
  const isLost = async (reference: string): Promise<boolean> => {
    const found = await (await hospital()).insist({ method: 'GET', path: `/fhir/${reference}` }, [200])
    return found === undefined
  }
  const countLost = async (references: readonly string[]): Promise<number> => {
    let lost = 0
    for (const reference of references) if (await isLost(reference)) lost += 1
    return lost
  }
  try {
    const enrolled = await (await hospital()).insist({ method: 'POST', path: '/fhir', body: enrolment(1) }, [200])
    const patient = String(enrolled?.body.entry[0].response.location).split('/_history')[0] ?? ''
    await whileOpen()
    const acknowledged: string[] = []
    let lost = 0
    for (let round = 0; round < kills; round += 1) {
      const { insist } = await hospital()
      const before = acknowledged.length
      const hit = Promise.withResolvers<void>()
      const dead = new AbortController()
      const post = async (n: number): Promise<void> => {
        const body = medicationMessage(storyOf(1, `${round}-${n}`), patient, 'm')
        const answer = await insist({ method: 'POST', path: '/fhir/Communication', body }, [201], dead.signal)
        if (answer === undefined) return
        acknowledged.push(`Communication/${answer.body.id}`)
        slot.kill()
        dead.abort()
        hit.resolve()
      }
      const posts = Array.from({ length: AT_ONCE }, (_, n) => post(n))
      await hit.promise
      await Promise.all(posts)
      while (slot.port() !== undefined) await sleep(2)
      lost += await countLost(acknowledged.slice(before))
    }
    lost += await countLost(acknowledged)
    return { kills, acknowledged: acknowledged.length, lost }
  } finally {
    await slot.end()
  }
}
