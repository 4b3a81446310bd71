import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../../demo/story-resources.ts'
import { parseResource } from '../../src/fhir/parse-resource.ts'
import type { Answer } from '../support/gateway.ts'
import { hasEngine } from '../support/stores.ts'
import { attempts } from './attempts.ts'
import { blames } from './blame.ts'
import { CANARY } from './hostile-values.ts'
import { type HostileGateway, startHostileGateway } from './hostile-gateway.ts'
import { mutationsOf } from './mutate.ts'
import type { Subject } from './subjects.ts'
import { textMutationsOf } from './text-mutations.ts'

// The engine that most messages a second go through.
const engine = hasEngine('postgres') ? 'postgres' : 'pglite'

/** Where a refusal for want of permission may leave something: that it happened, and its audit. */
const OF_A_REFUSAL: readonly string[] = ['audit_event', 'disclosure']

/** Names, numbers and words of the clients, as they stand in what is posted. */
const SECRETS = /Esimerkki|Kanerva|keittiö|Ketiapiini|tabletti|555 0100|\d{6}[-A]9\d\d[0-9A-Y]/

const HOURS = 3_600_000

let gateway: HostileGateway
beforeAll(async () => {
  gateway = await startHostileGateway(engine)
})
afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
afterAll(() => gateway.close())

let number = 0

/** One of the subjects as it is at that moment, made anew. */
const subjects = (): fc.Arbitrary<{ readonly subject: Subject; readonly root: Json }> =>
  fc.nat(gateway.subjects.length - 1).map((index) => {
    const subject = gateway.subjects[index]!
    return { subject, root: subject.build((number += 1)) }
  })

const renewNowAndThen = async (): Promise<void> => {
  if (number % 100 === 0) await gateway.renew()
}

const expectOrderly = async (answer: Answer): Promise<void> => {
  expect(answer.status).toBeLessThan(500)
  expect(gateway.faults).toEqual([])
  const changed = await gateway.changedTables()
  if (answer.status < 300) return
  const text = JSON.stringify(answer.body)
  expect(text).not.toContain(CANARY)
  expect(text).not.toMatch(SECRETS)
  expect(answer.body.resourceType).toBe('OperationOutcome')
  expect(changed.filter((table) => answer.status !== 403 || !OF_A_REFUSAL.includes(table))).toEqual([])
}

/**
 * Wall time over processor time of work that waits for nothing: how much longer everything takes because others use the
 * machine. 1 when nobody does.
 */
const stretch = (): number => {
  const [begun, cpu] = [performance.now(), process.cpuUsage()]
  for (let n = 0, hash = 0; n < 4_000_000; n += 1) hash = Math.imul(hash, 31) + n
  const { user, system } = process.cpuUsage(cpu)
  return Math.max(1, ((performance.now() - begun) * 1000) / (user + system))
}

/** Not only once, and not only because others use the machine: the same again, three times and alone. */
const isSlow = async (path: string, text: string): Promise<boolean> => {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const before = stretch()
    const { ms } = await gateway.post(path, text)
    if (ms / Math.max(before, stretch()) <= 200) return false
  }
  return true
}

/** Names of the subjects that are taken as they are. */
const soundSubjects = async (): Promise<ReadonlySet<string>> => {
  const sound = new Set<string>()
  for (const { name, path, build } of gateway.subjects) {
    const { status } = await gateway.post(path, JSON.stringify(build((number += 1))))
    if (status < 300) sound.add(name)
  }
  await gateway.changedTables()
  return sound
}

describe(`a message changed in one place, on ${engine}`, () => {
  it(
    'is answered in order, at once, at the place that is wrong, and never half stored',
    async () => {
      const sound = await soundSubjects()
      expect(sound.size).toBeGreaterThan(15)
      const seen = new Map<number, number>()
      let [refused, blamed] = [0, 0]
      const astray: string[] = []
      const slow: string[] = []
      const changes = subjects().chain(({ subject, root }) =>
        mutationsOf(root).map((mutation) => ({ subject, root, mutation })),
      )
      await fc.assert(
        fc.asyncProperty(changes, async ({ subject, root, mutation: { kind, path, text } }) => {
          await renewNowAndThen()
          const answer = await gateway.post(subject.path, text)
          seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
          await expectOrderly(answer)
          if (answer.ms > 200 && (await isSlow(subject.path, text))) slow.push(`${kind} ${path.join('.')}`)
          await gateway.changedTables()
          if (answer.status < 300) expect(parseResource(JSON.parse(text)).outcome).toBe('parsed')
          else if (sound.has(subject.name)) {
            refused += 1
            const places: readonly string[] = answer.body.issue.flatMap((one: any) => one.expression ?? [])
            if (places.some((place) => blames(place, path, root))) blamed += 1
            else astray.push(`${kind} ${subject.name} ${path.join('.')} → ${answer.status} ${places.join(', ')}`)
          }
        }),
        { ...attempts(3_000), endOnFailure: true },
      )
      expect(slow).toEqual([])
      expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 422]))
      expect(blamed / refused, astray.slice(0, 20).join('\n')).toBeGreaterThanOrEqual(0.95)
    },
    HOURS,
  )
})

describe('a message that is hardly one', () => {
  it(
    'is answered in order too',
    async () => {
      const broken = subjects().chain(({ subject: { path }, root }) =>
        textMutationsOf(JSON.stringify(root)).map((body) => ({ path, body })),
      )
      await fc.assert(
        fc.asyncProperty(broken, async ({ path, body }) => {
          await renewNowAndThen()
          await expectOrderly(await gateway.post(path, body))
        }),
        { ...attempts(1_000), endOnFailure: true },
      )
    },
    HOURS,
  )

  it(
    'is answered in order by the dry run, which keeps nothing at all',
    async () => {
      const asked = subjects().chain(({ root }) => mutationsOf({ recipient: 'team', input: root }))
      await fc.assert(
        fc.asyncProperty(asked, async ({ text }) => {
          const answer = await gateway.post('/api/explain', text)
          expect(answer.status).toBeLessThan(500)
          expect(await gateway.changedTables()).toEqual([])
          if (answer.status >= 300) expect(JSON.stringify(answer.body)).not.toMatch(SECRETS)
        }),
        { ...attempts(500), endOnFailure: true },
      )
    },
    HOURS,
  )
})
