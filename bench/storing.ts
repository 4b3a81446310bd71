import { Client } from 'undici'
import {
  careTeam,
  consent,
  type Json,
  medicationChange,
  medicationMessage,
  patient,
  type Story,
} from '../demo/story-resources.ts'
import { median } from './figures.ts'
import type { Stage } from './stage.ts'
import { oneResourceOf, referralOf, storyOf } from './stories.ts'

/** Resources a second; `floor`: the same body parsed with zod and stored with one INSERT, in the same round. */
export type Storing = { readonly what: string; readonly perSecond: number; readonly floor: number }

type Known = { readonly story: Story; readonly patient: string; readonly team: string; readonly document: string }

/** Bodies of lone resources about clients who are known already, none of which is a repetition. */
const kinds: Readonly<Record<string, (known: Known, n: string) => Json>> = {
  Patient: (_known, n) => patient(storyOf(100_000 + Number(n))),
  Organization: (_known, n) => ({
    resourceType: 'Organization',
    identifier: [{ system: 'urn:bench:organizations', value: n }],
    name: 'Organisation',
  }),
  CareTeam: ({ story, patient: client, team }, n) => careTeam({ ...story, run: n }, client, team),
  Consent: ({ story, patient: client, document }, n) =>
    consent({ ...story, run: n }, client, document, ['medication.effect', 'care-meeting.time']),
  MedicationRequest: ({ story, patient: client }, n) => {
    const { entry } = medicationChange({ ...story, run: n }, client) as { entry: readonly { resource: Json }[] }
    return { ...entry[0]?.resource, status: 'draft' }
  },
  'Communication, told': ({ story, patient: client }, n) => medicationMessage({ ...story, run: n }, client, 'bench'),
}

const CONNECTIONS = 8
const CLIENTS = 64

export const measureStoring = async (
  stage: Stage,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly Storing[]> => {
  const token = await stage.gateway.child.ask<string>('token')
  const known = await enrol(stage.gateway.origin, token)
  const found = new Map(Object.keys(kinds).map((what) => [what, { ours: [] as number[], floor: [] as number[] }]))
  let n = 0
  for (let round = -1; round < rounds; round += 1) {
    for (const [what, make] of Object.entries(kinds)) {
      const one = known[n % known.length]
      if (one === undefined) throw new Error('nobody is enrolled')
      const next = (): string => JSON.stringify(make(known[(n += 1) % known.length] ?? one, String(n)))
      const path = `/fhir/${what.split(',')[0] ?? ''}`
      const ours = await rate({ origin: stage.gateway.origin, path, token, seconds, next })
      const floor = await rate({
        origin: stage.floor.origin,
        path: '/one',
        token,
        seconds,
        next: () => oneResourceOf(n),
      })
      if (round >= 0) {
        found.get(what)?.ours.push(ours)
        found.get(what)?.floor.push(floor)
      }
    }
  }
  return [...found].map(([what, { ours, floor }]) => ({ what, perSecond: median(ours), floor: median(floor) }))
}

const post = async (client: Client, path: string, token: string, body: string): Promise<any> => {
  const headers = { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}` }
  const answer = await client.request({ method: 'POST', path, headers, body })
  const said = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${path} answered ${answer.statusCode}: ${said.slice(0, 500)}`)
  return JSON.parse(said)
}

const enrol = async (origin: string, token: string): Promise<readonly Known[]> => {
  const client = new Client(origin)
  const known: Known[] = []
  for (let n = 0; n < CLIENTS; n += 1) {
    const { entry } = await post(client, '/fhir', token, referralOf(n))
    const place = (index: number): string => entry[index].response.location.split('/_history')[0]
    known.push({ story: storyOf(n), patient: place(0), team: place(1), document: place(4) })
  }
  await client.close()
  return known
}

type Order = {
  readonly origin: string
  readonly path: string
  readonly token: string
  readonly seconds: number
  next(): string
}

/** A closed loop over a few connections. */
const rate = async ({ origin, path, token, seconds, next }: Order): Promise<number> => {
  let done = 0
  const begun = performance.now()
  const loop = async (): Promise<void> => {
    const client = new Client(origin)
    while (performance.now() < begun + seconds * 1000) {
      await post(client, path, token, next())
      done += 1
    }
    await client.close()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, loop))
  return done / ((performance.now() - begun) / 1000)
}
