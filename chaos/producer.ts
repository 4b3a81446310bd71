import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { medicationMessage } from '../demo/story-resources.ts'
import { startGateway } from '../src/compose.ts'
import { openStore } from '../src/open-store.ts'
import { CLIENTS, enrolment, storyOf } from './clients.ts'
import { consentKeeper } from './consent-keeper.ts'
import { hospitalCalls } from './hospital-calls.ts'
import { journal, readJournal } from './journal.ts'
import { pick, randomOf } from './random.ts'
import { configOf, sceneOf } from './scene.ts'
import { orEnd, underParent } from './under-parent.ts'
import { unsteady } from './unsteady-store.ts'

/**
 * A hospital's gateway and the hospital itself: submits messages about all clients, and grants and withdraws the consents
 * of its own share of them, until it is killed. Its gateway sends nothing: that is the workers' part.
 */
const [sceneText, name = '', share = '0', file = ''] = process.argv.slice(2)
const scene = sceneOf(sceneText)
const config = configOf(scene)
const random = randomOf(scene.seed ^ process.pid)
const store = unsteady(await openStore(config).catch(orEnd), random)
const gateway = await startGateway(
  { ...config, relay: { ...config.relay, workers: 0 } },
  pino({ level: 'silent' }),
  undefined,
  Promise.resolve(store),
).catch(orEnd)

const stop = new AbortController()
const write = journal(file)
const hospital = hospitalCalls(scene, gateway.port, write)
const mine = Array.from({ length: CLIENTS }, (_, n) => n).filter((n) => n % scene.producers === Number(share))
const patients: string[] = []
const firstConsents: string[] = []
const earlier = readJournal(file)
for (const entry of earlier) {
  if (entry.kind !== 'enrolled') continue
  patients[entry.client] = entry.patient
  firstConsents[entry.client] = entry.consent
}

const enrolAll = async (): Promise<void> => {
  for (let n = 0; n < CLIENTS && !stop.signal.aborted; n += 1) {
    if (patients[n] !== undefined) continue
    const answer = await hospital.insist({ method: 'POST', path: '/fhir', body: enrolment(n) }, [200], stop.signal)
    if (answer === undefined) return
    const place = (index: number): string => answer.body.entry[index].response.location.split('/_history')[0]
    patients[n] = place(0)
    firstConsents[n] = place(5)
    write({ kind: 'enrolled', client: n, patient: place(0), consent: place(5) })
    write({ kind: 'acknowledged', record: `${place(6).split('/')[1]} referral` })
    write({ kind: 'acknowledged', record: `${place(5)}/_history/1` })
  }
}

/** The share of messages that pass what waits before them. */
const URGENT = 0.1

let told = 0
const tell = async (): Promise<void> => {
  const n = Math.floor(random() * CLIENTS)
  told += 1
  const message = medicationMessage(storyOf(n, `${name}-${told}`), patients[n] ?? '', 'm')
  const body = random() < URGENT ? { ...message, priority: 'urgent' } : message
  const answer = await hospital.insist(
    { method: 'POST', path: '/fhir/Communication', body },
    [200, 201, 403],
    stop.signal,
  )
  if (answer === undefined || answer.status === 403) return
  write({ kind: 'acknowledged', record: `${answer.body.id} medication` })
}

const loop = async (act: () => Promise<void>, pauseMs: number): Promise<void> => {
  while (!stop.signal.aborted) {
    await act()
    await sleep(random() * pauseMs)
  }
}

underParent({
  port: gateway.port,
  stop: async () => {
    stop.abort()
    await working
    await gateway.stop()
  },
})

const working = (async () => {
  await enrolAll()
  if (stop.signal.aborted) return
  const keeper = consentKeeper({ hospital, write, patients, name, earlier, firstConsents })
  const change = (): Promise<void> =>
    keeper.toggle(
      pick(
        random,
        mine.map((n) => [n, 1]),
      ),
      random() < 0.5 ? 'team-a' : 'team-b',
      stop.signal,
    )
  await Promise.all([loop(tell, 250), loop(tell, 250), loop(change, 900)])
})()
await working
