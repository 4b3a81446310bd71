import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseResource } from '../../src/fhir/parse-resource.ts'
import type { Answer } from '../support/gateway.ts'
import { hasEngine } from '../support/stores.ts'
import { attempts } from './attempts.ts'
import { blames } from './blame.ts'
import { CANARY } from './hostile-values.ts'
import { type HostileGateway, startHostileGateway } from './hostile-gateway.ts'
import { mutationsOf } from './mutate.ts'
import { textMutationsOf } from './text-mutations.ts'

// The engine the most messages a second go through.
const engine = hasEngine('postgres') ? 'postgres' : 'pglite'

/** Where a refusal for want of permission may leave something: that it happened, and its audit. */
const OF_A_REFUSAL: readonly string[] = ['audit_event', 'disclosure']

/** Names, numbers and words of the clients, as they stand in what is posted. */
const SECRETS = /Esimerkki|Kanerva|keittiö|Ketiapiini|tabletti|555 0100|\d{6}[-A]9\d\d[0-9A-Y]/

let gateway: HostileGateway
beforeAll(async () => {
  gateway = await startHostileGateway(engine)
})
afterEach(() => expect(gateway.faults.splice(0)).toEqual([]))
afterAll(() => gateway.close())

let number = 0
const fresh = (): number => (number += 1)

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

/** Slow only because others use the machine: the same again, as a new message, three times and alone. */
const isSlow = async (path: string, build: () => string): Promise<boolean> => {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { ms } = await gateway.post(path, build())
    await gateway.changedTables()
    if (ms <= 200) return false
  }
  return true
}

describe(`a message changed in one place, on ${engine}`, () => {
  it('is answered in order, at once, at the place that is wrong, and never half stored', async () => {
    const sound = new Set<string>()
    for (const { name, path, build } of gateway.subjects) {
      const { status } = await gateway.post(path, JSON.stringify(build(fresh())))
      if (status < 300) sound.add(name)
    }
    await gateway.changedTables()
    expect(sound.size).toBeGreaterThan(15)
    const seen = new Map<number, number>()
    let [refused, blamed] = [0, 0]
    const astray: string[] = []
    const slow: string[] = []
    const changes = fc.constantFrom(...gateway.subjects).chain((subject) => {
      const root = subject.build(fresh())
      return mutationsOf(root).map((mutation) => ({ subject, root, mutation }))
    })
    await fc.assert(
      fc.asyncProperty(changes, async ({ subject, root, mutation: { kind, path, text } }) => {
        const answer = await gateway.post(subject.path, text)
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
        await expectOrderly(answer)
        if (answer.ms > 200 && (await isSlow(subject.path, () => text))) slow.push(`${kind} ${path.join('.')}`)
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
    expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 409, 422]))
    expect(blamed / refused, astray.slice(0, 20).join('\n')).toBeGreaterThanOrEqual(0.95)
  }, 3_600_000)
})

describe('a message that is hardly one', () => {
  it('is answered in order too', async () => {
    const broken = fc
      .constantFrom(...gateway.subjects)
      .chain(({ path, build }) => textMutationsOf(JSON.stringify(build(fresh()))).map((body) => ({ path, body })))
    await fc.assert(
      fc.asyncProperty(broken, async ({ path, body }) => expectOrderly(await gateway.post(path, body))),
      { ...attempts(1_000), endOnFailure: true },
    )
  }, 3_600_000)

  it('is answered in order by the dry run, which keeps nothing at all', async () => {
    const asked = fc
      .constantFrom(...gateway.subjects)
      .chain(({ build }) => mutationsOf({ recipient: 'team', input: build(fresh()) }))
    await fc.assert(
      fc.asyncProperty(asked, async ({ text }) => {
        const answer = await gateway.post('/api/explain', text)
        expect(answer.status).toBeLessThan(500)
        expect(await gateway.changedTables()).toEqual([])
        if (answer.status >= 300) expect(JSON.stringify(answer.body)).not.toMatch(SECRETS)
      }),
      { ...attempts(500), endOnFailure: true },
    )
  }, 3_600_000)
})
