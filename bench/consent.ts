import { decide, decideDeepest } from '../src/consent/decide.ts'
import { plan } from '../src/consent/plan.ts'
import { cedarDecision } from './cedar.ts'
import { consentsOf, policy, request } from './consent-cases.ts'
import { percentile } from './figures.ts'
import { describeMachine, load } from './machine.ts'

/**
 * `npm run -s bench:consent`: microseconds a decision takes, against Cedar deciding the same permits in the same process.
 * `first`: consents never seen before, as when they have just been read from the store; otherwise prepared ones.
 */
const MS = 800
const now = Date.now()

/** `cpu`: processor time in the mean, which a busy machine stretches less than the clock. */
type Figures = { readonly p50: number; readonly p99: number; readonly cpu: number }

const measure = (once: () => void): Figures => {
  for (const end = performance.now() + MS / 2; performance.now() < end;) once()
  const durations: number[] = []
  const before = process.cpuUsage()
  for (const end = performance.now() + MS; performance.now() < end;) {
    const begun = performance.now()
    once()
    durations.push((performance.now() - begun) * 1000)
  }
  const { user, system } = process.cpuUsage(before)
  return { p50: percentile(durations, 0.5), p99: percentile(durations, 0.99), cpu: (user + system) / durations.length }
}

const permitted = ({ outcome }: { readonly outcome: string }): void => {
  if (outcome !== 'permit') throw new Error('not permitted')
}

const rows: (readonly [what: string, figures: Figures, target?: number | undefined])[] = []
for (const count of [10, 100]) {
  const consents = consentsOf(count)
  const size = `${count} consents × 6`
  rows.push(
    [`${size}: decide`, measure(() => permitted(decide(request, consents, now, policy))), count === 10 ? 20 : 200],
    [
      `${size}: deepest level`,
      measure(() => permitted(decideDeepest(request, 'medication', consents, now, policy))),
      count === 10 ? 30 : undefined,
    ],
    [`${size}: plan`, measure(() => permitted(plan({ ...request, data: undefined }, consents, now, policy)))],
    [
      `${size}: decide, first`,
      measure(() =>
        permitted(
          decide(
            request,
            consents.map((one) => ({ ...one })),
            now,
            policy,
          ),
        ),
      ),
    ],
    [`${size}: cedar, preparsed`, measure(cedarDecision(count))],
  )
}

const { cores, processor, node } = describeMachine()
console.log(`${cores} cores (${processor}), node ${node}, load average ${load().toFixed(2)}; microseconds`)
for (const [what, { p50, p99, cpu }, target] of rows) {
  const aim = target === undefined ? '' : `  p50 ≤ ${target}: ${p50 <= target ? 'yes' : 'NO'}`
  console.log(
    `${what.padEnd(34)}${p50.toFixed(1).padStart(9)} p50${p99.toFixed(1).padStart(10)} p99${cpu.toFixed(1).padStart(9)} cpu${aim}`,
  )
}
