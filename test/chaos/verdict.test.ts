import { describe, expect, it } from 'vitest'
import type { Arrival, Evidence, Item, Recorded } from '../../chaos/evidence.ts'
import { faults, judge, type Verdict } from '../../chaos/verdict.ts'

const HOOK = 'team-webhook'
const INBOX = 'team-inbox'

/** Three messages about one client, told to one team on both of its endpoints; its consent stood all along. */
const records = ['m1', 'm2', 'm3']
const item = (index: number, endpoint: string, change: Partial<Item> = {}): Item => ({
  id: `${endpoint}-${index}`,
  kind: 'update',
  channel: endpoint === INBOX ? 'inbox' : 'webhook',
  endpoint,
  recipient: 'team',
  client: 'aino',
  record: `m${index}`,
  state: 'delivered',
  number: index,
  at: index * 100 + 50,
  mayHaveLeft: true,
  ...change,
})
const arrival = (endpoint: string, index: number, change: Partial<Arrival> = {}): Arrival => ({
  endpoint,
  id: `${endpoint}-${index}`,
  digest: `bytes of ${endpoint}-${index}`,
  number: index,
  accepted: true,
  ...change,
})
const clean: Evidence = {
  acknowledged: [...records, 'Consent/1/_history/1'].map((record) => ({ record })),
  recorded: new Map<string, Recorded>([
    ['Consent/1/_history/1', { client: 'aino', at: 10, kind: 'consent' }],
    ...records.map((record, n) => [record, { client: 'aino', at: (n + 1) * 100, kind: 'message' }] as const),
  ]),
  arrivals: [HOOK, INBOX].flatMap((endpoint) => [1, 2, 3].map((n) => arrival(endpoint, n))),
  items: [HOOK, INBOX].flatMap((endpoint) => [1, 2, 3].map((n) => item(n, endpoint))),
  sendings: [HOOK, INBOX].flatMap((endpoint) => [1, 2, 3].map((n) => ({ item: `${endpoint}-${n}`, at: n * 100 + 20 }))),
  consents: [{ client: 'aino', recipient: 'team', from: 10, until: undefined }],
  endpoints: new Map([['team', [HOOK, INBOX]]]),
}

const faultsOf = (evidence: Evidence): Partial<Verdict> => {
  const verdict = judge(evidence)
  return Object.fromEntries(faults.flatMap((name) => (verdict[name] === 0 ? [] : [[name, verdict[name]]])))
}
const withItem = (id: string, change: Partial<Item>): Evidence => ({
  ...clean,
  items: clean.items.map((one) => (one.id === id ? { ...one, ...change } : one)),
})
const without = (evidence: Evidence, ...ids: readonly string[]): Evidence => ({
  ...evidence,
  arrivals: evidence.arrivals.filter(({ id }) => !ids.includes(id)),
})
const withdrawnAt = (evidence: Evidence, until: number): Evidence => ({
  ...evidence,
  consents: evidence.consents.map((one) => ({ ...one, until })),
})

