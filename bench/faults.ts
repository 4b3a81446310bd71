import { setTimeout as pause } from 'node:timers/promises'
import { type Child, startChild } from './child.ts'
import { percentile } from './figures.ts'
import { describeMachine, load } from './machine.ts'
import { engines, type Engine } from './options.ts'
import { openReceiver } from './open-receiver.ts'
import { openPlaces } from './places.ts'
import { medicationMessageOf, referralOf } from './stories.ts'

/**
 * `npm run -s bench:faults`: milliseconds from a message's POST to its arrival at a healthy receiver, while the same
 * message also goes to three others: all well, or one that never answers, one that answers without end and one that hangs
 * up. A message every `EVERY_MS`, whatever has become of those before; both in turns. `--quick`: shorter rounds.
 */
const QUICK = process.argv.includes('--quick')
const CLIENTS = 20
const MESSAGES = QUICK ? 200 : 600
const ROUNDS = QUICK ? 1 : 3
const EVERY_MS = 50

/** When the messages of each client were posted, oldest first; a lane keeps their order. */
type Posted = Map<string, number[]>

const measure = async (engine: Engine, isWell: boolean): Promise<readonly number[]> => {
  const places = await openPlaces(engine)
  if (places === undefined) return []
  const posted: Posted = new Map()
  const taken: number[] = []
  /** The team's names for the clients, in the order in which they came. */
  const subjects = new Set<string>()
  const healthy = await openReceiver((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.writeHead(204).end()
      const subject = JSON.parse(Buffer.concat(chunks).toString()).subject.reference
      subjects.add(subject)
      const at = posted.get(subject)?.shift()
      if (at !== undefined) taken.push(performance.now() - at)
    })
  })
  let [others, gateway]: (Child | undefined)[] = []
  try {
    others = await startChild('sick-receivers.ts', { isWell })
    const more = await others.ask<readonly string[]>('hooks')
    gateway = await startChild('gateway-server.ts', { place: places.gateway, hook: healthy.hook, more })
    const call = caller(`http://127.0.0.1:${await gateway.ask<number>('port')}`, await gateway.ask<string>('token'))
    const clients: { readonly n: number; readonly patient: string; readonly subject: string }[] = []
    for (let n = 0; n < CLIENTS; n += 1) {
      const answer = JSON.parse(await call('/fhir', referralOf(n)))
      // One after the other, so that the new name is hers.
      while (subjects.size <= n) await pause(5)
      clients.push({
        n,
        patient: answer.entry[0].response.location.split('/_history')[0],
        subject: [...subjects][n] ?? '',
      })
    }
    // The referrals' own webhooks go first.
    await pause(1_000)
    for (const { subject } of clients) posted.set(subject, [])
    const calls: Promise<unknown>[] = []
    for (let n = 0; n < MESSAGES; n += 1) {
      const client = clients[n % CLIENTS]
      if (client === undefined) continue
      posted.get(client.subject)?.push(performance.now())
      calls.push(call('/fhir/Communication', medicationMessageOf(client.n, client.patient, `news-${n}`)))
      await pause(EVERY_MS)
    }
    await Promise.all(calls)
    for (let waited = 0; taken.length < MESSAGES && waited < 60_000; waited += 50) await pause(50)
    const beside = isWell ? 'well' : 'sick'
    if (taken.length < MESSAGES)
      throw new Error(`only ${taken.length} of ${MESSAGES} arrived beside ${beside} receivers`)
    return taken
  } finally {
    await gateway?.stop()
    await others?.stop()
    healthy.close()
    await places.remove()
  }
}

const caller =
  (origin: string, token: string) =>
  async (path: string, body: string): Promise<string> => {
    const headers = { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}` }
    const answer = await fetch(`${origin}${path}`, { method: 'POST', headers, body })
    const said = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${said.slice(0, 300)}`)
    return said
  }

const run = async (engine: Engine): Promise<void> => {
  const [alone, beside]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(...(await measure(engine, true)))
    beside.push(...(await measure(engine, false)))
  }
  if (alone.length === 0) return console.log(`${engine}: not installed here`)
  console.log(`${engine}: ${alone.length} messages each, one every ${EVERY_MS} ms`)
  console.log(line('the others are well', alone))
  console.log(line('they are sick', beside))
  const ratio = (share: number): string => (percentile(beside, share) / percentile(alone, share)).toFixed(2)
  console.log(`  ratio: p50 ${ratio(0.5)}, p99 ${ratio(0.99)} (aim of p99: ≤ 1.5)`)
}

const line = (what: string, values: readonly number[]): string => {
  const figure = (share: number): string => `${percentile(values, share).toFixed(1)} ms`.padStart(11)
  return `  ${what.padEnd(24)}p50${figure(0.5)}   p99${figure(0.99)}   most${figure(1)}`
}

const { cores, processor, node } = describeMachine()
console.log(`${cores} cores (${processor}), node ${node}, load average ${load().toFixed(2)}`)
for (const engine of engines) await run(engine)