describe('the judge of a chaos run', () => {
  it('finds nothing wrong where everything arrived once and in order', () => {
    expect(faultsOf(clean)).toEqual({})
    expect(judge(clean)).toMatchObject({ acknowledged: 4, arrivals: 6, delivered: 6, withheld: 0, sameIdDuplicates: 0 })
  })

  it('finds nothing wrong in a repetition under the same id, and counts it', () => {
    const again = { ...clean, arrivals: [...clean.arrivals, arrival(HOOK, 1)] }
    expect(faultsOf(again)).toEqual({})
    expect(judge(again).sameIdDuplicates).toBe(1)
  })

  it('finds nothing wrong in what was withheld after a withdrawal', () => {
    const held = { state: 'withheld', number: undefined, mayHaveLeft: false, at: 330 }
    let evidence = withdrawnAt(without(clean, `${HOOK}-3`, `${INBOX}-3`), 325)
    evidence = { ...evidence, items: evidence.items.map((one) => (one.record === 'm3' ? { ...one, ...held } : one)) }
    evidence = { ...evidence, sendings: evidence.sendings.filter(({ at }) => at < 320) }
    expect(faultsOf(evidence)).toEqual({})
    expect(judge(evidence).withheld).toBe(2)
  })

  it('tells a number nobody can be sure of from a gap', () => {
    const evidence = withdrawnAt(without(withItem(`${HOOK}-2`, { state: 'withheld', at: 400 }), `${HOOK}-2`), 350)
    expect(faultsOf(evidence)).toEqual({})
    expect(judge(evidence).numbersInDoubt).toBe(1)
  })

  it('excuses an inbox item on a page that got lost when its consent was withdrawn meanwhile, and only then', () => {
    const [first, ...rest] = clean.arrivals.filter(({ endpoint }) => endpoint === INBOX)
    const hooks = clean.arrivals.filter(({ endpoint }) => endpoint === HOOK)
    const arrivals = [...hooks, ...rest, { ...first, reread: true } as Arrival]
    const again = (until: number, from: number): Evidence['consents'] => [
      { client: 'aino', recipient: 'team', from: 10, until },
      { client: 'aino', recipient: 'team', from, until: undefined },
    ]
    const withdrawn = { ...clean, arrivals, consents: again(130, 140) }
    expect(faultsOf(withdrawn)).toEqual({})
    expect(judge(withdrawn).readLate).toBe(1)
    expect(faultsOf({ ...clean, arrivals })).toEqual({ outOfOrder: 1 })
    const early = [...hooks, ...rest, first as Arrival]
    expect(faultsOf({ ...withdrawn, arrivals: early })).toEqual({ outOfOrder: 1 })
    expect(faultsOf({ ...withdrawn, consents: again(90, 95) })).toEqual({ outOfOrder: 1 })
  })

  it('lets what is urgent pass what is not, counts it, and lets it pass nothing urgent', () => {
    const hurried = (...ids: readonly string[]): Evidence => ({
      ...swapped(),
      items: clean.items.map((one) => ({ ...one, urgent: ids.includes(one.id) })),
    })
    expect(faultsOf(hurried(`${HOOK}-2`))).toEqual({})
    expect(judge(hurried(`${HOOK}-2`)).passed).toBe(1)
    expect(faultsOf(hurried(`${HOOK}-1`))).toEqual({})
    expect(judge(hurried(`${HOOK}-1`)).passed).toBe(0)
    expect(faultsOf(hurried(`${HOOK}-1`, `${HOOK}-2`))).toEqual({ outOfOrder: 1 })
    expect(judge(clean).passed).toBe(0)
  })

  it.each<[string, Evidence, Partial<Verdict>]>([
    ['an acknowledged message without a record', recordless('m2'), { lost: 1 }],
    ['an acknowledged consent without a record', recordless('Consent/1/_history/1'), { lost: 1 }],
    [
      'a message that was queued for one of two endpoints only',
      without({ ...clean, items: clean.items.filter(({ id }) => id !== `${INBOX}-3`) }, `${INBOX}-3`),
      { lost: 1 },
    ],
    ['an item still under way when all had time', withItem(`${HOOK}-3`, { state: 'sending' }), { lost: 1 }],
    ['a dead letter', withItem(`${HOOK}-3`, { state: 'dead' }), { lost: 1 }],
    ['something delivered that never arrived', without(clean, `${HOOK}-3`), { lost: 1 }],
    [
      'something delivered that the recipient refused',
      {
        ...clean,
        arrivals: clean.arrivals.map((one) => (one.id === `${HOOK}-3` ? { ...one, accepted: false } : one)),
      },
      { lost: 1 },
    ],
    [
      'something withheld while the consent stood',
      without(withItem(`${HOOK}-3`, { state: 'withheld', mayHaveLeft: false, number: undefined }), `${HOOK}-3`),
      { lost: 1 },
    ],
    ['an inbox item the reader is never shown', without(clean, `${INBOX}-3`), { lost: 1 }],
    [
      'the same id with other bytes',
      { ...clean, arrivals: [...clean.arrivals, arrival(HOOK, 1, { digest: 'others' })] },
      { otherDuplicates: 1 },
    ],
    ['the same message under another id', withTwin({ record: 'm3', number: 4 }), { otherDuplicates: 1 }],
    ['the same number under another id', withTwin({ record: undefined, number: 3 }), { otherDuplicates: 1 }],
    ['an older item after a newer one', swapped(), { outOfOrder: 1 }],
    [
      'numbers that do not follow the commits',
      {
        ...clean,
        recorded: new Map<string, Recorded>(clean.recorded).set('m1', { client: 'aino', at: 250, kind: 'message' }),
      },
      { outOfOrder: 2 },
    ],
    [
      'a number that was never used',
      without({ ...clean, items: clean.items.filter(({ id }) => id !== `${HOOK}-2`) }, `${HOOK}-2`),
      { lost: 1, gaps: 1 },
    ],
    [
      'a number whose item surely never left',
      withdrawnAt(without(withItem(`${HOOK}-2`, { state: 'withheld', at: 400, mayHaveLeft: false }), `${HOOK}-2`), 350),
      { gaps: 1 },
    ],
    ['a sending after the withdrawal', withdrawnAt(clean, 315), { sentWithoutConsent: 2 }],
    [
      'a sending under the consent for somebody else',
      { ...clean, consents: clean.consents.map((one) => ({ ...one, recipient: 'other-team' })) },
      { sentWithoutConsent: 6 },
    ],
    [
      'something the database does not know',
      { ...clean, arrivals: [...clean.arrivals, arrival(HOOK, 9)] },
      { unexplained: 1 },
    ],
    ['a number other than the database holds', renumbered(), { unexplained: 1 }],
    ['an arrival of what surely never left', withItem(`${HOOK}-3`, { mayHaveLeft: false }), { unexplained: 1 }],
  ])('counts %s', (_what, evidence, expected) => {
    expect(faultsOf(evidence)).toEqual(expected)
  })
})

function recordless(record: string): Evidence {
  const recorded = new Map([...clean.recorded].filter(([name]) => name !== record))
  return { ...clean, recorded }
}

function withTwin(change: Partial<Item>): Evidence {
  const twin = item(4, HOOK, change)
  return {
    ...clean,
    items: [...clean.items, twin],
    arrivals: [...clean.arrivals, arrival(HOOK, 4, { number: twin.number })],
  }
}

function swapped(): Evidence {
  const [one, two, ...rest] = clean.arrivals
  return { ...clean, arrivals: [two!, one!, ...rest] }
}

function renumbered(): Evidence {
  return {
    ...clean,
    arrivals: clean.arrivals.map((one) => (one.id === `${HOOK}-2` ? { ...one, number: 7 } : one)),
  }
}
